import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createErasureReviewActivities } from '../../activities/erasure-review.ts';
import { Conflict } from '../../domain/errors.ts';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import { readOverrides } from '../../platform/records/erasure-overrides.ts';
import { openTestApi } from '../api/api-fixture.ts';
import type { TestApi } from '../api/api-fixture.ts';
import { move } from '../api/filing.ts';
import { CONTACTS, NOTES, SCHEDULE, placeHold, plan, plannedErasure } from '../api/planned.ts';
import type { Planned } from '../api/planned.ts';

let api: TestApi;
/** As the worker's role, which the activities run in. */
let db: Database;
beforeAll(async () => {
  api = await openTestApi();
  db = openDatabase(api.deps.config.database.workerUrl);
});
afterAll(async () => {
  await db.close();
  await api.close();
});

const activities = () => createErasureReviewActivities({ db });
const refOf = ({ requestId }: Planned) => ({ workspaceId: api.workspaceId, requestId });
const open = (planned: Planned) => activities().openErasureReview(refOf(planned));
const begin = (planned: Planned) => activities().beginCoolingOff(refOf(planned));
const end = (planned: Planned) => activities().endCoolingOff(refOf(planned));
const say = (word: 'approve' | 'reject', { requestId, generation }: Planned, key = api.key) =>
  api.call('POST', `/v1/requests/${requestId}/review/${word}`, {
    key,
    body: { generation, ...(word === 'reject' && { reason: 'No.' }) },
  });
const keep = ({ requestId }: Planned) =>
  api.call('POST', `/v1/requests/${requestId}/review/decisions`, {
    body: { kind: 'keep', ground: 'leads-default', reason: 'A dispute.' },
  });

const query = (sql: string, ...values: readonly unknown[]) => api.database.pool.query(sql, [...values]);

async function statusOf({ requestId }: Planned): Promise<unknown> {
  return (await query('SELECT status FROM steward.requests WHERE id = $1', requestId)).rows[0]?.status;
}

async function planning(decisions = [CONTACTS, NOTES]): Promise<Planned> {
  const planned = await plannedErasure(api, decisions);
  await move(api, planned.requestId, 'planning');
  return planned;
}

const setCoolingOff = (days: number) =>
  query('UPDATE steward.workspaces SET cooling_off_days = $2 WHERE id = $1', api.workspaceId, days);

describe('a review that is opened', () => {
  it('lets the request wait while words are awaited, and is approved when there are enough', async () => {
    const planned = await planning();
    expect(await open(planned)).toEqual({ state: 'awaited', pending: 2 });
    expect(await statusOf(planned)).toBe('awaiting_approval');
    await say('approve', planned);
    expect(await open(planned)).toEqual({ state: 'approved', pending: 0 });
  });

  it('waits for nobody when no decision needs a word', async () => {
    const planned = await planning([{ ...CONTACTS, approvals: 0 }]);
    expect(await open(planned)).toEqual({ state: 'approved', pending: 0 });
    expect(await statusOf(planned)).toBe('planning');
  });

  it('is rejected by one word, also beside approvals', async () => {
    const planned = await planning([{ ...CONTACTS, approvals: 2 }]);
    await open(planned);
    await say('approve', planned);
    await say('reject', planned, (await api.makeKey()).token);
    expect(await open(planned)).toEqual({ state: 'rejected', pending: 1 });
  });

  it('asks after a further plan about what that has added alone', async () => {
    const first = await planning([CONTACTS]);
    await open(first);
    await say('approve', first);
    const again = await plan(api, first, [CONTACTS, NOTES]);
    expect(await open(again)).toEqual({ state: 'awaited', pending: 1 });
  });

  it('does not go on with a request that was cancelled', async () => {
    const planned = await planning();
    await move(api, planned.requestId, 'cancelled', 'withdrawn');
    await expect(open(planned)).rejects.toThrow(Conflict);
  });
});

describe('a plan is out of date', () => {
  it('from the moment at which a hold is written down, and again when it is effective or released', async () => {
    const planned = await planning();
    await open(planned);
    const hold = await placeHold(api);
    expect(await open(planned)).toMatchObject({ state: 'stale' });
    await plan(api, planned, [CONTACTS]);
    expect(await open(planned)).toMatchObject({ state: 'awaited' });
    await query(`UPDATE steward.holds SET state = 'effective', effective_at = clock_timestamp() WHERE id = $1`, hold);
    expect(await open(planned)).toMatchObject({ state: 'stale' });
    await plan(api, planned, [CONTACTS]);
    const { principalId } = await api.makeKey();
    await query(
      `UPDATE steward.holds SET state = 'released', released_at = clock_timestamp(), released_by = $2 WHERE id = $1`,
      hold,
      principalId,
    );
    expect(await open(planned)).toMatchObject({ state: 'stale' });
  });

  it('by a hold of its own workspace alone', async () => {
    const planned = await planning();
    await query(
      `INSERT INTO steward.holds (id, workspace_id, party, visibility, matter, authority, purpose, scope, state, created_by)
       SELECT gen_random_uuid(), $1, 'controller', 'controller', 'm', 'a', 'legal', '{}', 'pending', id
         FROM steward.principals LIMIT 1`,
      api.otherWorkspaceId,
    );
    expect(await open(planned)).toMatchObject({ state: 'awaited' });
  });

  it('when somebody overrides or takes that back', async () => {
    const planned = await planning();
    await open(planned);
    const { body } = await keep(planned);
    expect(await open(planned)).toMatchObject({ state: 'stale' });
    await plan(api, planned, [CONTACTS, NOTES]);
    expect(await open(planned)).toMatchObject({ state: 'awaited' });
    const [{ id } = { id: '' }] = body['overrides'] as readonly { readonly id: string }[];
    await api.call('DELETE', `/v1/requests/${planned.requestId}/review/decisions/${id}`);
    expect(await open(planned)).toMatchObject({ state: 'stale' });
  });

  it('when another schedule is in force', async () => {
    const planned = await planning();
    const later = 'b'.repeat(64);
    await query(`UPDATE steward.retention_schedules SET retired_at = now() WHERE version = $1`, SCHEDULE);
    expect(await open(planned)).toMatchObject({ state: 'stale' });
    await query(
      `INSERT INTO steward.retention_schedules (version, name, document, activated_by) VALUES ($1, 'Another', '', 'a test')`,
      later,
    );
    expect(await open(planned)).toMatchObject({ state: 'stale' });
    await query(`DELETE FROM steward.retention_schedules WHERE version = $1`, later);
    await query(`UPDATE steward.retention_schedules SET retired_at = NULL WHERE version = $1`, SCHEDULE);
    expect(await open(planned)).toMatchObject({ state: 'awaited' });
  });
});

describe('a plan that was made under other laws', () => {
  const change = (body: object) => api.call('PATCH', `/v1/workspaces/${api.workspaceId}`, { key: api.adminKey, body });

  it('is out of date from when whose laws hold is changed, and its run is told', async () => {
    const planned = await planning();
    await open(planned);
    await change({ jurisdictions: ['FR'] });
    expect(await open(planned)).toMatchObject({ state: 'stale' });
    const { rows } = await query(
      `SELECT message FROM steward.outbox WHERE request_id = $1 AND message = 'review'`,
      planned.requestId,
    );
    expect(rows).toEqual([{ message: 'review' }]);
    await plan(api, planned, [CONTACTS, NOTES]);
    expect(await open(planned)).toMatchObject({ state: 'awaited' });
    await change({ coolingOffDays: 2 });
    expect(await open(planned)).toMatchObject({ state: 'awaited' });
    await change({ jurisdictions: [], coolingOffDays: 3 });
  });

  it('leads from the cooling-off to no erasing', async () => {
    const planned = await planning();
    await open(planned);
    await say('approve', planned);
    await begin(planned);
    await change({ jurisdictions: ['FR'] });
    expect(await end(planned)).toEqual({ proceed: false });
    await change({ jurisdictions: [] });
    expect(await end(planned)).toEqual({ proceed: true });
  });
});

describe('the cooling-off', () => {
  it('counts from the last approval, and is the same when it is begun again', async () => {
    const planned = await planning();
    await open(planned);
    await say('approve', planned);
    const { rows } = await query(
      `SELECT max(at) + interval '3 days' AS until FROM steward.decision_approvals WHERE request_id = $1`,
      planned.requestId,
    );
    const first = await begin(planned);
    expect(first).toEqual({ until: rows[0].until.toISOString() });
    expect(await begin(planned)).toEqual(first);
    expect(await statusOf(planned)).toBe('cooling_off');
  });

  it('is not begun anew by a plan that asks nobody, and is by a further approval', async () => {
    const planned = await planning([CONTACTS]);
    await open(planned);
    await say('approve', planned);
    const first = await begin(planned);
    const same = await plan(api, planned, [CONTACTS]);
    await move(api, planned.requestId, 'planning');
    expect(await begin(same)).toEqual(first);
    const more = await plan(api, same, [CONTACTS, NOTES]);
    await say('approve', more);
    const later = await begin(more);
    expect(Date.parse(later.until ?? '')).toBeGreaterThan(Date.parse(first.until ?? ''));
  });

  it('of what nobody had to approve counts from when it begins', async () => {
    const planned = await planning([{ ...CONTACTS, approvals: 0 }]);
    const { until } = await begin(planned);
    expect(Date.parse(until ?? '') - Date.now()).toBeGreaterThan(2.9 * 86_400_000);
    expect(await begin(planned)).toEqual({ until });
  });

  it('can be none, and the request goes through it all the same', async () => {
    await setCoolingOff(0);
    const planned = await planning([{ ...CONTACTS, approvals: 0 }]);
    expect(await begin(planned)).toEqual({ until: undefined });
    expect(await statusOf(planned)).toBe('cooling_off');
    expect(await end(planned)).toEqual({ proceed: true });
    await setCoolingOff(3);
  });

  it('ends in the erasing, of which a repeat is told too', async () => {
    const planned = await planning();
    await open(planned);
    await say('approve', planned);
    await begin(planned);
    for (let n = 0; n < 2; n += 1) expect(await end(planned)).toEqual({ proceed: true });
    expect(await statusOf(planned)).toBe('erasing');
  });

  it('leads nowhere when a hold was placed or somebody has overridden meanwhile', async () => {
    for (const change of [() => placeHold(api), keep]) {
      const planned = await planning();
      await open(planned);
      await say('approve', planned);
      await begin(planned);
      await change(planned);
      expect(await end(planned)).toEqual({ proceed: false });
      expect(await statusOf(planned)).toBe('cooling_off');
    }
  });

  it('leads nowhere when a further plan was not approved', async () => {
    const planned = await planning([CONTACTS]);
    await open(planned);
    await say('approve', planned);
    const again = await plan(api, planned, [CONTACTS, NOTES]);
    await move(api, planned.requestId, 'cooling_off');
    expect(await end(again)).toEqual({ proceed: false });
  });

  it('either heeds an override or refuses it, when both come at once', async () => {
    for (let n = 0; n < 10; n += 1) {
      const planned = await planning();
      await open(planned);
      await say('approve', planned);
      await begin(planned);
      const [{ proceed }, { status }] = await Promise.all([end(planned), keep(planned)]);
      expect([proceed, status]).toEqual(proceed ? [true, 409] : [false, 202]);
    }
  });

  it('does not go on with a request that was cancelled', async () => {
    const planned = await planning([{ ...CONTACTS, approvals: 0 }]);
    await begin(planned);
    await move(api, planned.requestId, 'cancelled', 'withdrawn');
    await expect(end(planned)).rejects.toThrow(Conflict);
  });
});

describe('the overrides that a plan goes by', () => {
  it('are those in force of the request, in whose right they were made, its earlier reviews included', async () => {
    const planned = await planning();
    await open(planned);
    const { body } = await keep(planned);
    const [{ id } = { id: '' }] = body['overrides'] as readonly { readonly id: string }[];
    const record = { collection: 'crm.contacts', key: { id: 7 } };
    await api.call('POST', `/v1/requests/${planned.requestId}/review/decisions`, {
      body: { kind: 'keep', record, reason: 'A dispute.' },
    });
    await query('UPDATE steward.erasures SET closed_at = now() WHERE id = $1', planned.erasureId);
    const { rows } = await query(
      `INSERT INTO steward.erasures (id, workspace_id, request_id, ordinal) VALUES (gen_random_uuid(), $1, $2, 2) RETURNING id`,
      api.workspaceId,
      planned.requestId,
    );
    const read = () => db.withTenant(api.workspaceId, (trx) => readOverrides(trx, rows[0].id));
    expect(await read()).toEqual({
      grounds: [{ kind: 'keep', of: 'leads-default', overrideId: id, inRightOf: 'controller' }],
      records: [{ ...record, overrideId: expect.any(String) }],
    });
    await query(
      `UPDATE steward.erasure_overrides SET withdrawn_at = now(), withdrawn_by = principal_id WHERE id = $1`,
      id,
    );
    expect(await read()).toMatchObject({ grounds: [], records: [record] });
  });

  it('are none of another workspace', async () => {
    const planned = await planning();
    await expect(db.withTenant(api.otherWorkspaceId, (trx) => readOverrides(trx, planned.erasureId))).rejects.toThrow(
      'There is no erasure',
    );
  });
});
