import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { accessRequest } from './filing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const list = (key: string | null, headers = {}) => api.call('GET', '/v1/requests', { key, headers });

describe('a call', () => {
  it('without a valid key gets the same 401, whatever is wrong with the key', async () => {
    const gone = await api.makeKey({ expiresAt: new Date(Date.now() - 1000) });
    const revoked = await api.makeKey();
    await api.call('DELETE', `/v1/api-keys/${revoked.id}`);
    const wrong = [
      null,
      'nonsense',
      'stw_short_1',
      `stw_${'a'.repeat(12)}_${'0'.repeat(64)}`,
      `${api.key.slice(0, -1)}${api.key.endsWith('0') ? '1' : '0'}`,
      gone.token,
      revoked.token,
    ];
    for (const key of wrong) {
      const { status, headers, body } = await list(key);
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Bearer realm="steward"');
      expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(body['detail']).toBe('A valid API key is needed, as "Authorization: Bearer stw_…".');
    }
  });

  it('with a key that lacks the scope gets 403, which names the scope', async () => {
    const { token } = await api.makeKey({ scopes: ['requests:read'] });
    const { status, body } = await api.call('POST', '/v1/requests', { key: token, body: accessRequest() });
    expect(status).toBe(403);
    expect(body['detail']).toContain('requests:write');
  });

  it('leaves the time of its use at the key', async () => {
    const { id, token } = await api.makeKey();
    await list(token);
    const { body } = await api.call('GET', '/v1/api-keys');
    const key = body.items.find((item) => item.id === id);
    expect(Date.parse(String(key?.['lastUsedAt']))).toBeGreaterThan(Date.now() - 60_000);
  });
});

describe('a key of the processor that belongs to no workspace', () => {
  it('names one by the header', async () => {
    expect((await list(api.adminKey, { 'Steward-Workspace': api.workspaceId })).status).toBe(200);
  });

  it('gets 422 when it names none where one is needed', async () => {
    const { status, body } = await list(api.adminKey);
    expect(status).toBe(422);
    expect(body['detail']).toContain('Steward-Workspace');
  });

  it('gets 404 for a workspace that does not exist', async () => {
    for (const id of ['7f4df4ef-9d2c-4a71-b7b2-6a3f0f6f8a10', '00000000-0000-0000-0000-000000000000', 'no-uuid']) {
      expect((await list(api.adminKey, { 'Steward-Workspace': id })).status).toBe(404);
    }
  });
});

describe('a key of a workspace', () => {
  it('works there, also when it says so', async () => {
    expect((await list(api.key, { 'Steward-Workspace': api.workspaceId.toUpperCase() })).status).toBe(200);
  });

  it('gets 404 when it names another workspace', async () => {
    expect((await list(api.key, { 'Steward-Workspace': api.otherWorkspaceId })).status).toBe(404);
  });

  it("gets 404 for another workspace's request", async () => {
    const { token } = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    const { body } = await api.call('POST', '/v1/requests', { key: token, body: accessRequest() });
    for (const path of ['', '/timeline', '/package']) {
      expect((await api.call('GET', `/v1/requests/${body.id}${path}`)).status).toBe(404);
    }
    expect((await api.call('POST', `/v1/requests/${body.id}/cancel`)).status).toBe(404);
  });
});

describe('an address', () => {
  it('that does not exist gets a 404 problem', async () => {
    for (const path of ['/v2', '/v1/requests/no-uuid', '/v1/requests/%ff']) {
      const { status, body } = await api.call('GET', path);
      expect(status).toBe(404);
      expect(body['type']).toBe('/docs/problems#not-found');
    }
  });

  it('that does not know the method gets 405 and says which it knows', async () => {
    const { status, headers } = await api.call('DELETE', '/v1/requests');
    expect(status).toBe(405);
    expect(headers.get('allow')).toBe('POST, GET, HEAD');
  });
});
