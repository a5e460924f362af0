import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { requestCommands } from '../../cli/requests.ts';
import { openTestApi } from '../api/api-fixture.ts';
import type { Body, TestApi } from '../api/api-fixture.ts';
import { HINT, awaitingMatchReview } from '../api/matched.ts';

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

/** Answers what the command has printed, as JSON. */
async function steward(...words: readonly string[]): Promise<Body> {
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => {
    printed.push(line);
  });
  const program = new Command('steward').exitOverride();
  requestCommands(program);
  await program.parseAsync(['request', ...words], { from: 'user' }).finally(() => log.mockRestore());
  return JSON.parse(printed.join('\n')) as Body;
}

describe('steward request matches', () => {
  it('shows the rows that an identity points at, masked, and those alone that are asked for', async () => {
    const { id, pending } = await awaitingMatchReview(api);
    expect((await steward('matches', id)).items).toHaveLength(3);
    const { items } = await steward('matches', id, '--review', 'pending');
    expect(new Set(items.map((match) => match.id))).toEqual(new Set(pending));
    expect(items.map((match) => match['hint'])).toEqual([HINT, HINT]);
  });
});

describe('steward request decide-matches', () => {
  it('decides on all that it names at once, which lets the request go on', async () => {
    const { id, pending } = await awaitingMatchReview(api);
    const [one = '', other = ''] = pending;
    expect((await steward('decide-matches', id, '--accept', one, '--reject', other)).id).toBe(id);
    const { items } = await steward('matches', id);
    const reviews = Object.fromEntries(items.map((match) => [match.id, match['review']]));
    expect(reviews).toMatchObject({ [one]: 'accepted', [other]: 'rejected' });
    expect(api.temporal.signals).toContain(`${id} reviewed`);
  });

  it('takes none of it when one is not to be decided, and wants to be told of one', async () => {
    const { id, pending, certain } = await awaitingMatchReview(api);
    const [one = ''] = pending;
    await expect(steward('decide-matches', id, '--accept', one, '--reject', certain)).rejects.toThrow(
      'There are matches that cannot be decided.',
    );
    await expect(steward('decide-matches', id)).rejects.toThrow('Name matches');
    expect((await steward('matches', id, '--review', 'pending')).items).toHaveLength(2);
  });
});
