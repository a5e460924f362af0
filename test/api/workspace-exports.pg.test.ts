import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packageContext } from '../../domain/contexts.ts';
import { openDataKey } from '../../platform/records/data-keys.ts';
import { sealStream } from '../../platform/sealed-stream.ts';
import { openTestApi } from './api-fixture.ts';
import type { Body, TestApi } from './api-fixture.ts';
import { ATTESTATION, ONE_OFF, pointersOf } from './filing.ts';

let api: TestApi;
let address: string;

beforeAll(async () => {
  api = await openTestApi();
  address = `/v1/workspaces/${api.workspaceId}`;
});

afterAll(() => api.close());

/** As if the export that runs had ended. */
beforeEach(async () => {
  await api.database.pool.query(
    "UPDATE steward.workspace_exports SET status = 'cancelled', closed_at = now() WHERE closed_at IS NULL",
  );
});

const start = (body: object = { instruction: ONE_OFF }, options: object = {}) =>
  api.call('POST', `${address}/export`, { body, ...options });

describe('POST /v1/workspaces/{workspaceId}/export', () => {
  it('records the export under its instruction, starts its run and says where to look', async () => {
    const reply = await start();
    expect(reply.status).toBe(202);
    expect(reply.headers.get('location')).toBe(`${address}/exports/${reply.body.id}`);
    expect(reply.body).toMatchObject({
      status: 'received',
      formats: ['jsonl'],
      includeRedacted: false,
      instruction: { version: 1 },
      progress: { parts: 0, rows: 0 },
      restarts: 0,
      parts: [],
    });
    expect(api.temporal.exports).toContainEqual({ workspaceId: api.workspaceId, exportId: reply.body.id });
    expect((await api.call('GET', `${address}/exports/${reply.body.id}`)).body).toEqual(reply.body);
  });

  it('makes one export under one idempotency key, and refuses another while it runs, with its id', async () => {
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await start(undefined, { headers });
    expect((await start(undefined, { headers })).body.id).toBe(first.body.id);
    const second = await start();
    expect(second.status).toBe(409);
    expect(second.body.resourceId).toBe(first.body.id);
  });

  it('makes one export of many calls at once', async () => {
    const replies = await Promise.all(Array.from({ length: 5 }, () => start()));
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409, 409, 409, 409]);
  });

  it('takes an instruction of the register that covers exports, and no other', async () => {
    const record = async (requestTypes: readonly string[]) =>
      (
        await api.call('POST', '/v1/instructions', {
          body: { source: 'terms', requestTypes, attestation: ATTESTATION },
        })
      ).body.id;
    const refused = await start({ instruction: { id: await record(['access']) } });
    expect(refused.status).toBe(422);
    expect(pointersOf(refused)).toEqual(['/instruction/id']);
    expect((await start({ instruction: { id: await record(['workspace_export']) } })).status).toBe(202);
  });

  it('needs an instruction, and names what is wrong with a body', async () => {
    expect(pointersOf(await start({}))).toEqual(['/instruction']);
    const wrong = await start({ instruction: ONE_OFF, formats: ['xlsx'], surprise: 1 });
    expect(wrong.status).toBe(422);
    expect(pointersOf(wrong)).toContain('/formats/0');
  });

  it('is answered 503 with the id while Temporal is away, and is not lost', async () => {
    api.temporal.reach = 'away';
    const reply = await start();
    api.temporal.reach = 'there';
    expect(reply.status).toBe(503);
    const { rows } = await api.database.pool.query(
      'SELECT message FROM steward.outbox WHERE export_id = $1 AND sent_at IS NULL',
      [reply.body.resourceId],
    );
    expect(rows).toEqual([{ message: 'start' }]);
  });
});

describe('an export', () => {
  it("is no other workspace's and no team's to start or to see", async () => {
    const { body } = await start();
    const other = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    const team = await api.makeKey({ teamId: 'berlin' });
    for (const { token: key } of [other, team]) {
      expect((await start(undefined, { key })).status).toBe(404);
      expect((await api.call('GET', `${address}/exports/${body.id}`, { key })).status).toBe(404);
      expect((await api.call('GET', `${address}/exports`, { key })).status).toBe(404);
    }
    const elsewhere = `/v1/workspaces/${api.otherWorkspaceId}/exports/${body.id}`;
    expect((await api.call('GET', elsewhere, { key: other.token })).status).toBe(404);
  });

  it('needs the scope, and is started by the processor for the workspace that the address names', async () => {
    const { token: key } = await api.makeKey({ scopes: ['workspaces:read'] });
    expect((await start(undefined, { key })).status).toBe(403);
    expect((await start(undefined, { key: api.adminKey })).status).toBe(202);
  });

  it('is listed, newest first', async () => {
    const { body } = await start();
    const list = await api.call('GET', `${address}/exports?limit=1`);
    expect(list.body.items.map(({ id }) => id)).toEqual([body.id]);
    expect(list.body.next).not.toBeNull();
  });

  it('tells its run once that it is cancelled, and cannot be cancelled when it has ended', async () => {
    const { body } = await start();
    const cancel = () => api.call('POST', `${address}/exports/${body.id}/cancel`);
    expect((await cancel()).status).toBe(202);
    expect((await cancel()).status).toBe(202);
    expect(api.temporal.signals.filter((signal) => signal.startsWith(body.id))).toEqual([`${body.id} cancelRequested`]);
    await api.database.pool.query(
      "UPDATE steward.workspace_exports SET status = 'cancelled', closed_at = now() WHERE id = $1",
      [body.id],
    );
    expect((await cancel()).status).toBe(409);
  });
});

const CONTENT = randomBytes(50_000);

/** What the end of an export leaves behind: a package for the part. */
async function pack({ id: exportId }: Body, part: number): Promise<string> {
  const packageId = randomUUID();
  const storageKey = `exports/${exportId}/${part}`;
  const { rows } = await api.database.pool.query<{ data_key_id: string }>(
    'SELECT data_key_id FROM steward.workspace_exports WHERE id = $1',
    [exportId],
  );
  const keyId = rows[0]?.data_key_id ?? '';
  const dataKey = await api.deps.db.withTenant(api.workspaceId, (trx) =>
    openDataKey(trx, api.deps.ring, api.workspaceId, keyId),
  );
  await api.deps.storage.put(storageKey, Readable.from([CONTENT]).pipe(sealStream(dataKey, packageContext(packageId))));
  await api.database.pool.query(
    `INSERT INTO steward.packages (id, workspace_id, export_id, part, storage_key, status, data_key_id, map_version, signing_key_id,
       manifest_sha256, sha256, bytes, rows, files, missing_files, expires_at)
     VALUES ($1, $2, $3, $4, $5, 'ready', $6, 'v1', 'signing-1', $7, $7, $8, 12, 0, 0, now() + interval '30 days')`,
    [
      packageId,
      api.workspaceId,
      exportId,
      part,
      storageKey,
      keyId,
      createHash('sha256').update(CONTENT).digest(),
      CONTENT.length,
    ],
  );
  return packageId;
}

describe('a part of an export', () => {
  it('is downloaded by a link like a package, counted, and recorded as returned to the controller', async () => {
    const { body } = await start();
    const packageId = await pack(body, 7);
    expect((await api.call('GET', `${address}/exports/${body.id}`)).body['parts']).toMatchObject([
      { part: 7, packageId },
    ]);
    const link = { recipient: 'Acme', maxDownloads: 1 };
    const { body: made } = await api.call('POST', `/v1/packages/${packageId}/links`, { body: link });
    const path = new URL(made.url).pathname;
    const response = await fetch(new URL(path, api.url));
    expect(response.headers.get('content-disposition')).toContain(`steward-export-${body.id}-part-00007.zip`);
    expect(Buffer.from(await response.arrayBuffer()).equals(CONTENT)).toBe(true);
    expect((await fetch(new URL(path, api.url))).status).toBe(410);
    const { rows } = await api.database.pool.query(
      'SELECT recipient, purpose FROM steward.disclosures WHERE package_id = $1',
      [packageId],
    );
    expect(rows).toEqual([{ recipient: 'Acme', purpose: 'return_to_controller' }]);
  });

  it('has links that can be listed and revoked, and none that the key of a team can make', async () => {
    const { body } = await start();
    const packageId = await pack(body, 0);
    const create = (key = api.key) =>
      api.call('POST', `/v1/packages/${packageId}/links`, { key, body: { recipient: 'Acme' } });
    const { body: link } = await create();
    expect((await api.call('GET', `/v1/packages/${packageId}/links`)).body.items.map(({ id }) => id)).toEqual([
      link.id,
    ]);
    expect((await create((await api.makeKey({ teamId: 'berlin' })).token)).status).toBe(404);
    expect((await api.call('DELETE', `/v1/links/${link.id}`)).status).toBe(204);
    expect((await fetch(new URL(new URL(link.url).pathname, api.url))).status).toBe(410);
  });
});
