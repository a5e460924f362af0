import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../api/app.ts';
import { openDatabase } from '../../platform/database.ts';
import { openStorage } from '../../platform/storage/open.ts';
import { createRegistry } from '../../platform/telemetry/metrics.ts';
import { openTestApi, serve } from './api-fixture.ts';
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

const PERSON = 'maya.ortiz@example.test';

describe('the log', () => {
  it('has a line for each answer, with the template of its address and who asked', async () => {
    const { body, headers } = await api.call('POST', '/v1/requests', { body: accessRequest() });
    await api.call('GET', `/v1/requests/${body.id}?limit=${PERSON}`);
    const line = api.log.find((each) => each.includes(headers.get('x-request-id') ?? 'none'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      method: 'POST',
      route: '/v1/requests',
      status: 202,
      principalId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ms: expect.any(Number),
      message: 'answered',
    });
  });

  it('holds no address, no token, no key and nothing of a person, whatever goes wrong', async () => {
    const identities = [
      { type: 'email', value: PERSON },
      { type: 'phone_number', value: PERSON },
    ];
    await api.call('POST', '/v1/requests', { body: accessRequest({ identities }) });
    await api.call('POST', '/v1/requests', { body: `{"identities": "${PERSON}` });
    await api.call('POST', '/v1/requests', {
      body: accessRequest({ note: PERSON, [PERSON]: PERSON }),
      headers: { 'Idempotency-Key': PERSON },
    });
    await api.call('POST', '/v1/requests', {
      body: accessRequest({ note: PERSON, identities: identities.slice(0, 1) }),
    });
    await api.call('GET', `/v1/${PERSON}?q=${PERSON}`, { headers: { cookie: PERSON, 'user-agent': PERSON } });
    await api.call('GET', '/d/the-token-of-a-link-0001', { key: null });
    await api.call('POST', '/sign-in/the-token-of-a-link-0002', { key: null });
    const log = api.log.join('\n');
    expect(log).not.toMatch(/maya|ortiz/i);
    expect(log).not.toContain('the-token-of-a-link');
    expect(log).not.toContain(api.key.slice(-64));
    expect(log).toContain('"route":"/d/{token}"');
  });

  it('tells of a failure where it arose, and the answer does not', async () => {
    const broken = { ...api.deps, storage: { ...openStorage(api.deps.config.storage) } };
    const db = { ...api.deps.db, withPlatform: () => Promise.reject(new TypeError(`bad ${PERSON}`)) };
    const server = await serve(createApp({ ...broken, db, registry: createRegistry('api') }));
    const response = await fetch(`${server.url}/v1/requests`, { headers: { authorization: `Bearer ${api.key}` } });
    expect(response.status).toBe(500);
    const text = await response.text();
    server.close();
    expect(text).not.toContain('maya');
    const line = api.log.findLast((each) => each.includes('"level":"error"')) ?? '';
    expect(JSON.parse(line)).toMatchObject({ message: 'failed', err: { type: 'TypeError' } });
    expect(line).not.toContain('maya');
  });
});

describe('the measurements', () => {
  it('are by the template of the address, and hold no id', async () => {
    const { body } = await api.call('POST', '/v1/requests', { body: accessRequest() });
    await api.call('GET', `/v1/requests/${body.id}`);
    const text = await api.deps.registry.metrics();
    expect(text).toContain('_seconds_count{process="api",method="POST",route="/v1/requests",status="202"}');
    expect(text).not.toContain(body.id);
  });
});

describe('health', () => {
  const ready = async () => (await api.call('GET', '/readyz', { key: null })).body;

  it('says that the process is alive and everything is there', async () => {
    expect((await api.call('GET', '/healthz', { key: null })).body).toEqual({ status: 'ok' });
    const checks = { database: 'ok', temporal: 'ok', storage: 'ok', journal: 'ok' };
    expect(await ready()).toEqual({ status: 'ok', checks });
  });

  it('says which service is away', async () => {
    api.temporal.reach = 'unreachable';
    const { status, body } = await api.call('GET', '/readyz', { key: null });
    expect(status).toBe(503);
    const checks = { database: 'ok', temporal: 'unreachable', storage: 'ok', journal: 'ok' };
    expect(body).toEqual({ status: 'unavailable', checks });
  });

  it('shows the public keys of signatures, without their private halves', async () => {
    const { body, text } = await api.call('GET', '/.well-known/jwks.json', { key: null });
    expect(body['keys']).toMatchObject([{ kty: 'OKP', crv: 'Ed25519', use: 'sig' }]);
    expect(text).not.toContain('"d"');
  });
});

describe('while PostgreSQL is away', () => {
  it('every call on data gets 503 and is told when to come again', async () => {
    const db = openDatabase('postgres://steward_app@127.0.0.1:1/steward');
    const server = await serve(createApp({ ...api.deps, db, registry: createRegistry('api') }));
    const headers = { authorization: `Bearer ${api.key}` };
    for (const path of ['/v1/requests', '/v1/api-keys', `/d/${'a'.repeat(43)}`, `/sign-in/${'a'.repeat(43)}`]) {
      const response = await fetch(`${server.url}${path}`, { headers });
      expect(response.status, path).toBe(503);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${server.url}/readyz`)).json()).toMatchObject({ checks: { database: 'unreachable' } });
    server.close();
    await db.close();
  });
});

describe('the documentation', () => {
  it('is the description in a viewer that loads nothing from elsewhere', async () => {
    const { status, text, headers } = await api.call('GET', '/docs', { key: null });
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toContain("script-src 'self'");
    const assets = [...text.matchAll(/(?:src|href)="(?!data:)([^"]+)"/g)].map(([, address]) => address ?? '');
    expect(assets).toEqual(['/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js', '/docs/start.js']);
    for (const asset of assets) expect((await api.call('GET', asset, { key: null })).status, asset).toBe(200);
    expect((await api.call('GET', '/openapi.json', { key: null })).body['openapi']).toBe('3.1.0');
  });

  it('has a place for the type of each problem', async () => {
    const { body } = await api.call('GET', '/nowhere');
    const [path, anchor] = String(body['type']).split('#');
    expect((await api.call('GET', path ?? '', { key: null })).text).toContain(`id="${anchor}"`);
  });
});
