import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HoldGround } from '../../domain/retention/grounds.ts';
import { taxRule } from '../domain/retention/grounds-fixture.ts';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { CONTACTS, INVOICES, newHold, plan, plannedErasure } from './planned.ts';
import { reviewCalls } from './reviewing.ts';

let api: TestApi;
let second: string;
beforeAll(async () => {
  api = await openTestApi();
  second = (await api.makeKey()).token;
});
afterAll(() => api.close());

const { look, decisions, approve, ours } = reviewCalls(() => api);

describe('decisions that several holds in confidence have made', () => {
  /** Those of the holds wait for nobody; the class wants a word on what its rule keeps, whoever holds it besides. */
  const heldBy = (...holds: readonly HoldGround[]) => ({ ...INVOICES, grounds: [taxRule, ...holds] });
  const secret = () => newHold({ party: 'processor', visibility: 'processor' });

  async function severalHolds(approvals = 1) {
    const [one, two] = [secret(), secret()];
    return plannedErasure(api, [
      CONTACTS,
      { ...heldBy(one), rows: 3, approvals },
      { ...heldBy(two), rows: 4, approvals },
      { ...heldBy(one, two), rows: 5, approvals },
    ]);
  }

  it('are one to the controller, and so their number tells of no number of holds', async () => {
    const { requestId } = await severalHolds();
    const { body } = await decisions(requestId);
    expect(body.items).toMatchObject([
      { collection: 'crm.invoices', decision: 'retain', rows: 12, pending: true, ends: { first: null, last: null } },
      { collection: 'crm.contacts' },
    ]);
    expect((await look(requestId)).body).toMatchObject({
      pending: 2,
      classes: [{ recordClass: 'billing_record', retain: 12, decisions: 1, pending: 1 }, { decisions: 1 }],
    });
    const first = await decisions(requestId, '?limit=1');
    expect(first.body.items).toHaveLength(1);
    const rest = await decisions(requestId, `?limit=1&cursor=${String(first.body.next)}`);
    expect(rest.body).toMatchObject({ items: [{ collection: 'crm.contacts' }], next: null });
  });

  it('are told apart by the processor', async () => {
    const { requestId } = await severalHolds();
    expect((await decisions(requestId, '', ours())).body.items).toHaveLength(4);
    expect((await look(requestId, ours())).body).toMatchObject({ pending: 4 });
  });

  it('are approved all together, each of them, and counted as one', async () => {
    const planned = await severalHolds(2);
    expect((await approve(planned)).body).toMatchObject({ pending: 1, voices: [{ decisions: 2 }] });
    expect((await decisions(planned.requestId)).body.items).toMatchObject([
      { pending: true, approvalsNeeded: 2, words: [{ verdict: 'approve' }] },
      { pending: false },
    ]);
    expect((await approve(planned, { key: second })).body).toMatchObject({ state: 'approved', pending: 0 });
    const { rows } = await api.database.pool.query<{ words: string }>(
      `SELECT (SELECT count(*) FROM steward.decision_approvals a WHERE a.decision_id = d.id) AS words
         FROM steward.decisions d WHERE request_id = $1 ORDER BY 1`,
      [planned.requestId],
    );
    expect(rows.map(({ words }) => Number(words))).toEqual([1, 2, 2, 2]);
    const timeline = await api.call('GET', `/v1/requests/${planned.requestId}/timeline`);
    expect(timeline.body.items.slice(-2)).toMatchObject([
      { kind: 'erasure_approved', details: { decisions: 2 } },
      { kind: 'erasure_approved', details: { decisions: 1 } },
    ]);
    const { rows: audited } = await api.database.pool.query<{ decisions: number }>(
      `SELECT (details->>'decisions')::int AS decisions FROM steward.audit_events
        WHERE subject_id = $1 AND action = 'erasure.approved' ORDER BY seq`,
      [planned.requestId],
    );
    expect(audited.map((each) => each.decisions)).toEqual([2, 1]);
  });

  it('wait together while one of them does, as after a plan in which one is new', async () => {
    const [one, two] = [secret(), secret()];
    const first = await plannedErasure(api, [heldBy(one)]);
    await approve(first);
    const again = await plan(api, first, [heldBy(one), { ...heldBy(two), rows: 2 }]);
    expect((await decisions(first.requestId)).body.items).toMatchObject([{ rows: 14, pending: true, words: [] }]);
    expect((await approve(again)).body).toMatchObject({ state: 'approved' });
    expect((await decisions(first.requestId)).body.items).toMatchObject([{ pending: false, words: [{}] }]);
  });
});
