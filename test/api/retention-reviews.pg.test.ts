import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SCOPES } from '../../domain/parties.ts';
import { insertLoneRow } from '../support/lone-row.ts';
import { openTestApi } from './api-fixture.ts';
import type { Body, TestApi } from './api-fixture.ts';

let api: TestApi;
let second: string;
beforeAll(async () => {
  api = await openTestApi();
  second = (await api.makeKey()).token;
});
afterAll(() => api.close());
beforeEach(async () => {
  api.temporal.reach = 'there';
  api.temporal.signals.length = 0;
  await api.database.pool.query('DELETE FROM steward.proposal_words');
  await api.database.pool.query('DELETE FROM steward.retention_proposals');
});

const VERSION = createHash('sha256').update('a schedule').digest('hex');

async function review(workspaceId: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const id = randomUUID();
  const now = new Date();
  await insertLoneRow(api.database.pool, 'retention_reviews', {
    id,
    workspace_id: workspaceId,
    created_at: now,
    as_of: now,
    map_version: 'v',
    finished_at: now,
    due: 3,
    erased: 1,
    retained: 1,
    waiting: 1,
    errors: 0,
    ...more,
  });
  return id;
}

async function proposal(more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const id = randomUUID();
  await insertLoneRow(api.database.pool, 'retention_proposals', {
    id,
    workspace_id: api.workspaceId,
    record_class: 'contact_record',
    review_id: randomUUID(),
    as_of: new Date(),
    schedule_version: VERSION,
    state: 'waiting',
    groups: [{ source: 'crm', collection: 'crm.contacts', combination: 'rule:a@1=ended', rows: 7 }],
    rows: 7,
    approvals_needed: 2,
    revision: 3,
    created_at: new Date(),
    ...more,
  });
  return id;
}

const proposals = '/v1/retention/proposals';
const approve = (id: string, key: string, body: unknown = { revision: 3 }, headers = {}) =>
  api.call('POST', `${proposals}/${id}/approve`, { key, body, headers });
const reject = (id: string, key: string, body: unknown) => api.call('POST', `${proposals}/${id}/reject`, { key, body });

describe('a retention review', () => {
  it('is started for the workspace, or by the processor for all of them, and the audit log says by whom', async () => {
    const own = await api.call('POST', '/v1/retention/reviews');
    expect([own.status, own.body['workspaceId']]).toEqual([202, api.workspaceId]);
    const all = await api.call('POST', '/v1/retention/reviews', { key: api.adminKey });
    expect([all.status, all.body['workspaceId']]).toEqual([202, null]);
    expect(api.temporal.signals).toEqual([`review what is retained of ${api.workspaceId}`, 'review what is retained']);
    const { rows } = await api.database.pool.query(
      "SELECT subject_kind FROM steward.audit_events WHERE action = 'retention.review_asked' ORDER BY at",
    );
    expect(rows).toEqual([{ subject_kind: 'workspace' }, { subject_kind: 'schedule' }]);
  });

  it('is not started while Temporal is away, nor without the scope, nor by the key of a team', async () => {
    api.temporal.reach = 'away';
    expect((await api.call('POST', '/v1/retention/reviews')).status).toBe(503);
    api.temporal.reach = 'there';
    const { token: reader } = await api.makeKey({ scopes: SCOPES.filter((scope) => scope === 'retention:read') });
    expect((await api.call('POST', '/v1/retention/reviews', { key: reader })).status).toBe(403);
    const { token: team } = await api.makeKey({ teamId: 'north' });
    expect((await api.call('POST', '/v1/retention/reviews', { key: team })).status).toBe(404);
    expect(api.temporal.signals).toEqual([]);
  });

  it('is listed and shown with its counts, and is not to be seen from another workspace', async () => {
    const id = await review(api.workspaceId);
    const others = await review(api.otherWorkspaceId);
    const shown = await api.call('GET', `/v1/retention/reviews/${id}`);
    expect(shown.body).toMatchObject({ id, counts: { due: 3, erased: 1, retained: 1, waiting: 1 }, errors: 0 });
    const { body } = await api.call('GET', '/v1/retention/reviews');
    expect(body.items.map((each) => each.id)).toContain(id);
    expect(body.items.map((each) => each.id)).not.toContain(others);
    for (const path of [others, `${others}/report`, `${id}/report`])
      expect((await api.call('GET', `/v1/retention/reviews/${path}`)).status).toBe(404);
  });

  it("has a report for each party, and each party's keys get their own", async () => {
    const id = await review(api.workspaceId);
    const signature = { protected: 'a', signature: 'b' };
    for (const audience of ['processor', 'controller'])
      await api.database.pool.query(
        'INSERT INTO steward.retention_reports (workspace_id, review_id, audience, document, signature) VALUES ($1, $2, $3, $4, $5)',
        [api.workspaceId, id, audience, Buffer.from(`{"audience":"${audience}"}`), signature],
      );
    const path = `/v1/retention/reviews/${id}/report`;
    expect((await api.call('GET', path)).body).toEqual({ document: '{"audience":"controller"}', signature });
    const headers = { 'steward-workspace': api.workspaceId };
    const processors = await api.call('GET', path, { key: api.adminKey, headers });
    expect(processors.body['document']).toBe('{"audience":"processor"}');
  });

  it('leaves a forecast, of which the newest is shown', async () => {
    const id = await review(api.workspaceId, { created_at: new Date(Date.now() + 1000), forecast_at: new Date() });
    await insertLoneRow(api.database.pool, 'retention_forecasts', {
      workspace_id: api.workspaceId,
      review_id: id,
      record_class: 'contact_record',
      month: '2027-01-01',
      rows: 12,
    });
    const { body } = await api.call('GET', '/v1/retention/forecast');
    expect(body).toMatchObject({
      reviewId: id,
      months: [{ month: '2027-01', recordClass: 'contact_record', rows: 12 }],
    });
  });
});

describe('a proposal', () => {
  it('is shown with what it is of, and approved by as many people as it needs, each of whom counts once', async () => {
    const id = await proposal();
    const { body } = await api.call('GET', `${proposals}?state=waiting`);
    expect(body.items).toMatchObject([
      { id, rows: 7, collections: [{ source: 'crm', collection: 'crm.contacts', rows: 7 }], words: [] },
    ]);
    const first = await approve(id, api.key);
    expect([first.status, first.body['state']]).toEqual([202, 'waiting']);
    expect((await approve(id, api.key)).status).toBe(409);
    expect(api.temporal.signals).toEqual([]);
    expect((await approve(id, second)).body).toMatchObject({ state: 'approved', words: [{}, {}] });
    expect(api.temporal.signals).toEqual([`review what is retained of ${api.workspaceId}`]);
    expect((await reject(id, second, { revision: 3, reason: 'Late.' })).status).toBe(409);
  });

  it('that was approved while Temporal is away is carried out by the next review', async () => {
    const id = await proposal({ approvals_needed: 1 });
    api.temporal.reach = 'away';
    const approved = await approve(id, api.key);
    expect([approved.status, approved.body['state']]).toEqual([202, 'approved']);
  });

  it('is decided on once by a call that is repeated', async () => {
    const id = await proposal();
    const headers = { 'idempotency-key': randomUUID() };
    const once: Body[] = [];
    for (let times = 0; times < 2; times += 1) once.push((await approve(id, api.key, { revision: 3 }, headers)).body);
    expect(once[1]).toEqual(once[0]);
  });

  it('is not decided on by who looked at an earlier revision, lacks the scope or is of a team', async () => {
    const id = await proposal();
    expect((await approve(id, api.key, { revision: 2 })).status).toBe(409);
    const { token: reader } = await api.makeKey({ scopes: ['retention:read'] });
    expect((await approve(id, reader)).status).toBe(403);
    const { token: team } = await api.makeKey({ teamId: 'north' });
    expect((await approve(id, team)).status).toBe(404);
    expect((await approve(randomUUID(), api.key)).status).toBe(404);
  });

  it("is the controller's to decide; the processor names its standing instruction", async () => {
    const id = await proposal({ approvals_needed: 1 });
    const headers = { 'steward-workspace': api.workspaceId };
    const body = { revision: 3 };
    const refused = await api.call('POST', `${proposals}/${id}/approve`, { key: api.adminKey, body, headers });
    expect(refused.status).toBe(403);
    const standing = {
      source: 'terms',
      requestTypes: ['retention_disposal'],
      attestation: { text: 'Erase what is due.', attestedBy: 'Privacy desk' },
    };
    const { body: instruction } = await api.call('POST', '/v1/instructions', { body: standing });
    const under = { ...body, instruction: { id: instruction.id } };
    const said = await api.call('POST', `${proposals}/${id}/approve`, { key: api.adminKey, body: under, headers });
    expect([said.status, said.body['state']]).toEqual([202, 'approved']);
  });

  it('is rejected with a reason, which only the audit log keeps, until a day ahead', async () => {
    const id = await proposal();
    expect((await reject(id, api.key, { revision: 3 })).status).toBe(422);
    const past = await reject(id, api.key, { revision: 3, reason: 'No.', againAt: '2020-01-01T00:00:00Z' });
    expect([past.status, past.body.errors[0]?.pointer]).toEqual([422, '/againAt']);
    const againAt = new Date(Date.now() + 86_400_000).toISOString();
    const said = await reject(id, api.key, { revision: 3, reason: 'We still need them.', againAt });
    expect(said.body).toMatchObject({ state: 'rejected', againAt });
    expect(said.text).not.toContain('still need');
  });
});
