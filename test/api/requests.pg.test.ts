import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityContext } from '../../domain/contexts.ts';
import { openText } from '../../platform/envelope.ts';
import { openDataKey } from '../../platform/records/data-keys.ts';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { ONE_OFF, accessRequest, move, pointersOf } from './filing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const file = (body: unknown, key = api.key) => api.call('POST', '/v1/requests', { key, body });
const show = (id: string, key = api.key) => api.call('GET', `/v1/requests/${id}`, { key });

describe('a request that is filed', () => {
  it('is answered with 202, its address, its clocks and what can be done with it', async () => {
    const { status, headers, body } = await file(
      accessRequest({ receivedByControllerAt: '2026-11-20T23:30:00Z', instruction: ONE_OFF }),
    );
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/v1/requests/${body.id}`);
    expect(body).toMatchObject({
      status: 'received',
      outcome: null,
      regimeSource: 'named by the controller',
      identityTypes: ['email'],
      // It arrived on the 21st in Berlin, and a month ends with its last day there.
      legalDueAt: '2026-12-21T22:59:59.000Z',
      waitingFor: null,
      blockedBy: null,
      actions: ['cancel'],
      counts: [],
      package: null,
    });
    expect(api.temporal.started.some(({ requestId }) => requestId === body.id)).toBe(true);
  });

  it('never shows an identity again, and keeps it sealed', async () => {
    const value = 'Maya.Ortiz+news@example.test';
    const { body } = await file(accessRequest({ identities: [{ type: 'email', value }] }));
    for (const path of ['', '/timeline']) {
      const { text } = await api.call('GET', `/v1/requests/${body.id}${path}`);
      expect(text.toLowerCase()).not.toContain('maya');
    }
    const { rows } = await api.database.pool.query(
      `SELECT sealed_value, data_key_id FROM steward.request_identities i JOIN steward.requests r ON r.id = i.request_id
        WHERE r.id = $1`,
      [body.id],
    );
    const opened = await api.deps.db.withTenant(api.workspaceId, async (trx) =>
      openText(
        await openDataKey(trx, api.deps.ring, api.workspaceId, rows[0].data_key_id),
        rows[0].sealed_value,
        identityContext(body.id),
      ),
    );
    expect(opened).toBe(value);
  });

  it('has its arrival in the timeline and in the audit log, and its note beside the log', async () => {
    const { body } = await file(accessRequest({ note: 'Came by post.', instruction: ONE_OFF }));
    const { body: timeline } = await api.call('GET', `/v1/requests/${body.id}/timeline`);
    expect(timeline.items).toMatchObject([
      { kind: 'received', status: 'received', details: { type: 'access', identities: 1 } },
    ]);
    const { rows } = await api.database.pool.query(
      `SELECT action, instruction_id, note FROM steward.audit_events LEFT JOIN steward.audit_notes USING (workspace_id, seq)
        WHERE subject_id = $1`,
      [body.id],
    );
    expect(rows).toEqual([{ action: 'request.received', note: 'Came by post.', instruction_id: expect.any(String) }]);
  });

  it('shows what it waits for, what it is blocked by and how it ended', async () => {
    const { body } = await file(accessRequest());
    await move(api, body.id, 'awaiting_instruction');
    expect((await show(body.id)).body).toMatchObject({
      waitingFor: 'instruction',
      waitingSince: expect.any(String),
      actions: ['instruct', 'cancel'],
    });
    await api.database.pool.query(
      `UPDATE steward.requests SET blocked_by = 'storage', blocked_since = now() WHERE id = $1`,
      [body.id],
    );
    expect((await show(body.id)).body).toMatchObject({ blockedBy: 'storage', blockedSince: expect.any(String) });
    await move(api, body.id, 'completed', 'no_data');
    expect((await show(body.id)).body).toMatchObject({
      outcome: 'no_data',
      actions: [],
      closedAt: expect.any(String),
      waitingFor: null,
    });
  });
});

describe('the list', () => {
  it('comes in pages, newest first, that miss and repeat nothing', async () => {
    const { token } = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift((await file(accessRequest(), token)).body.id);
    const seen: string[] = [];
    for (let path = '/v1/requests?limit=2'; ; ) {
      const { body } = await api.call('GET', path, { key: token });
      seen.push(...body.items.map(({ id }) => id));
      if (body.next === null) break;
      path = `/v1/requests?limit=2&cursor=${body.next}`;
    }
    expect(seen).toEqual(ids);
  });

  it('is narrowed by status, type and due date', async () => {
    const { body } = await file(
      accessRequest({ regime: 'pipa', receivedByControllerAt: new Date(Date.now() - 20 * 86_400_000).toISOString() }),
    );
    await move(api, body.id, 'locating');
    const found = async (query: string) =>
      (await api.call('GET', `/v1/requests?${query}`)).body.items.map(({ id }) => id);
    expect(await found('status=locating')).toEqual([body.id]);
    expect(await found('status=locating&type=erasure')).toEqual([]);
    expect(await found(`dueBefore=${new Date().toISOString()}`)).toEqual([body.id]);
  });

  it.each(['limit=0', 'limit=201', 'limit=x', 'status=lost', 'dueBefore=monday', 'cursor=x', 'cursor=1.x'])(
    'with ?%s gets 422 that names the parameter',
    async (query) => {
      const { status, body } = await api.call('GET', `/v1/requests?${query}`);
      expect(status).toBe(422);
      expect(body['detail']).toContain(`${query.split('=')[0]}:`);
    },
  );
});

describe('a key of a team', () => {
  it('files for its team, and sees and steers nothing of another', async () => {
    const [north, south] = await Promise.all([api.makeKey({ teamId: 'north' }), api.makeKey({ teamId: 'south' })]);
    const { body } = await file(accessRequest(), north.token);
    expect(body['teamId']).toBe('north');
    expect((await show(body.id, north.token)).status).toBe(200);
    expect((await show(body.id, south.token)).status).toBe(404);
    expect((await show(body.id)).status).toBe(200);
    const listed = await api.call('GET', '/v1/requests', { key: south.token });
    expect(listed.body.items).toEqual([]);
    for (const path of ['cancel', 'instruction']) {
      const reply = await api.call('POST', `/v1/requests/${body.id}/${path}`, {
        key: south.token,
        body: path === 'cancel' ? {} : ONE_OFF,
      });
      expect(reply.status).toBe(404);
    }
    expect(pointersOf(await file(accessRequest({ teamId: 'south' }), north.token))).toEqual(['/teamId']);
  });
});
