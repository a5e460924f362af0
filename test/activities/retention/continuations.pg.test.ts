import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRetentionReviewActivities } from '../../../activities/retention-review.ts';
import type { RequestRun } from '../../../domain/runs.ts';
import { deliverOutbox } from '../../../platform/outbox.ts';
import { settleReleased } from '../../../platform/records/hold-release.ts';
import type { Temporal } from '../../../platform/temporal/client.ts';
import { openHoldsFixture } from '../holds-fixture.ts';
import type { HoldsFixture } from '../holds-fixture.ts';

let fixture: HoldsFixture;
let activities: ReturnType<typeof createRetentionReviewActivities>;
beforeAll(async () => {
  fixture = await openHoldsFixture();
  const { deps, ring } = fixture;
  const map = { version: 'a test', datasets: [], edges: [], gaps: [], notices: [], unknown: [] };
  const storage = Object.create(null) as Parameters<typeof createRetentionReviewActivities>[0]['storage'];
  activities = createRetentionReviewActivities({ ...deps, ring, map, storage });
});
afterAll(() => fixture.close());

const DAY_MS = 86_400_000;
const ago = (days: number): Date => new Date(Date.now() - days * DAY_MS);
const goOn = () => activities.continueRequests({ workspaceId: fixture.workspaceId });

async function messagesFor(requestId: string): Promise<readonly string[]> {
  const { rows } = await fixture.own.pool.query<{ message: string }>(
    'SELECT message FROM steward.outbox WHERE request_id = $1 ORDER BY id',
    [requestId],
  );
  return rows.map(({ message }) => message);
}

describe('a request that was answered in part', () => {
  it('goes on, once, when the first ground of what was retained has ended, in a run that counts its answers', async () => {
    const { requestId } = await fixture.erasure('partially_completed', { review_at: ago(1) });
    expect(await goOn()).toEqual({ continued: 1 });
    expect(await goOn()).toEqual({ continued: 0 });
    expect(await messagesFor(requestId)).toEqual(['continue']);
    const started: RequestRun[] = [];
    const temporal = { startRequest: async (run: RequestRun) => void started.push(run) };
    const ref = { workspaceId: fixture.workspaceId, requestId };
    await deliverOutbox(fixture.deps.db, temporal as unknown as Temporal, ref);
    expect(started).toMatchObject([{ requestId, type: 'erasure', continues: 1 }]);
  });

  it('waits for the day, goes on for no other reason, and never twice for one answer', async () => {
    const later = await fixture.erasure('partially_completed', { review_at: ago(-1) });
    const openEnded = await fixture.erasure('partially_completed');
    const completed = await fixture.erasure('completed', { review_at: ago(1) });
    const continued = await fixture.erasure('partially_completed', { review_at: ago(1), continued_at: ago(0.5) });
    await goOn();
    for (const { requestId } of [later, openEnded, completed, continued])
      expect(await messagesFor(requestId)).toEqual([]);
  });

  it('goes on when the hold that kept its records is released', async () => {
    const hold = await fixture.place();
    const { requestId } = await fixture.erasure('partially_completed', { review_at: ago(-100) });
    await fixture.release(hold);
    await fixture.deps.db.withTenant(fixture.workspaceId, (trx) => settleReleased(trx, hold));
    await goOn();
    expect(await messagesFor(requestId)).toEqual(['continue']);
  });
});
