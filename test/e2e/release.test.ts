import { mkdtemp, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import yauzl from 'yauzl';
import { buffer } from 'node:stream/consumers';
import { ApiClient, download } from '../../cli/api-client.ts';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import { startStack } from '../../dev/stack.ts';
import type { Stack } from '../../dev/stack.ts';
import type { Manifest } from '../../domain/manifest.ts';
import { SCOPES } from '../../domain/parties.ts';
import { verifyPackageFile } from '../../platform/package-verification.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { accessRequest, controllerKey, fileRequest, inStatus, newLink, waitForRequest } from '../support/steward.ts';

/** A stack of its own: its data map has a system that people search. */
let home: string;
let folder: string;
let stack: Stack;
let client: ApiClient;

beforeAll(async () => {
  process.env['STEWARD_SAMPLE_PEOPLE'] = '60';
  [home, folder] = [await temporaryHome(), await mkdtemp(join(tmpdir(), 'steward-release-'))];
  const archive = fileURLToPath(new URL('../support/archive.dataset.yml', import.meta.url));
  stack = await startStack({ home, log: () => undefined, moreMaps: [archive] });
  const scopes = SCOPES.filter((scope) => scope !== 'payloads:decode');
  const apiKey = await controllerKey(stack.endpoints, SHOWCASE_PERSON.workspaceId, scopes);
  client = new ApiClient({ baseUrl: stack.endpoints.api, apiKey });
});

afterAll(async () => {
  await stack.stop();
  await Promise.all([home, folder].map((path) => rm(path, { recursive: true, force: true })));
});

const byEmail = [{ type: 'email', value: SHOWCASE_PERSON.email }];
/** Only the archive knows its numbers, and only by one of them is anybody asked to search it. */
const inArchive = [...byEmail, { type: 'archive_number', value: 'L-1998-17' }];
const SCAN = `%PDF-1.4 a letter, ${randomUUID()}`;

interface Tasks {
  readonly items: readonly { readonly id: string; readonly title: string; readonly status: string }[];
}

interface Review {
  readonly manifestSha256: string;
  readonly collections: readonly { readonly collection: string; readonly rows: number }[];
  readonly needsRebuild: boolean;
}

async function onlyTask(requestId: string): Promise<string> {
  const { items } = await client.get<Tasks>(`/v1/requests/${requestId}/tasks`);
  expect(items).toHaveLength(1);
  return `/v1/requests/${requestId}/tasks/${items[0]?.id}`;
}

const review = (requestId: string) => client.get<Review>(`/v1/requests/${requestId}/release`);
const decide = (requestId: string, body: object) =>
  client.post(`/v1/requests/${requestId}/release`, body, randomUUID());
const rowsIn = (collections: Review['collections'], name: string) =>
  collections.find(({ collection }) => collection === name)?.rows ?? 0;

async function fetchPackage(requestId: string, more: object = {}): Promise<string> {
  const file = join(folder, `${randomUUID()}.zip`);
  await download((await newLink(client, requestId, more)).url, file);
  return file;
}

async function verified(file: string): Promise<Manifest> {
  const keys = (await (await fetch(`${stack.endpoints.api}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
  const { ok, problems, manifest } = await verifyPackageFile(file, keys);
  expect([ok, problems]).toEqual([true, []]);
  if (!manifest) throw new Error('A package that verifies has a manifest.');
  return manifest;
}

async function entriesOf(file: string): Promise<Map<string, string>> {
  const zip = await yauzl.openPromise(file);
  const entries = new Map<string, string>();
  for await (const entry of zip.eachEntry())
    entries.set(entry.fileName, (await buffer(await zip.openReadStreamPromise(entry))).toString('latin1'));
  return entries;
}

async function eventsOf(requestId: string): Promise<readonly string[]> {
  const { items } = await client.get<{ items: { kind: string }[] }>(`/v1/requests/${requestId}/timeline`);
  return items.map(({ kind }) => kind);
}

describe('a request whose package is reviewed, and part of which people search by hand', () => {
  it('goes out with what was found by hand and without what was kept back, though the worker died while it waited', async () => {
    const { id } = await fileRequest(client, accessRequest(inArchive, { release: 'reviewed' }));
    await waitForRequest(client, id, inStatus('gathering'));
    const task = await onlyTask(id);
    const revealed = await client.post<{ items: { value: string }[] }>(`${task}/reveal`, undefined);
    expect(revealed.items.map(({ value }) => value)).toEqual(['L-1998-17']);
    const scan = {
      name: 'Letter 1998.pdf',
      type: 'application/pdf',
      bytes: SCAN.length,
      content: Readable.from([SCAN]),
    };
    await client.upload(`${task}/attachments`, scan, randomUUID());
    await client.post(`${task}/close`, { outcome: 'found' }, randomUUID());

    await waitForRequest(client, id, inStatus('awaiting_release'));
    // Once for the archive, once for the release: then the run waits, and no activity is lost with the worker.
    await expect.poll(async () => (await eventsOf(id)).filter((kind) => kind === 'people_asked').length).toBe(2);
    await stack.children.kill('worker', 'SIGKILL');
    await stack.children.restartStopped('worker');
    const first = await review(id);
    const leads = rowsIn(first.collections, 'crm.leads');
    expect(leads).toBeGreaterThan(0);
    await expect(newLink(client, id)).rejects.toMatchObject({ status: 409 });

    const looked = await entriesOf(await fetchPackage(id, { purpose: 'release_review' }));
    const leadsFile = [...looked].find(([path]) => path.endsWith('crm.leads.json'))?.[1] ?? '[]';
    const [lead] = JSON.parse(leadsFile) as { id: string | number }[];
    const reason = 'Filled in by somebody else.';
    const redactions = [
      { collection: 'crm.leads', rowKey: { id: lead?.id }, exemption: 'not_about_the_person', reason },
      { collection: 'crm.contacts', column: 'phone', exemption: 'third_party_rights', reason },
    ];
    await client.post(`/v1/requests/${id}/release/redactions`, { redactions }, randomUUID());
    expect((await review(id)).needsRebuild).toBe(true);
    await decide(id, { decision: 'rebuild', manifestSha256: first.manifestSha256 });

    await expect
      .poll(async () => (await review(id).catch(() => first)).manifestSha256, { timeout: 30_000 })
      .not.toBe(first.manifestSha256);
    await waitForRequest(client, id, inStatus('awaiting_release'));
    const second = await review(id);
    expect(rowsIn(second.collections, 'crm.leads')).toBe(leads - 1);
    await decide(id, { decision: 'release', manifestSha256: second.manifestSha256 });

    const done = await waitForRequest(client, id, inStatus('completed'));
    expect(done.outcome).toBe('partially_fulfilled');
    const file = await fetchPackage(id);
    const manifest = await verified(file);
    expect(rowsIn(manifest.collections, 'crm.leads')).toBe(leads - 1);
    const entries = await entriesOf(file);
    const leadsLeft = JSON.parse([...entries].find(([path]) => path.endsWith('crm.leads.json'))?.[1] ?? '[]');
    expect((leadsLeft as { id: unknown }[]).map((row) => row.id)).not.toContain(lead?.id);
    expect([...entries].filter(([, content]) => content === SCAN).map(([path]) => path)).toEqual([
      expect.stringContaining('Letter 1998.pdf'),
    ]);
    expect(manifest.manualSystems).toEqual([{ system: 'Paper archive', outcome: 'attached' }]);
    expect(manifest.omissions).toMatchObject([{ exemption: 'third_party' }, { rows: 1 }]);
    expect([...entries.values()].join('\n')).not.toContain(reason);

    const disclosures = await client.get<{ items: { purpose: string; completedAt: string | null }[] }>(
      `/v1/requests/${id}/disclosures`,
    );
    expect(disclosures.items).toMatchObject([
      { purpose: 'data_subject_request', completedAt: expect.any(String) },
      { purpose: 'release_review', completedAt: expect.any(String) },
    ]);
    const events = await eventsOf(id);
    for (const kind of ['task_opened', 'task_closed', 'redactions_added', 'release_decided', 'download_completed'])
      expect(events).toContain(kind);
    expect(events.filter((kind) => kind === 'delivered')).toHaveLength(1);
  });

  it('can be cancelled at each of its waits', async () => {
    const gathering = await fileRequest(client, accessRequest(inArchive));
    await waitForRequest(client, gathering.id, inStatus('gathering'));
    const waiting = await fileRequest(client, accessRequest(byEmail, { release: 'reviewed' }));
    await waitForRequest(client, waiting.id, inStatus('awaiting_release'));
    for (const { id } of [gathering, waiting]) {
      await client.post(`/v1/requests/${id}/cancel`, {}, randomUUID());
      const { outcome } = await waitForRequest(client, id, inStatus('cancelled'));
      expect(outcome).toBe('withdrawn');
    }
    const { items } = await client.get<Tasks>(`/v1/requests/${gathering.id}/tasks`);
    expect(items.map(({ status }) => status)).toEqual(['cancelled']);
    await expect(review(waiting.id)).rejects.toMatchObject({ status: 404 });
  });
});

describe('a portability request', () => {
  it('ends in a package that verifies', async () => {
    const { id } = await fileRequest(client, { ...accessRequest(byEmail), type: 'portability' });
    const { outcome } = await waitForRequest(client, id, inStatus('completed'));
    expect(outcome).toBe('fulfilled');
    expect((await verified(await fetchPackage(id))).requestType).toBe('portability');
  });
});
