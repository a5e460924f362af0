import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deliverOutbox } from '../../platform/outbox.ts';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { accessRequest } from './filing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterEach(() => {
  api.temporal.reach = 'there';
});
afterAll(() => api.close());

const file = (body: unknown, key?: string) =>
  api.call('POST', '/v1/requests', { body, ...(key === undefined ? {} : { headers: { 'Idempotency-Key': key } }) });

const ROWS = `SELECT count(*)::int AS n FROM steward.requests JOIN steward.request_identities USING (workspace_id)
  WHERE requests.id = request_identities.request_id AND requests.id = ANY($1)`;

async function countOf(ids: readonly string[]): Promise<number> {
  const { rows } = await api.database.pool.query(ROWS, [[...new Set(ids)]]);
  return rows[0].n;
}

describe('a repeat under the same idempotency key', () => {
  it('answers the first request', async () => {
    const [body, key] = [accessRequest(), randomUUID()];
    const [first, second] = [await file(body, key), await file(body, key)];
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body.id).toBe(first.body.id);
  });

  it('may have its fields in another order', async () => {
    const [body, key] = [accessRequest(), randomUUID()];
    const reversed = Object.fromEntries(Object.entries(body).toReversed());
    expect((await file(reversed, key)).body.id).toBe((await file(body, key)).body.id);
  });

  it('with another body gets 409', async () => {
    const key = randomUUID();
    const first = await file(accessRequest(), key);
    const { status, body } = await file(accessRequest(), key);
    expect(status).toBe(409);
    expect(body['type']).toBe('/docs/problems#idempotency-conflict');
    expect(body.resourceId).toBe(first.body.id);
  });

  it('by another principal is another call', async () => {
    const [body, key] = [accessRequest(), randomUUID()];
    const { token } = await api.makeKey();
    const other = await api.call('POST', '/v1/requests', { key: token, body, headers: { 'Idempotency-Key': key } });
    expect(other.body.id).not.toBe((await file(body, key)).body.id);
  });

  it('after a call that was refused is a first call', async () => {
    const key = randomUUID();
    expect((await file(accessRequest({ instruction: { id: randomUUID() } }), key)).status).toBe(422);
    expect((await file(accessRequest(), key)).status).toBe(202);
  });

  it('makes one request of twenty at once', async () => {
    const [body, key] = [accessRequest(), randomUUID()];
    const replies = await Promise.all(Array.from({ length: 20 }, () => file(body, key)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(replies.map((reply) => reply.body.id)).size).toBe(1);
    expect(api.temporal.started.filter(({ requestId }) => requestId === replies[0]?.body.id)).toHaveLength(1);
  });

  it('needs a key of visible ASCII', async () => {
    expect((await file(accessRequest(), 'x'.repeat(256))).status).toBe(422);
    expect((await file(accessRequest(), 'a b')).status).toBe(422);
  });
});

describe('while Temporal is away', () => {
  it('a request is recorded, and its caller told to come back', async () => {
    api.temporal.reach = 'unreachable';
    const { status, headers, body } = await file(accessRequest(), randomUUID());
    expect(status).toBe(503);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(body['detail']).toContain('recorded');
    const shown = await api.call('GET', `/v1/requests/${body.resourceId}`);
    expect(shown.body).toMatchObject({ status: 'received', blockedBy: 'temporal', blockedSince: expect.any(String) });
  });

  it.each([
    ['with a key', randomUUID()],
    ['without a key', undefined],
  ])('a repeat %s makes no second request, then or later', async (_how, key) => {
    const body = accessRequest();
    api.temporal.reach = 'away';
    const [first, second] = [await file(body, key), await file(body, key)];
    expect([first.status, second.status]).toEqual([503, 503]);
    api.temporal.reach = 'there';
    const third = await file(body, key);
    expect(third.status).toBe(202);
    expect(new Set([first.body.resourceId, second.body.resourceId, third.body.id]).size).toBe(1);
    expect(await countOf([third.body.id])).toBe(1);
  });

  it('equal calls at once without a key make one request', async () => {
    const body = accessRequest();
    api.temporal.reach = 'away';
    const replies = await Promise.all(Array.from({ length: 5 }, () => file(body)));
    const ids = replies.map((reply) => reply.body.resourceId ?? reply.body.id);
    expect(new Set(ids).size).toBe(1);
  });

  it('what was recorded is sent once Temporal is back, in the order of its writing', async () => {
    api.temporal.reach = 'away';
    const { body } = await file(accessRequest());
    const ref = { workspaceId: api.workspaceId, requestId: body.resourceId };
    const cancelled = await api.call('POST', `/v1/requests/${ref.requestId}/cancel`);
    expect(cancelled.status).toBe(503);
    api.temporal.reach = 'there';
    expect(await deliverOutbox(api.deps.db, api.deps.temporal, ref)).toBe(true);
    expect(api.temporal.started.at(-1)?.requestId).toBe(ref.requestId);
    expect(api.temporal.signals.at(-1)).toBe(`${ref.requestId} cancelRequested`);
  });
});

describe('equal calls without a key, one after the other', () => {
  it('are two requests when the first has been started: the person may have asked twice', async () => {
    const body = accessRequest();
    expect((await file(body)).body.id).not.toBe((await file(body)).body.id);
  });
});
