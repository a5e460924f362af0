/** Holds on the real stack: placed, told to the sources, released, told to people. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient } from '../../cli/api-client.ts';
import { SHOWCASE_PERSON, WORKSPACES } from '../../dev/sample-crm/people.ts';
import { holdPlacementId, holdReleaseId } from '../../domain/ids.ts';
import type { Scope } from '../../domain/parties.ts';
import { loadConfig } from '../../platform/config.ts';
import { loadKeyRing } from '../../platform/key-ring.ts';
import { openTemporal } from '../../platform/temporal/client.ts';
import type { Temporal } from '../../platform/temporal/client.ts';
import { controllerKey } from '../support/steward.ts';

const { configFile, endpoints, home } = inject('stack');
/** Not the one whose people the other tests erase. */
const WORKSPACE = WORKSPACES.find(({ id }) => id !== SHOWCASE_PERSON.workspaceId)?.id ?? '';
const SCOPES: readonly Scope[] = ['holds:read', 'holds:write'];
let temporal: Temporal;
let first: ApiClient;
let second: ApiClient;

interface HoldView {
  readonly id: string;
  readonly state: string;
  readonly sources: readonly { readonly source: string; readonly state: string }[];
  readonly journal: readonly { readonly kind: string }[];
}

beforeAll(async () => {
  const config = loadConfig({ STEWARD_CONFIG: configFile });
  temporal = openTemporal(config.temporal, await loadKeyRing(config.keys.file));
  const client = async () =>
    new ApiClient({
      baseUrl: endpoints.api,
      apiKey: await controllerKey(endpoints, WORKSPACE, SCOPES),
    });
  [first, second] = [await client(), await client()];
});
afterAll(() => temporal.close());

const MATTER = 'About Zebedee Quill, 3 O 412/26';
const read = (id: string) => first.get<HoldView>(`/v1/holds/${id}`);

/** As the administrator, or as whom `more` says. */
async function steward(more: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, STEWARD_HOME: home, STEWARD_WORKSPACE: WORKSPACE, ...more };
  return (await promisify(execFile)(process.execPath, ['cli/steward.ts', ...args], { env })).stdout;
}

/** Of another of the processor's people than the administrator. */
async function processorKey(): Promise<string> {
  const apiKey = (await readFile(endpoints.adminKeyFile, 'utf8')).trim();
  const admin = new ApiClient({ baseUrl: endpoints.api, apiKey, workspaceId: WORKSPACE });
  const wish = { name: 'a test', party: 'processor', scopes: SCOPES };
  return (await admin.post<{ secret: string }>('/v1/api-keys', wish)).secret;
}

async function mailsAbout(holdId: string): Promise<readonly string[]> {
  const mails = (await (await fetch(`${endpoints.mail.web}/messages`)).json()) as readonly { subject: string }[];
  return mails.map(({ subject }) => subject).filter((subject) => subject.includes(holdId));
}

describe('a hold', () => {
  it('becomes effective by its run, is named by no word of its matter there, and ends with a second run and a mail', async () => {
    const body = {
      scope: { subject: [{ type: 'email', value: SHOWCASE_PERSON.email }] },
      matter: MATTER,
      authority: 'General counsel',
      purpose: 'legal',
    };
    const { id } = await first.post<HoldView>('/v1/holds', body);
    await expect.poll(async () => (await read(id)).state, { timeout: 30_000 }).toBe('effective');
    expect((await read(id)).sources).toMatchObject([{ source: 'crm', state: 'effective' }]);
    const run = temporal.client.workflow.getHandle(holdPlacementId(id));
    await run.result();
    const { searchAttributes, status } = await run.describe();
    expect(status.name).toBe('COMPLETED');
    expect(searchAttributes).toMatchObject({ StewardStatus: ['effective'], StewardRequestType: ['hold'] });
    const { events = [] } = await run.fetchHistory();
    const bytes = JSON.stringify(events);
    for (const word of ['Quill', Buffer.from('Quill').toString('base64'), SHOWCASE_PERSON.email])
      expect(bytes).not.toContain(word);
    await expect(first.post(`/v1/holds/${id}/release`, { reason: 'Mine.' })).rejects.toMatchObject({ status: 403 });
    await second.post(`/v1/holds/${id}/release`, { reason: 'The case is closed.' });
    await temporal.client.workflow.getHandle(holdReleaseId(id)).result();
    expect(await read(id)).toMatchObject({ state: 'released' });
    expect((await read(id)).journal.map(({ kind }) => kind)).toEqual([
      'placed',
      'effective_in_source',
      'effective',
      'released',
      'release_told',
    ]);
    await expect.poll(() => mailsAbout(id)).toEqual([`Hold ${id} was released`]);
  });

  it('can be placed, shown, changed and listed from the command line', async () => {
    const words = ['--matter', 'Tax audit 2024', '--authority', '§ 147 AO', '--purpose', 'tax'];
    const placed = JSON.parse(
      await steward(
        {},
        'hold',
        'place',
        '--class',
        'billing_record',
        '--from',
        '2024-01-01',
        '--to',
        '2024-12-31',
        '--party',
        'processor',
        ...words,
      ),
    ) as HoldView;
    await steward({}, 'hold', 'change', placed.id, '--matter', 'Tax audit 2024, second', '--reason', 'Widened.');
    const shown = JSON.parse(await steward({}, 'hold', 'show', placed.id)) as HoldView & { readonly matter: string };
    expect(shown).toMatchObject({
      matter: 'Tax audit 2024, second',
      scope: { classes: ['billing_record'], dates: { from: '2024-01-01', to: '2024-12-31' } },
    });
    const { items } = JSON.parse(await steward({}, 'hold', 'list')) as { items: readonly HoldView[] };
    expect(items.map(({ id }) => id)).toContain(placed.id);
    const own = steward({}, 'hold', 'release', placed.id, '--reason', 'Mine.');
    await expect(own).rejects.toMatchObject({ stderr: expect.stringContaining('somebody else must release it') });
    const STEWARD_API_KEY = await processorKey();
    const released = await steward({ STEWARD_API_KEY }, 'hold', 'release', placed.id, '--reason', 'It has ended.');
    expect(JSON.parse(released)).toMatchObject({ state: 'released' });
  });
});
