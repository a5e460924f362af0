import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueCertificates } from '../../activities/certifying/issue.ts';
import { verifyCertificate } from '../../platform/certificate-verification.ts';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import { publicKeySet, verifyDetached } from '../../platform/signing.ts';
import { evidence } from '../domain/certificate/evidence-fixture.ts';
import { insertLoneRow } from '../support/lone-row.ts';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { ONE_OFF, accessRequest } from './filing.ts';

let api: TestApi;
let worker: Database;
beforeAll(async () => {
  api = await openTestApi();
  worker = openDatabase(api.deps.config.database.workerUrl);
});
afterAll(async () => {
  await worker.close();
  await api.close();
});

async function filed(): Promise<string> {
  const { body } = await api.call('POST', '/v1/requests', { body: accessRequest({ instruction: ONE_OFF }) });
  return body.id;
}

/** A request with the certificates of one erasure. */
async function certified(requestId?: string, ordinal = 1): Promise<string> {
  const id = requestId ?? (await filed());
  const erasureId = randomUUID();
  await insertLoneRow(api.database.pool, 'erasures', {
    id: erasureId,
    workspace_id: api.workspaceId,
    request_id: id,
    ordinal,
    generation: 1,
    epochs: {},
    closed_at: new Date(),
    created_at: new Date(),
  });
  const base = evidence();
  await issueCertificates(
    { db: worker, ring: api.deps.ring, storage: api.deps.storage },
    { workspaceId: api.workspaceId, requestId: id },
    {
      kind: 'erasure',
      language: 'en',
      evidence: {
        ...base,
        workspace: { id: api.workspaceId, name: 'Harbour Homes' },
        request: { ...base.request, id },
        erasure: { ...base.erasure, id: erasureId, ordinal },
      },
    },
  );
  return id;
}

const path = (id: string, more = ''): string => `/v1/requests/${id}/certificate${more}`;

const adminCall = (address: string) =>
  api.call('GET', address, { key: api.adminKey, headers: { 'steward-workspace': api.workspaceId } });

async function bytesOf(address: string, accept: string): Promise<{ type: string | null; bytes: Buffer }> {
  const response = await fetch(new URL(address, api.url), {
    headers: { authorization: `Bearer ${api.key}`, accept },
  });
  return { type: response.headers.get('content-type'), bytes: Buffer.from(await response.arrayBuffer()) };
}

describe('a certificate', () => {
  it('is answered byte for byte as it is signed', async () => {
    const id = await certified();
    const [certificate, signature] = [await api.call('GET', path(id)), await api.call('GET', path(id, '.jws'))];
    expect(certificate).toMatchObject({ status: 200, body: { audience: 'controller', request: { id } } });
    const keys = publicKeySet(api.deps.ring);
    await expect(verifyDetached(Buffer.from(certificate.text), signature.body, keys)).resolves.toMatchObject({
      keyId: expect.any(String),
    });
  });

  it('is answered in words, or whole, to those who ask for that', async () => {
    const id = await certified();
    const { body } = await api.call('GET', path(id));
    const paper = await bytesOf(path(id), 'application/pdf');
    expect(paper.type).toBe('application/pdf');
    expect(createHash('sha256').update(paper.bytes).digest('hex')).toBe((body['paper'] as { sha256: string }).sha256);
    const archive = await bytesOf(path(id), 'application/zip');
    expect(await verifyCertificate(archive.bytes, publicKeySet(api.deps.ring))).toMatchObject({ ok: true });
    expect(await api.call('GET', path(id), { headers: { accept: 'text/html' } })).toMatchObject({ status: 406 });
  });

  it('is the one of the caller’s party, or the one for the person; the processor can have all', async () => {
    const id = await certified();
    const audiences = ['processor', 'controller', 'subject'];
    const answers = await Promise.all(audiences.map((audience) => api.call('GET', path(id, `?audience=${audience}`))));
    expect(answers.map(({ status }) => status)).toEqual([403, 200, 200]);
    expect((await adminCall(path(id))).body['audience']).toBe('processor');
    const every = await Promise.all(audiences.map((audience) => adminCall(path(id, `?audience=${audience}`))));
    expect(every.map(({ body }) => body['audience'])).toEqual(audiences);
    expect(await api.call('GET', path(id, '?audience=everybody'))).toMatchObject({ status: 422 });
  });

  it('is the newest one, and an earlier one by its id', async () => {
    const id = await certified();
    const { body: first } = await api.call('GET', path(id));
    await certified(id, 2);
    const { body: second } = await api.call('GET', path(id));
    expect(second).toMatchObject({ supersedes: first['certificateId'], erasure: { ordinal: 2 } });
    const { body: again } = await api.call('GET', path(id, `?id=${String(first['certificateId'])}`));
    expect(again).toEqual(first);
    const { body: list } = await api.call('GET', path(id, 's'));
    expect(list.items.map(({ audience, supersedes }) => [audience, supersedes === null])).toEqual([
      ['controller', false],
      ['subject', false],
      ['controller', true],
      ['subject', true],
    ]);
    const [processors] = (await adminCall(path(id, 's'))).body.items.filter(({ audience }) => audience === 'processor');
    expect(await api.call('GET', path(id, `?id=${processors?.id ?? ''}`))).toMatchObject({ status: 404 });
  });

  it('is not there before it is issued, nor for another workspace or a key without the scope', async () => {
    const id = await certified();
    expect(await api.call('GET', path(await filed()))).toMatchObject({ status: 404 });
    const { token: other } = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    expect(await api.call('GET', path(id), { key: other })).toMatchObject({ status: 404 });
    const { token: narrow } = await api.makeKey({ scopes: ['packages:read'] });
    expect(await api.call('GET', path(id), { key: narrow })).toMatchObject({ status: 403 });
    const { token: team } = await api.makeKey({ teamId: 'another team' });
    expect(await api.call('GET', path(id, 's'), { key: team })).toMatchObject({ status: 404 });
  });

  it('that was swapped for another in the storage does not open', async () => {
    const [id, other] = [await certified(), await certified()];
    const { rows } = await api.database.pool.query<{ storage_key: string; request_id: string }>(
      "SELECT storage_key, request_id FROM steward.certificates WHERE audience = 'controller' AND request_id = ANY ($1)",
      [[id, other]],
    );
    const keyOf = (request: string) => rows.find(({ request_id: each }) => each === request)?.storage_key ?? '';
    const { stream } = await api.deps.storage.get(keyOf(other));
    await api.deps.storage.put(keyOf(id), stream);
    expect(await api.call('GET', path(id))).toMatchObject({ status: 500 });
  });
});
