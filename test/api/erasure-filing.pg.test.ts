import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliverOutbox, leaveMessage } from '../../platform/outbox.ts';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { accessRequest, move, pointersOf } from './filing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const ERASE = { source: 'support_request', attestation: { text: 'Erase what is held.', attestedBy: 'Privacy desk' } };
const file = (more: object = {}) =>
  api.call('POST', '/v1/requests', { body: { ...accessRequest(), type: 'erasure', instruction: ERASE, ...more } });

async function putScheduleIntoForce(): Promise<void> {
  await api.database.pool.query(
    `INSERT INTO steward.retention_schedules (version, name, document, activated_by) VALUES ($1, 'a test', '', 'a test')`,
    ['0'.repeat(64)],
  );
}

async function addErasure(requestId: string, begun: boolean): Promise<void> {
  await api.database.pool.query(
    `INSERT INTO steward.erasures (id, workspace_id, request_id, ordinal, begun_at)
     VALUES ($1, $2, $3, 1, CASE WHEN $4 THEN now() END)`,
    [randomUUID(), api.workspaceId, requestId, begun],
  );
}

describe('an erasure that is filed', () => {
  it('is refused, and told the way out, until a source is connected for it and a schedule is in force', async () => {
    const { sources } = api.deps.config;
    const unconnected = await file();
    expect(unconnected.status).toBe(409);
    expect(unconnected.body['detail']).toContain('steward source install');
    Object.assign(api.deps.config, {
      sources: sources.map((source) => ({ ...source, eraseUrl: 'postgres://unused/crm' })),
    });
    const unscheduled = await file();
    expect(unscheduled.status).toBe(409);
    expect(unscheduled.body['detail']).toContain('steward schedule activate');
    await putScheduleIntoForce();
    const { status, body } = await file();
    expect(status).toBe(202);
    expect(body).toMatchObject({ type: 'erasure', status: 'received', actions: ['cancel'] });
    expect(api.temporal.started).toMatchObject([{ requestId: body.id, type: 'erasure' }]);
  });

  it('takes nothing that only a package has', async () => {
    const reply = await file({ release: 'reviewed' });
    expect(reply.status).toBe(422);
    expect(pointersOf(reply)).toEqual(['/release']);
  });
});

describe('the cancellation of an erasure', () => {
  const cancel = (id: string) => api.call('POST', `/v1/requests/${id}/cancel`);
  const actionsOf = async (id: string) => (await api.call('GET', `/v1/requests/${id}`)).body['actions'];

  it.each(['planning', 'awaiting_approval', 'cooling_off'])(
    'is taken in %s, until erasing has begun',
    async (status) => {
      const [early, late] = [(await file()).body.id, (await file()).body.id];
      await addErasure(early, false);
      await addErasure(late, true);
      for (const id of [early, late]) await move(api, id, status);
      expect(await actionsOf(early)).toContain('cancel');
      expect(await actionsOf(late)).not.toContain('cancel');
      expect((await cancel(early)).status).toBe(202);
      expect((await cancel(late)).status).toBe(409);
    },
  );

  it.each(['erasing', 'verifying', 'certifying'])('is refused in %s', async (status) => {
    const { id } = (await file()).body;
    await move(api, id, status);
    expect((await cancel(id)).status).toBe(409);
  });

  it('is refused when the request was answered in part, and changes nothing', async () => {
    const { id } = (await file()).body;
    await move(api, id, 'partially_completed', 'partially_fulfilled');
    expect((await cancel(id)).status).toBe(409);
    expect(api.temporal.signals.filter((signal) => signal.startsWith(id))).toEqual([]);
  });
});

describe('news of a request', () => {
  it('goes to the run that it is in, which counts the partial answers', async () => {
    const ref = { workspaceId: api.workspaceId, requestId: (await file()).body.id };
    const tell = async () => {
      await api.deps.db.withTenant(ref.workspaceId, (trx) => leaveMessage(trx, ref, 'review'));
      await deliverOutbox(api.deps.db, api.deps.temporal, ref);
      return api.temporal.signals.at(-1);
    };
    await addErasure(ref.requestId, true);
    expect(await tell()).toBe(`${ref.requestId} reviewed`);
    await api.database.pool.query('UPDATE steward.erasures SET closed_at = now() WHERE request_id = $1', [
      ref.requestId,
    ]);
    expect(await tell()).toBe(`${ref.requestId}/continue/1 reviewed`);
  });
});
