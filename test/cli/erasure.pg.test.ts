import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { erasureCommands } from '../../cli/erasure.ts';
import { openTestApi } from '../api/api-fixture.ts';
import type { TestApi } from '../api/api-fixture.ts';
import { ATTESTATION } from '../api/filing.ts';
import { plannedErasure } from '../api/planned.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
beforeEach(() => {
  vi.stubEnv('STEWARD_API', api.url);
  vi.stubEnv('STEWARD_API_KEY', api.key);
});
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(() => api.close());

interface Printed {
  readonly state: string;
  readonly pending: number;
  readonly items: readonly { readonly collection: string }[];
  readonly overrides: readonly { readonly id: string; readonly kind: string; readonly withdrawnAt: string | null }[];
}

/** Answers what the command has printed, as JSON. */
async function steward(...words: readonly string[]): Promise<Printed> {
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => {
    printed.push(line);
  });
  const program = new Command('steward').exitOverride();
  erasureCommands(program);
  await program.parseAsync(['erasure', ...words], { from: 'user' });
  log.mockRestore();
  return JSON.parse(printed.join('\n') || '{}') as Printed;
}

describe('steward erasure', () => {
  it('shows a review and its decisions, and approves it', async () => {
    const { requestId } = await plannedErasure(api);
    expect(await steward('show', requestId)).toMatchObject({ state: 'awaited', pending: 3 });
    const { items } = await steward('decisions', requestId, '--pending', '--decision', 'erase');
    expect(items.map(({ collection }) => collection)).toEqual(['crm.contacts', 'crm.notes']);
    const approved = await steward('approve', requestId, '--generation', '1', '--note', 'Seen.');
    expect(approved).toMatchObject({ state: 'approved', pending: 0 });
  });

  it('rejects one', async () => {
    const { requestId } = await plannedErasure(api);
    const rejected = await steward('reject', requestId, '--generation', '1', '--reason', 'Not the person.');
    expect(rejected.state).toBe('rejected');
  });

  it('keeps a ground or a record, and takes that back', async () => {
    const { requestId } = await plannedErasure(api);
    const why = ['--reason', 'A dispute.'];
    await steward('keep', requestId, '--ground', 'leads-default', ...why);
    const row = ['--row', 'contact_id=7', '--row', 'ordinal=1'];
    const { overrides } = await steward('keep', requestId, '--collection', 'crm.notes', ...row, ...why);
    expect(overrides).toMatchObject([
      { ground: 'leads-default' },
      { record: { collection: 'crm.notes', key: { contact_id: '7', ordinal: '1' } } },
    ]);
    await steward('withdraw', requestId, overrides[0]?.id ?? '');
    const shown = await steward('show', requestId);
    expect(shown.overrides.map(({ withdrawnAt }) => withdrawnAt === null)).toEqual([false, true]);
  });

  it('sets a ground aside, by the processor under a standing instruction that it names', async () => {
    const { requestId } = await plannedErasure(api);
    const body = { source: 'terms', requestTypes: ['erasure'], attestation: ATTESTATION };
    const { id } = (await api.call('POST', '/v1/instructions', { body })).body;
    vi.stubEnv('STEWARD_API_KEY', api.adminKey);
    const words = ['set-aside', requestId, '--ground', 'leads-default', '--reason', 'No.', '-w', api.workspaceId];
    await expect(steward(...words)).rejects.toThrow('This is for the other party to decide');
    expect((await steward(...words, '--instruction', id)).overrides).toMatchObject([{ kind: 'set_aside' }]);
  });

  it.each([
    ['nothing', []],
    ['half a record', ['--collection', 'crm.notes']],
    ['both', ['--ground', 'leads-default', '--collection', 'crm.notes', '--row', 'id=1']],
  ])('does not keep when it is told of %s', async (_what, options) => {
    const { requestId } = await plannedErasure(api);
    await expect(steward('keep', requestId, '--reason', 'A dispute.', ...options)).rejects.toThrow('Name either');
  });
});
