import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createErasureCloseActivities } from '../../activities/erasure-close.ts';
import type { ErasureCloseActivities } from '../../activities/erasure-close.ts';
import { createRequestActivities } from '../../activities/requests.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { insertLoneRow } from '../support/lone-row.ts';
import { NOBODY, openPackagingFixture } from './packaging/packaging-fixture.ts';
import type { PackagingFixture } from './packaging/packaging-fixture.ts';

let fixture: PackagingFixture;
let activities: ErasureCloseActivities;
beforeAll(async () => {
  fixture = await openPackagingFixture();
  activities = createErasureCloseActivities(fixture.deps);
});
afterAll(() => fixture.close());

interface Decided {
  readonly decision: 'erase' | 'pseudonymise' | 'retain';
  readonly rows: number;
  readonly endsFirst?: string;
  readonly generation?: number;
  readonly grounds?: readonly object[];
}

/** An erasure whose plan was made twice, of a request that stands in `status`. */
async function erasure(
  status: string,
  decided: readonly Decided[],
  { begun = true, result }: { readonly begun?: boolean; readonly result?: 'passed' | 'failed' } = {},
): Promise<RequestRef> {
  const ref = await fixture.fileRequest(NOBODY);
  await fixture.own.pool.query("UPDATE steward.requests SET type = 'erasure', status = $2 WHERE id = $1", [
    ref.requestId,
    status,
  ]);
  const id = randomUUID();
  const of = { workspace_id: ref.workspaceId, request_id: ref.requestId };
  await insertLoneRow(fixture.own.pool, 'erasures', {
    ...of,
    id,
    ordinal: 1,
    generation: 2,
    epochs: {},
    begun_at: begun ? new Date() : null,
    verification: result ? { result } : null,
    created_at: new Date(),
  });
  for (const { decision, rows, endsFirst, generation = 2, grounds = [] } of decided) {
    await insertLoneRow(fixture.own.pool, 'decisions', {
      ...of,
      id: randomUUID(),
      erasure_id: id,
      source: 'crm',
      collection: 'crm.invoices',
      combination: randomUUID(),
      record_class: 'billing_record',
      decision,
      grounds,
      map_version: 'a test',
      rows,
      keeps: [],
      doubts: [],
      ends_first: endsFirst ?? null,
      approvals_needed: 1,
      generation,
      created_at: new Date(),
    });
  }
  return ref;
}

/** Of one of its decisions. */
async function reject({ workspaceId, requestId }: RequestRef): Promise<void> {
  await fixture.own.pool.query(
    `INSERT INTO steward.decision_approvals (workspace_id, request_id, decision_id, principal_id, party, verdict,
                                             instruction_id, instruction_version)
     SELECT d.workspace_id, d.request_id, d.id, r.filed_by, 'controller', 'reject', r.instruction_id, r.instruction_version
       FROM steward.decisions d JOIN steward.requests r ON r.id = d.request_id
      WHERE (d.workspace_id, d.request_id) = ($1, $2) LIMIT 1`,
    [workspaceId, requestId],
  );
}

async function standing({ requestId }: RequestRef) {
  const { rows } = await fixture.own.pool.query<{
    status: string;
    outcome: string;
    answered: boolean;
    closed: boolean;
    review_at: Date | null;
  }>(
    `SELECT r.status, r.outcome, r.closed_at IS NOT NULL AS answered, e.closed_at IS NOT NULL AS closed, e.review_at
       FROM steward.requests r JOIN steward.erasures e ON e.request_id = r.id WHERE r.id = $1`,
    [requestId],
  );
  return rows[0];
}

describe('an erasure that is closed', () => {
  it('is answered in part while anything is retained, and looked at again when the first ground ends', async () => {
    const ref = await erasure('certifying', [
      { decision: 'erase', rows: 12 },
      { decision: 'retain', rows: 2, endsFirst: '2034-12-31T23:00:00Z' },
      { decision: 'pseudonymise', rows: 1, endsFirst: '2029-12-31T23:00:00Z' },
      { decision: 'retain', rows: 3 },
    ]);
    const answer = { status: 'partially_completed', outcome: 'partially_fulfilled' };
    expect(await activities.closeErasure(ref)).toEqual(answer);
    expect(await standing(ref)).toEqual({
      ...answer,
      answered: true,
      closed: true,
      review_at: new Date('2029-12-31T23:00:00Z'),
    });
  });

  it("is fulfilled when what is left is other people's, without what was the person's", async () => {
    const kept = (because: string) => ({ ground: { kind: 'reference', because }, weight: 'keeps' });
    const ref = await erasure('certifying', [
      { decision: 'pseudonymise', rows: 4, grounds: [kept('others_record')] },
      { decision: 'pseudonymise', rows: 1, grounds: [kept('mention'), { ground: { kind: 'rule' }, weight: 'yields' }] },
    ]);
    expect(await activities.closeErasure(ref)).toEqual({ status: 'completed', outcome: 'fulfilled' });
  });

  it.each([
    ['a rule', { ground: { kind: 'rule' }, weight: 'keeps' }],
    ['a kept record that refers to it', { ground: { kind: 'reference', because: 'kept_record' }, weight: 'keeps' }],
  ])('is answered in part when %s keeps some of it as well', async (_, ground) => {
    const others = { ground: { kind: 'reference', because: 'others_record' }, weight: 'keeps' };
    const ref = await erasure('certifying', [{ decision: 'pseudonymise', rows: 1, grounds: [others, ground] }]);
    expect(await activities.closeErasure(ref)).toMatchObject({ status: 'partially_completed' });
  });

  it('is not fulfilled while anything is there that should not be', async () => {
    const ref = await erasure('certifying', [{ decision: 'erase', rows: 12 }], { result: 'failed' });
    expect(await activities.closeErasure(ref)).toMatchObject({ outcome: 'partially_fulfilled' });
  });

  it('is fulfilled when nothing is retained, whatever earlier plans had found', async () => {
    const ref = await erasure('certifying', [
      { decision: 'erase', rows: 12 },
      { decision: 'retain', rows: 2, generation: 1 },
      { decision: 'retain', rows: 0 },
    ]);
    expect(await activities.closeErasure(ref)).toEqual({ status: 'completed', outcome: 'fulfilled' });
    expect(await standing(ref)).toMatchObject({ closed: true, review_at: null });
  });

  it('says that there was no data when there was none', async () => {
    const ref = await erasure('certifying', [], { begun: false });
    expect(await activities.closeErasure(ref)).toEqual({ status: 'completed', outcome: 'no_data' });
  });

  it('is answered in part when the rest was refused after it had begun', async () => {
    const ref = await erasure('certifying', [{ decision: 'erase', rows: 12 }]);
    await reject(ref);
    const answer = { status: 'partially_completed', outcome: 'partially_fulfilled' };
    expect(await activities.closeErasure(ref)).toEqual(answer);
    expect(await standing(ref)).toMatchObject({ ...answer, review_at: null });
  });

  it('answers the same when it is asked once more, because the answer was lost', async () => {
    const ref = await erasure('certifying', [{ decision: 'retain', rows: 2 }]);
    const answer = await activities.closeErasure(ref);
    const events = await fixture.events(ref);
    expect(await activities.closeErasure(ref)).toEqual(answer);
    expect(await fixture.events(ref)).toEqual(events);
  });
});

describe('an erasure that is not carried out', () => {
  it('is closed as refused by the controller when it was rejected', async () => {
    const ref = await erasure('awaiting_approval', [{ decision: 'erase', rows: 1 }], { begun: false });
    const answer = { status: 'completed', outcome: 'refused_by_controller' };
    expect(await activities.refuseErasure(ref)).toEqual(answer);
    expect(await activities.refuseErasure(ref)).toEqual(answer);
    expect(await standing(ref)).toMatchObject({ ...answer, closed: true });
  });

  it('is closed with its request when that is withdrawn', async () => {
    const ref = await erasure('cooling_off', [{ decision: 'erase', rows: 1 }], { begun: false });
    expect(await createRequestActivities(fixture.deps).withdrawRequest(ref)).toEqual({ outcome: 'withdrawn' });
    expect(await standing(ref)).toMatchObject({ status: 'cancelled', outcome: 'withdrawn', closed: true });
  });

  it('cannot be withdrawn once it is erasing, and stays open', async () => {
    const ref = await erasure('erasing', [{ decision: 'erase', rows: 1 }]);
    await expect(createRequestActivities(fixture.deps).withdrawRequest(ref)).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await standing(ref)).toMatchObject({ status: 'erasing', closed: false });
  });
});
