/** A request that goes on after a partial answer, months later: whether it still may, and whom it asks. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRequestActivities } from '../../activities/requests.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Mail } from '../../platform/mail.ts';
import { moveRequest } from '../../platform/records/request-progress.ts';
import { instructRequest } from '../../platform/records/request-steering.ts';
import { openStorage } from '../../platform/storage/open.ts';
import { collection, email, field, key, mapOf } from '../data-map/fixtures.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { openLocatingFixture } from './locating/locating-fixture.ts';
import type { LocatingFixture } from './locating/locating-fixture.ts';

const MAP = mapOf(collection('contacts', [key('id'), email(), field('workspace_id')]));

let base: LocatingFixture;
let steps: ReturnType<typeof createRequestActivities>;
let ref: RequestRef;
const mails: Mail[] = [];

beforeAll(async () => {
  base = await openLocatingFixture(MAP, 'CREATE TABLE contacts (id int PRIMARY KEY, workspace_id text, email text)');
  steps = createRequestActivities({
    db: base.deps.db,
    storage: openStorage({ kind: 'folder', path: await temporaryHome() }),
    mailer: { send: async (mail) => void mails.push(mail), check: async () => undefined },
    publicUrl: 'https://steward.example',
  });
});
afterAll(() => base.close());
beforeEach(async () => {
  mails.length = 0;
  ref = await base.file([{ type: 'email', value: 'jane@example.com' }]);
  await base.own.pool.query(
    `UPDATE steward.requests SET status = 'partially_completed', outcome = 'partially_fulfilled', closed_at = now()
      WHERE id = $1`,
    [ref.requestId],
  );
});

const revoke = () =>
  base.own.pool.query(
    `UPDATE steward.instructions i SET revoked_at = now() FROM steward.requests r
      WHERE r.id = $1 AND (i.workspace_id, i.id, i.version) = (r.workspace_id, r.instruction_id, r.instruction_version)`,
    [ref.requestId],
  );

async function standing(): Promise<unknown> {
  const { rows } = await base.own.pool.query(
    'SELECT status, outcome, waiting_since IS NOT NULL AS waits FROM steward.requests WHERE id = $1',
    [ref.requestId],
  );
  return rows[0];
}

describe('a request that goes on', () => {
  it('goes on under the instruction that it has while that stands', async () => {
    expect(await steps.checkInstruction(ref)).toBe(true);
    expect(await standing()).toMatchObject({ status: 'partially_completed' });
  });

  it('waits for another when it was revoked, keeps its answer, and then goes on to its plan', async () => {
    await revoke();
    expect(await steps.checkInstruction(ref)).toBe(false);
    expect(await standing()).toEqual({ status: 'awaiting_instruction', outcome: 'partially_fulfilled', waits: true });
    const attestation = { text: 'Go on.', attestedBy: 'Privacy desk', attestedAt: new Date() };
    const repeat = { operation: 'a test', key: undefined, digests: [Buffer.alloc(0)] as const };
    const choice = { source: 'support_request', attestation } as const;
    await instructRequest(base.app, base.caller, ref.requestId, choice, repeat);
    expect(await steps.checkInstruction(ref)).toBe(true);
    await base.deps.db.withTenant(ref.workspaceId, (trx) => moveRequest(trx, ref, { to: 'planning' }));
    expect(await standing()).toMatchObject({ status: 'planning', waits: false });
  });

  it('asks people by mail as if nobody had been asked before, and each time once', async () => {
    const first = { about: 'approval', ordinal: 1, again: false, overdue: false } as const;
    for (const run of [ref, { ...ref, continues: 1 }, { ...ref, continues: 1 }, { ...ref, continues: 2 }]) {
      await steps.remindPeople(run, first);
      await steps.remindController(run, { ordinal: 1, overdue: false });
    }
    expect(mails).toHaveLength(6);
  });
});
