import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCOPES } from '../../domain/parties.ts';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { pointersOf } from './filing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const WISH = { name: 'integration', party: 'controller', scopes: ['requests:read'] };
const make = (body: unknown, key = api.key, headers = {}) => api.call('POST', '/v1/api-keys', { key, body, headers });
const works = async (key: string) => (await api.call('GET', '/v1/requests', { key })).status;

describe('a new key', () => {
  it('shows its secret once and works at once', async () => {
    const { status, body } = await make(WISH);
    expect(status).toBe(201);
    expect(body.secret).toMatch(/^stw_[a-z0-9]{12}_[0-9a-f]{64}$/);
    expect(await works(body.secret)).toBe(200);
    const listed = await api.call('GET', '/v1/api-keys');
    expect(listed.body.items.some(({ id }) => id === body.id)).toBe(true);
    expect(listed.text).not.toContain(body.secret.slice(-64));
  });

  it('is kept as a keyed hash alone', async () => {
    const { body } = await make(WISH);
    const { rows } = await api.database.pool.query(
      'SELECT to_jsonb(k)::text AS text FROM steward.api_keys k WHERE id = $1',
      [body.id],
    );
    expect(rows[0].text).not.toContain(body.secret.slice(-64));
  });

  it('does not reach further than the key that makes it', async () => {
    const { token } = await api.makeKey({ scopes: ['keys:manage', 'requests:read'], teamId: 'north' });
    expect(pointersOf(await make({ ...WISH, scopes: ['requests:write'] }, token))).toEqual(['/scopes']);
    expect(pointersOf(await make({ ...WISH, party: 'processor' }, token))).toEqual(['/party']);
    expect(pointersOf(await make({ ...WISH, teamId: 'south' }, token))).toEqual(['/teamId']);
    expect((await make(WISH, token)).body['teamId']).toBe('north');
  });

  it('of a controller needs a workspace, and of a workspace cannot open payloads', async () => {
    expect(pointersOf(await make(WISH, api.adminKey))).toEqual(['/party']);
    const headers = { 'Steward-Workspace': api.workspaceId };
    expect((await make(WISH, api.adminKey, headers)).body['workspaceId']).toBe(api.workspaceId);
    const payloads = { ...WISH, party: 'processor', scopes: ['payloads:decode'] };
    expect(pointersOf(await make(payloads, api.adminKey, headers))).toEqual(['/scopes']);
    expect((await make(payloads, api.adminKey)).status).toBe(201);
  });

  it('ends when it is said to', async () => {
    const { body } = await make({ ...WISH, expiresAt: new Date(Date.now() + 60_000).toISOString() });
    expect(await works(body.secret)).toBe(200);
    expect(pointersOf(await make({ ...WISH, expiresAt: '2026-01-01T00:00:00Z' }))).toEqual(['/expiresAt']);
  });
});

describe('a key that is rotated', () => {
  const rotate = (id: string, body?: unknown, key = api.key) =>
    api.call('POST', `/v1/api-keys/${id}/rotate`, { key, ...(body ? { body } : {}) });

  it('gives way to a new one of the same principal and reach', async () => {
    const { body: old } = await make({ ...WISH, teamId: 'north' });
    const { status, body } = await rotate(old.id);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      principalId: old['principalId'],
      teamId: 'north',
      scopes: ['requests:read'],
      name: 'integration',
    });
    expect([await works(old.secret), await works(body.secret)]).toEqual([401, 200]);
  });

  it('works on for as long as is asked, a week at most', async () => {
    const { body: old } = await make(WISH);
    const { body } = await rotate(old.id, { overlapHours: 24 });
    expect([await works(old.secret), await works(body.secret)]).toEqual([200, 200]);
    expect(pointersOf(await rotate(body.id, { overlapHours: 169 }))).toEqual(['/overlapHours']);
  });

  it('must be alive, and not reach further than whoever rotates it', async () => {
    const { body: old } = await make({ ...WISH, scopes: ['requests:write'] });
    const { token } = await api.makeKey({ scopes: ['keys:manage'] });
    expect((await rotate(old.id, undefined, token)).status).toBe(403);
    await api.call('DELETE', `/v1/api-keys/${old.id}`);
    expect((await rotate(old.id)).status).toBe(409);
  });
});

describe('a key that is revoked', () => {
  it('stops at once, and can be revoked again', async () => {
    const { body } = await make(WISH);
    for (let n = 0; n < 2; n += 1) expect((await api.call('DELETE', `/v1/api-keys/${body.id}`)).status).toBe(204);
    expect(await works(body.secret)).toBe(401);
  });

  it("is out of reach for a controller when it is the processor's, for a team when it is another's, and for another workspace", async () => {
    const processors = await api.makeKey({ party: 'processor' });
    const north = await api.makeKey({ teamId: 'north' });
    const south = await api.makeKey({ teamId: 'south' });
    const foreign = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    const revoke = async (id: string, key: string) => (await api.call('DELETE', `/v1/api-keys/${id}`, { key })).status;
    expect(await revoke(processors.id, api.key)).toBe(404);
    expect(await revoke(north.id, south.token)).toBe(404);
    expect(await revoke(foreign.id, api.key)).toBe(404);
    expect(await revoke(north.id, processors.token)).toBe(204);
  });
});

describe('the keys', () => {
  it('of no workspace are for the processor alone, page by page', async () => {
    const { body } = await api.call('GET', '/v1/api-keys?limit=1', { key: api.adminKey });
    expect(body.items).toHaveLength(1);
    expect(body.items[0]?.['workspaceId']).toBeNull();
    if (body.next !== null) {
      const next = await api.call('GET', `/v1/api-keys?limit=200&cursor=${body.next}`, { key: api.adminKey });
      expect(next.body.items.every(({ workspaceId }) => workspaceId === null)).toBe(true);
    }
  });

  it('leave each change in the audit log', async () => {
    const { body } = await make(WISH);
    await api.call('DELETE', `/v1/api-keys/${body.id}`);
    const { rows } = await api.database.pool.query(
      'SELECT action FROM steward.audit_events WHERE subject_id = $1 ORDER BY seq',
      [body.id],
    );
    expect(rows.map(({ action }) => action)).toEqual(['api_key.created', 'api_key.revoked']);
  });
});

describe('a workspace', () => {
  const wish = () => ({
    name: 'Lake Homes',
    contactEmail: 'privacy@lake.test',
    timeZone: 'America/Chicago',
    sources: { crm: randomUUID() },
  });
  const create = (body: unknown, key = api.adminKey) => api.call('POST', '/v1/workspaces', { key, body });

  it('is made by the processor, and seen by it and by itself', async () => {
    const { status, body } = await create(wish());
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'Lake Homes', timeZone: 'America/Chicago', contractualDays: 14 });
    const { token } = await api.makeKey({
      workspaceId: body.id,
      scopes: SCOPES.filter((scope) => scope === 'workspaces:read'),
    });
    const list = async (key: string) =>
      (await api.call('GET', '/v1/workspaces', { key })).body.items.map(({ id }) => id);
    expect(await list(token)).toEqual([body.id]);
    expect(await list(api.adminKey)).toEqual(expect.arrayContaining([body.id, api.workspaceId, api.otherWorkspaceId]));
    expect((await api.call('GET', `/v1/workspaces/${api.workspaceId}`, { key: token })).status).toBe(404);
    expect((await api.call('GET', `/v1/workspaces/${body.id}`, { key: token })).body).toEqual(body);
  });

  it('is not made by a controller', async () => {
    expect((await create(wish(), api.key)).status).toBe(403);
  });

  it('needs a time zone that exists, sources that are configured, and a key there that nobody else has', async () => {
    expect(pointersOf(await create({ ...wish(), timeZone: 'Mars/Olympus' }))).toEqual(['/timeZone']);
    expect(pointersOf(await create({ ...wish(), sources: { erp: '1' } }))).toEqual(['/sources/erp']);
    expect((await create({ ...wish(), sources: { crm: 'harbour' } })).status).toBe(409);
  });
});
