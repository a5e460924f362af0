import { once } from 'node:events';
import { get } from 'node:http';
import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { packageContext } from '../../domain/contexts.ts';
import { createDataKey } from '../../platform/records/data-keys.ts';
import { sealStream } from '../../platform/sealed-stream.ts';
import { openTestApi } from './api-fixture.ts';
import type { Body, TestApi } from './api-fixture.ts';
import { accessRequest } from './filing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const ZIP = randomBytes(3_000_000);

interface Packed {
  readonly requestId: string;
  readonly packageId: string;
  readonly storageKey: string;
}

/** What the packaging of a request leaves behind. */
async function pack(
  content = ZIP,
  more: { ageRecipient?: string; key?: string; expiresAt?: Date } = {},
): Promise<Packed> {
  const { key = api.key, ageRecipient = null, expiresAt = new Date(Date.now() + 86_400_000 * 30) } = more;
  const { body } = await api.call('POST', '/v1/requests', { key, body: accessRequest() });
  const packed = { requestId: body.id, packageId: randomUUID(), storageKey: `packages/${body.id}` };
  const dataKey = await api.deps.db.withTenant(api.workspaceId, (trx) =>
    createDataKey(trx, api.deps.ring, api.workspaceId),
  );
  const sealed = Readable.from([content]).pipe(sealStream(dataKey.bytes, packageContext(packed.packageId)));
  await api.deps.storage.put(packed.storageKey, sealed);
  const digest = randomBytes(32);
  await api.database.pool.query(
    `INSERT INTO steward.packages (id, workspace_id, request_id, storage_key, status, data_key_id, map_version, signing_key_id,
       manifest_sha256, sha256, bytes, rows, files, missing_files, age_recipient, expires_at)
     VALUES ($1, $2, $3, $4, 'ready', $5, 'v1', 'signing-1', $6, $6, $7, 12, 3, 1, $8, $9)`,
    [
      packed.packageId,
      api.workspaceId,
      packed.requestId,
      packed.storageKey,
      dataKey.id,
      digest,
      content.length,
      ageRecipient,
      expiresAt,
    ],
  );
  return packed;
}

const newLink = (packageId: string, more = {}, headers = {}) =>
  api.call('POST', `/v1/packages/${packageId}/links`, { body: { recipient: 'Privacy desk', ...more }, headers });

/** The link's address on the server of this test. */
const addressOf = ({ url }: Body) => new URL(new URL(url).pathname, api.url);
const fetchLink = (link: Body, init: RequestInit = {}) => fetch(addressOf(link), init);

async function disclosuresOf(packageId: string) {
  const { rows } = await api.database.pool.query(
    'SELECT purpose, recipient, bytes::int, completed_at FROM steward.disclosures WHERE package_id = $1 ORDER BY started_at',
    [packageId],
  );
  return rows;
}

/** Until what the server does after its answer has been done. */
async function eventually<T>(look: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 100; tries += 1) {
    const value = await look();
    if (isDone(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return look();
}

describe('a package', () => {
  it('is not there until it has been packed', async () => {
    const { body } = await api.call('POST', '/v1/requests', { body: accessRequest() });
    expect((await api.call('GET', `/v1/requests/${body.id}/package`)).status).toBe(404);
  });

  it('is shown with figures, digests and links, but no token', async () => {
    const { requestId, packageId } = await pack();
    const { body: link } = await newLink(packageId);
    const { body, text } = await api.call('GET', `/v1/requests/${requestId}/package`);
    expect(body).toMatchObject({
      id: packageId,
      status: 'ready',
      bytes: ZIP.length,
      rows: 12,
      files: 3,
      missingFiles: 1,
      ageEncrypted: false,
    });
    expect(body['links']).toMatchObject([{ id: link.id, recipient: 'Privacy desk', downloads: 0 }]);
    expect(text).not.toContain(new URL(link.url).pathname.slice('/d/'.length));
    const { body: request } = await api.call('GET', `/v1/requests/${requestId}`);
    expect(request['package']).toMatchObject({ id: packageId, status: 'ready' });
  });

  it('of another team cannot be linked to, nor its links be seen or revoked', async () => {
    const [north, south] = await Promise.all([api.makeKey({ teamId: 'north' }), api.makeKey({ teamId: 'south' })]);
    const { packageId } = await pack(ZIP, { key: north.token });
    const { body: link } = await newLink(packageId);
    const statuses = await Promise.all([
      api.call('POST', `/v1/packages/${packageId}/links`, { key: south.token, body: { recipient: 'x' } }),
      api.call('GET', `/v1/packages/${packageId}/links`, { key: south.token }),
      api.call('DELETE', `/v1/links/${link.id}`, { key: south.token }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([404, 404, 404]);
  });
});

describe('a link', () => {
  it('hands out the archive, and records to whom, why, how much and that it arrived whole', async () => {
    const { requestId, packageId } = await pack();
    const { body: link } = await newLink(packageId);
    const response = await fetchLink(link);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(ZIP)).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="steward-package-${requestId}.zip"`,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    const disclosures = await eventually(
      () => disclosuresOf(packageId),
      ([first]) => first?.completed_at !== null,
    );
    expect(disclosures).toEqual([
      { purpose: 'data_subject_request', recipient: 'Privacy desk', bytes: ZIP.length, completed_at: expect.any(Date) },
    ]);
  });

  it("encrypts to the request's recipient", async () => {
    const identity = await generateIdentity();
    const { packageId } = await pack(ZIP, { ageRecipient: await identityToRecipient(identity) });
    const response = await fetchLink((await newLink(packageId)).body);
    expect(response.headers.get('content-disposition')).toMatch(/\.zip\.age"$/);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const opened = await decrypter.decrypt(new Uint8Array(await response.arrayBuffer()));
    expect(Buffer.from(opened).equals(ZIP)).toBe(true);
  });

  it('lets five through of twenty at once when it is for five', async () => {
    const { packageId } = await pack(randomBytes(100_000));
    const { body: link } = await newLink(packageId, { maxDownloads: 5 });
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const response = await fetchLink(link);
        await response.arrayBuffer();
        return response.status;
      }),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 410)).toHaveLength(15);
    const { body } = await api.call('GET', `/v1/packages/${packageId}/links`);
    expect(body.items[0]?.['downloads']).toBe(5);
  });

  it('is not used up by a look at its headers', async () => {
    const { packageId } = await pack();
    const { body: link } = await newLink(packageId, { maxDownloads: 1 });
    expect((await fetchLink(link, { method: 'HEAD' })).status).toBe(200);
    expect((await fetchLink(link)).status).toBe(200);
    expect((await fetchLink(link, { method: 'HEAD' })).status).toBe(410);
  });

  it('that nobody made gets 404', async () => {
    for (const token of [randomBytes(32).toString('base64url'), 'x', 'a'.repeat(500)]) {
      expect((await api.call('GET', `/d/${token}`, { key: null })).status).toBe(404);
    }
  });

  it('that has expired or was revoked, or whose package has ended, gets 410', async () => {
    const { packageId } = await pack();
    const [expired, revoked, outlived] = await Promise.all([
      newLink(packageId),
      newLink(packageId),
      newLink(packageId),
    ]);
    const status = async ({ body }: { body: Body }) => (await fetchLink(body)).status;
    await api.database.pool.query(`UPDATE steward.links SET expires_at = now() - interval '1 second' WHERE id = $1`, [
      expired.body.id,
    ]);
    for (let n = 0; n < 2; n += 1) expect((await api.call('DELETE', `/v1/links/${revoked.body.id}`)).status).toBe(204);
    expect([await status(expired), await status(revoked)]).toEqual([410, 410]);
    await api.database.pool.query(`UPDATE steward.packages SET status = 'deleted' WHERE id = $1`, [packageId]);
    expect(await status(outlived)).toBe(410);
    expect((await newLink(packageId)).status).toBe(409);
  });

  it('says why it no longer works', async () => {
    const { packageId } = await pack();
    const [{ body: outdated }, { body: revoked }, { body: used }, { body: outlived }] = await Promise.all([
      newLink(packageId),
      newLink(packageId),
      newLink(packageId, { maxDownloads: 1 }),
      newLink(packageId),
    ]);
    const detail = async (link: Body) => ((await (await fetchLink(link)).json()) as { detail: string }).detail;
    await api.database.pool.query('UPDATE steward.links SET expires_at = $2 WHERE id = $1', [
      outdated.id,
      new Date('2026-03-05T10:20:30Z'),
    ]);
    await api.call('DELETE', `/v1/links/${revoked.id}`);
    await (await fetchLink(used)).arrayBuffer();
    expect(await detail(outdated)).toBe('The link worked until 2026-03-05.');
    expect(await detail(revoked)).toBe('The link was revoked.');
    expect(await detail(used)).toBe('The link was used as often as it allows.');
    await api.database.pool.query(`UPDATE steward.packages SET expires_at = '2026-03-06T00:00:00Z' WHERE id = $1`, [
      packageId,
    ]);
    for (const link of [outlived, revoked, used]) {
      expect(await detail(link)).toBe('The package was kept until 2026-03-06. It can no longer be downloaded.');
    }
  });

  it('that no longer works is explained on a page to a browser, and as a problem to everybody else', async () => {
    const { packageId } = await pack(ZIP, { expiresAt: new Date(Date.now() + 86_400_000) });
    const { body: link } = await newLink(packageId);
    await api.database.pool.query(`UPDATE steward.packages SET expires_at = now() WHERE id = $1`, [packageId]);
    const asked = (accept: string) => fetchLink(link, { headers: { accept } });
    const shown = await asked('text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8');
    expect(shown.status).toBe(410);
    expect(shown.headers.get('content-type')).toMatch(/^text\/html/);
    expect(await shown.text()).toMatch(/<h1>The link no longer works<\/h1>[^]*was kept until[^]*takes a new request/);
    const told = await asked('*/*');
    expect(told.status).toBe(410);
    expect(told.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it('ends with its package at the latest', async () => {
    const expiresAt = new Date(Date.now() + 86_400_000);
    const { packageId } = await pack(ZIP, { expiresAt });
    expect((await newLink(packageId, { expiresInDays: 90 })).body['expiresAt']).toBe(expiresAt.toISOString());
  });

  it('is made once under one idempotency key; its token cannot be shown again', async () => {
    const { packageId } = await pack();
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await newLink(packageId, {}, headers);
    const second = await newLink(packageId, {}, headers);
    expect([first.status, second.status]).toEqual([201, 409]);
    expect(second.body.resourceId).toBe(first.body.id);
  });

  it('needs a recipient, and numbers within their bounds', async () => {
    const { packageId } = await pack();
    const { status, body } = await newLink(packageId, { recipient: '', expiresInDays: 91, maxDownloads: 0 });
    expect(status).toBe(422);
    expect(body.errors.map(({ pointer }) => pointer).toSorted()).toEqual([
      '/expiresInDays',
      '/maxDownloads',
      '/recipient',
    ]);
  });
});

describe('a download', () => {
  it.each([
    ['plain', undefined],
    ['encrypted', generateIdentity],
  ])('whose reader goes away stops the reading and is recorded as broken off (%s)', async (_how, generate) => {
    const ageRecipient = generate && (await identityToRecipient(await generate()));
    const { packageId } = await pack(randomBytes(30_000_000), ageRecipient === undefined ? {} : { ageRecipient });
    const { body: link } = await newLink(packageId);
    const call = get(addressOf(link));
    const [response] = await once(call, 'response');
    await once(response, 'readable');
    call.destroy();
    const [disclosure] = await eventually(
      () => disclosuresOf(packageId),
      ([first]) => first?.bytes !== null,
    );
    expect(disclosure.completed_at).toBeNull();
    expect(disclosure.bytes).toBeLessThan(30_000_000);
    expect(api.log.join('\n')).not.toContain('"level":"error"');
  });

  it('of an archive that was altered is broken off, and not passed off as whole', async () => {
    const { packageId, storageKey } = await pack();
    const { body: link } = await newLink(packageId);
    await api.deps.storage.put(storageKey, Readable.from([randomBytes(2_000_000)]));
    const arrived = fetchLink(link).then((response) => response.arrayBuffer());
    await expect(arrived).rejects.toThrow();
    const [disclosure] = await eventually(
      () => disclosuresOf(packageId),
      ([first]) => first?.bytes !== null,
    );
    expect(disclosure.completed_at).toBeNull();
  });

  it('of an archive that the storage lost is not counted', async () => {
    const { packageId, storageKey } = await pack();
    const { body: link } = await newLink(packageId);
    await api.deps.storage.delete(storageKey);
    expect((await fetchLink(link)).status).toBe(500);
    expect(await disclosuresOf(packageId)).toEqual([]);
  });

  it('that begins while its package is being deleted gets 410', async () => {
    const { packageId, storageKey } = await pack();
    const { body: link } = await newLink(packageId);
    const { storage } = api.deps;
    vi.spyOn(storage, 'get').mockImplementationOnce(async (key) => {
      await api.database.pool.query(`UPDATE steward.packages SET status = 'expired' WHERE id = $1`, [packageId]);
      await storage.delete(storageKey);
      return storage.get(key);
    });
    expect((await fetchLink(link)).status).toBe(410);
    expect(await disclosuresOf(packageId)).toEqual([]);
  });
});

describe('whoever tries many links', () => {
  it('is told to come back later', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 70; n += 1) statuses.push((await api.call('GET', '/d/guess', { key: null })).status);
    expect(statuses.at(-1)).toBe(429);
    const { headers, body } = await api.call('GET', '/d/guess', { key: null });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(body['type']).toBe('/docs/problems#too-many-requests');
  });
});
