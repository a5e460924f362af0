import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestApi } from './api-fixture.ts';
import type { Reply, TestApi } from './api-fixture.ts';
import { ATTESTATION, ONE_OFF, accessRequest, move, pointersOf } from './filing.ts';
import { awaitingRelease, build } from './reviewed.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const SECRET = 'names her neighbour Zebedee Quill';
const WHOLE_NOTES = { collection: 'crm.notes', exemption: 'third_party_rights', reason: SECRET };

const look = (id: string, query = '', key = api.key) => api.call('GET', `/v1/requests/${id}/release${query}`, { key });
const redact = (id: string, redactions: readonly object[], more = {}, options = {}) =>
  api.call('POST', `/v1/requests/${id}/release/redactions`, { body: { redactions, ...more }, ...options });
const decide = (id: string, body: object, options = {}) =>
  api.call('POST', `/v1/requests/${id}/release`, { body, ...options });
const logOf = (id: string) => api.call('GET', `/v1/requests/${id}/release/exemptions`);
const inWorkspace = () => ({ key: api.adminKey, headers: { 'Steward-Workspace': api.workspaceId } });

async function standing(more = {}): Promise<string> {
  const body = { source: 'terms', requestTypes: ['access'], attestation: ATTESTATION, ...more };
  return (await api.call('POST', '/v1/instructions', { body })).body.id;
}

describe('a request that was filed to be reviewed', () => {
  it('says so, starts its run with it, and goes out by itself when nothing was said', async () => {
    const { body } = await api.call('POST', '/v1/requests', { body: accessRequest({ release: 'reviewed' }) });
    expect(body['release']).toBe('reviewed');
    expect(api.temporal.started.at(-1)?.release).toBe('reviewed');
    const plain = await api.call('POST', '/v1/requests', { body: accessRequest() });
    expect(plain.body['release']).toBe('immediate');
  });

  it("is what the controller has said in general, unless it says otherwise, which is not the processor's to do", async () => {
    const { token: key } = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    const set = await api.call('PATCH', `/v1/workspaces/${api.otherWorkspaceId}`, {
      key,
      body: { release: 'reviewed' },
    });
    expect([set.status, set.body['release']]).toEqual([200, 'reviewed']);
    const file = async (more = {}, options: object = { key }) =>
      api.call('POST', '/v1/requests', { body: accessRequest(more), ...options });
    expect((await file()).body['release']).toBe('reviewed');
    expect(api.temporal.started.at(-1)?.release).toBe('reviewed');
    expect((await file({ release: 'immediate' })).body['release']).toBe('immediate');
    const byProcessor = { key: api.adminKey, headers: { 'Steward-Workspace': api.otherWorkspaceId } };
    expect((await file({}, byProcessor)).body['release']).toBe('reviewed');
    expect((await file({ release: 'immediate' }, byProcessor)).body['type']).toMatch(/wrong-party$/);
  });

  it('shows what can be done while it waits', async () => {
    const { requestId } = await awaitingRelease(api);
    const { body } = await api.call('GET', `/v1/requests/${requestId}`);
    expect(body).toMatchObject({ waitingFor: 'release', actions: ['release', 'cancel'] });
  });
});

describe('a package that waits for its release', () => {
  it('is shown by collection, with its files in pages and with who decides', async () => {
    const files = ['a.json', 'b.json', 'c.json'];
    const { requestId, manifestSha256 } = await awaitingRelease(api, {}, files);
    const { status, body } = await look(requestId, '?limit=2');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      manifestSha256,
      status: 'awaiting_release',
      totals: { rows: 10 },
      collections: [{ collection: 'crm.contacts', rows: 5, omitted: ['password'] }, { collection: 'crm.notes' }],
      files: { items: [{ path: 'a.json' }, { path: 'b.json' }], next: 2 },
      redactions: [],
      needsRebuild: false,
      decision: null,
      decidedBy: 'controller',
      youDecide: 'yes',
    });
    expect((await look(requestId, '?limit=2&cursor=2')).body['files']).toMatchObject({
      items: [{ path: 'c.json' }],
      next: null,
    });
    const ours = await api.call('GET', `/v1/requests/${requestId}/release`, inWorkspace());
    expect(ours.body['youDecide']).toBe('under_a_standing_instruction');
  });

  it('is not there before it is built, and not for another workspace, nor without the scope', async () => {
    const { body } = await api.call('POST', '/v1/requests', { body: accessRequest() });
    expect((await look(body.id)).status).toBe(404);
    const { requestId } = await awaitingRelease(api);
    const foreign = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    expect((await look(requestId, '', foreign.token)).status).toBe(404);
    const reader = await api.makeKey({ scopes: ['requests:read'] });
    expect((await look(requestId, '', reader.token)).status).toBe(403);
  });

  it('can be looked into by a link for the review, once and by nobody else before the release', async () => {
    const { requestId, packageId } = await awaitingRelease(api);
    const link = (body: object, key = api.key) => api.call('POST', `/v1/packages/${packageId}/links`, { key, body });
    expect((await link({ recipient: 'The person' })).status).toBe(409);
    const review = await link({ recipient: 'Reviewer', purpose: 'release_review', maxDownloads: 9 });
    expect(review.body).toMatchObject({ purpose: 'release_review', maxDownloads: 1 });
    const deliverer = await api.makeKey({ scopes: ['packages:deliver'] });
    expect((await link({ recipient: 'X', purpose: 'release_review' }, deliverer.token)).status).toBe(403);

    const download = await fetch(new URL(new URL(review.body.url).pathname, api.url));
    expect((await download.arrayBuffer()).byteLength).toBeGreaterThan(0);
    const received = await receipt(requestId);
    expect(received).toMatchObject({ recipient: 'Reviewer', purpose: 'release_review' });

    const second = await link({ recipient: 'Reviewer', purpose: 'release_review' });
    expect((await decide(requestId, { decision: 'release' })).status).toBe(202);
    expect((await fetch(new URL(new URL(second.body.url).pathname, api.url))).status).toBe(410);
    await move(api, requestId, 'completed', 'fulfilled');
    const handed = await link({ recipient: 'The person' });
    expect(handed.body).toMatchObject({ purpose: 'data_subject_request' });
    expect(handed.body['responsibility']).toContain('answers for the personal data');
    expect((await link({ recipient: 'Late', purpose: 'release_review' })).status).toBe(409);
  });
});

/** The newest disclosure, once its receipt is there. */
async function receipt(requestId: string): Promise<unknown> {
  const list = async () => (await api.call('GET', `/v1/requests/${requestId}/disclosures`)).body.items[0];
  await expect.poll(async () => (await list())?.['completedAt'] ?? null).not.toBeNull();
  return list();
}

describe('what is kept back', () => {
  it('stands in the exemption log with its ground, and its reason is not readable in the database', async () => {
    const { requestId } = await awaitingRelease(api);
    const one = { ...WHOLE_NOTES, rowKey: { contact_id: 7, ordinal: 1 }, column: 'body' };
    const reply = await redact(requestId, [one]);
    expect(reply.status).toBe(201);
    expect(reply.body.items).toMatchObject([{ ...one, party: 'controller', withdrawnAt: null }]);
    const { rows } = await api.database.pool.query('SELECT * FROM steward.redactions WHERE request_id = $1', [
      requestId,
    ]);
    expect(JSON.stringify(rows)).not.toContain('Zebedee');
    expect(rows[0].sealed_reason.toString('latin1')).not.toContain('Zebedee');
    const audit = await api.database.pool.query(
      `SELECT action, instruction_id, details::text FROM steward.audit_events WHERE subject_id = $1 AND action LIKE 'release.%'`,
      [requestId],
    );
    expect(audit.rows).toMatchObject([{ action: 'release.redactions_added', instruction_id: expect.any(String) }]);
    expect(JSON.stringify(audit.rows)).not.toContain('Zebedee');
  });

  it('is not added twice, neither by a repeat nor by saying it again', async () => {
    const { requestId } = await awaitingRelease(api);
    const headers = { 'Idempotency-Key': 'redact-once' };
    const replies = [];
    for (let n = 0; n < 2; n += 1) replies.push(await redact(requestId, [WHOLE_NOTES], {}, { headers }));
    expect(replies.map(({ status }) => status)).toEqual([201, 201]);
    await redact(requestId, [WHOLE_NOTES]);
    expect((await logOf(requestId)).body.items).toHaveLength(1);
  });

  it('can be taken back, which stays in the log', async () => {
    const { requestId } = await awaitingRelease(api);
    const [entry] = (await redact(requestId, [WHOLE_NOTES])).body.items;
    expect((await look(requestId)).body['needsRebuild']).toBe(true);
    for (let n = 0; n < 2; n += 1) {
      const path = `/v1/requests/${requestId}/release/redactions/${entry?.id}`;
      expect((await api.call('DELETE', path)).status).toBe(204);
    }
    expect((await look(requestId)).body).toMatchObject({ redactions: [], needsRebuild: false });
    expect((await logOf(requestId)).body.items).toMatchObject([{ withdrawnAt: expect.any(String) }]);
  });

  it.each([
    ['a collection that the package does not have', { collection: 'crm.invoices' }, '/redactions/0/collection'],
    ['a column that the collection does not have', { column: 'colour' }, '/redactions/0/column'],
    ['half a key', { rowKey: { contact_id: 7 } }, '/redactions/0/rowKey'],
    ['a ground that is not in the list', { exemption: 'embarrassing' }, '/redactions/0/exemption'],
    ['no reason', { reason: ' ' }, '/redactions/0/reason'],
  ])('cannot name %s', async (_what, more, pointer) => {
    const { requestId } = await awaitingRelease(api);
    const reply = await redact(requestId, [{ ...WHOLE_NOTES, ...more }]);
    expect(reply.status).toBe(422);
    expect(pointersOf(reply)).toEqual([pointer]);
    expect(reply.text).not.toContain('Zebedee');
  });

  it('can only be changed while the package waits', async () => {
    const { requestId } = await awaitingRelease(api);
    await move(api, requestId, 'delivering');
    expect((await redact(requestId, [WHOLE_NOTES])).status).toBe(409);
  });
});

describe('the decision on a package', () => {
  it('is told to the run, and made once for each build', async () => {
    const { requestId, manifestSha256 } = await awaitingRelease(api);
    await redact(requestId, [WHOLE_NOTES]);
    expect((await decide(requestId, { decision: 'release' })).status).toBe(409);
    expect((await decide(requestId, { decision: 'rebuild', manifestSha256 })).status).toBe(202);
    expect(api.temporal.signals).toContain(`${requestId} reviewed`);
    expect((await redact(requestId, [{ ...WHOLE_NOTES, column: 'body' }])).status).toBe(409);

    const again = await build(api, requestId, ['other.json']);
    expect((await look(requestId)).body).toMatchObject({ decision: null, needsRebuild: false });
    expect((await decide(requestId, { decision: 'release', manifestSha256 })).status).toBe(409);
    expect((await decide(requestId, { decision: 'release', manifestSha256: again.manifestSha256 })).status).toBe(202);
  });

  it('of two who decide at once is that of one, and the other is told', async () => {
    const { requestId } = await awaitingRelease(api);
    const replies = await Promise.all(['release', 'rebuild'].map((decision) => decide(requestId, { decision })));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202, 409]));
  });

  it('answers a repeat under the same idempotency key as the first time', async () => {
    const { requestId } = await awaitingRelease(api);
    const headers = { 'Idempotency-Key': 'decide-once' };
    for (let n = 0; n < 2; n += 1)
      expect((await decide(requestId, { decision: 'release' }, { headers })).status).toBe(202);
    expect(api.temporal.signals.filter((signal) => signal.startsWith(requestId))).toEqual([`${requestId} reviewed`]);
  });

  it('is the controller’s: the processor decides only under a standing instruction of the controller that it names', async () => {
    const { requestId } = await awaitingRelease(api);
    const alone: Reply = await decide(requestId, { decision: 'release' }, inWorkspace());
    expect(alone.status).toBe(403);
    expect(alone.body['type']).toBe('/docs/problems#wrong-party');
    expect((await redact(requestId, [WHOLE_NOTES], {}, inWorkspace())).status).toBe(403);

    const { body } = await api.call('GET', `/v1/requests/${requestId}`);
    const oneOff = await decide(requestId, { decision: 'release', instruction: { id: oneOffOf(body) } }, inWorkspace());
    expect([oneOff.status, pointersOf(oneOff)]).toEqual([422, ['/instruction/id']]);
    const other = { id: await standing({ requestTypes: ['erasure'] }) };
    expect((await decide(requestId, { decision: 'release', instruction: other }, inWorkspace())).status).toBe(422);

    const id = await standing();
    const under = await decide(requestId, { decision: 'release', instruction: { id } }, inWorkspace());
    expect(under.status).toBe(202);
    const { rows } = await api.database.pool.query(
      'SELECT party, instruction_id FROM steward.releases WHERE request_id = $1',
      [requestId],
    );
    expect(rows).toEqual([{ party: 'processor', instruction_id: id }]);
  });
});

const oneOffOf = (body: Reply['body']): unknown => (body['instruction'] as { readonly id: string }).id;

describe('the receipt of a package', () => {
  it('stands in the list of disclosures, in the timeline and in the audit log', async () => {
    const { requestId, packageId } = await awaitingRelease(api, { release: 'immediate', instruction: ONE_OFF });
    const { body: link } = await api.call('POST', `/v1/packages/${packageId}/links`, { body: { recipient: 'Desk' } });
    const bytes = (await (await fetch(new URL(new URL(link.url).pathname, api.url))).arrayBuffer()).byteLength;
    expect(await receipt(requestId)).toMatchObject({
      recipient: 'Desk',
      purpose: 'data_subject_request',
      linkId: link.id,
      bytes,
      completedAt: expect.any(String),
    });
    const { body } = await api.call('GET', `/v1/requests/${requestId}/timeline`);
    expect(body.items.at(-1)).toMatchObject({ kind: 'download_completed', details: { bytes } });
    const { rows } = await api.database.pool.query(
      `SELECT action FROM steward.audit_events WHERE subject_id = $1 ORDER BY seq DESC LIMIT 1`,
      [packageId],
    );
    expect(rows).toEqual([{ action: 'package.download_completed' }]);
  });

  it('comes in pages', async () => {
    const { requestId, packageId } = await awaitingRelease(api, { release: 'immediate', instruction: ONE_OFF });
    const { body: link } = await api.call('POST', `/v1/packages/${packageId}/links`, { body: { recipient: 'Desk' } });
    for (let n = 0; n < 3; n += 1) await (await fetch(new URL(new URL(link.url).pathname, api.url))).arrayBuffer();
    const page = await api.call('GET', `/v1/requests/${requestId}/disclosures?limit=2`);
    expect(page.body.items).toHaveLength(2);
    const rest = await api.call('GET', `/v1/requests/${requestId}/disclosures?limit=2&cursor=${page.body.next}`);
    expect([rest.body.items.length, rest.body.next]).toEqual([1, null]);
  });
});

describe('a hold', () => {
  it('neither blocks what is done with a request nor shows in any answer about it', async () => {
    await api.database.pool.query(
      `INSERT INTO steward.holds (id, workspace_id, party, visibility, matter, authority, purpose, scope, state, created_by, effective_at)
       SELECT gen_random_uuid(), $1, 'processor', 'processor', 'Matter Nightjar', 'District court Xanadu', 'legal', '{}', 'effective', id, now()
         FROM steward.principals WHERE workspace_id = $1 LIMIT 1`,
      [api.workspaceId],
    );
    const { requestId, packageId } = await awaitingRelease(api);
    expect((await decide(requestId, { decision: 'release' })).status).toBe(202);
    await move(api, requestId, 'completed', 'fulfilled');
    const { body: link } = await api.call('POST', `/v1/packages/${packageId}/links`, { body: { recipient: 'Desk' } });
    expect((await fetch(new URL(new URL(link.url).pathname, api.url))).status).toBe(200);
    const parts = ['', '/timeline', '/package', '/release', '/release/exemptions', '/disclosures', '/tasks'];
    const answers = await Promise.all(parts.map((part) => api.call('GET', `/v1/requests/${requestId}${part}`)));
    expect(answers.map(({ status }) => status)).toEqual(parts.map(() => 200));
    for (const { text } of answers) expect(text).not.toMatch(/hold|Nightjar|Xanadu/i);
  });
});
