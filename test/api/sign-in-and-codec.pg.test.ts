import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORM_CHAIN } from '../../platform/audit.ts';
import { createSignInToken } from '../../platform/records/sessions.ts';
import { createPayloadCodec } from '../../platform/temporal/codec.ts';
import { UI_ORIGIN, openTestApi } from './api-fixture.ts';
import type { Reply, TestApi } from './api-fixture.ts';

let api: TestApi;
let processorId: string;
beforeAll(async () => {
  api = await openTestApi();
  processorId = (await api.makeKey({ party: 'processor', workspaceId: undefined, scopes: ['payloads:decode'] }))
    .principalId;
});
afterAll(() => api.close());

const tokenFor = (scopes: Parameters<typeof createSignInToken>[2]['scopes'], minutes = 10) =>
  createSignInToken(api.deps.db, api.deps.ring, { principalId: processorId, scopes, minutes });
const visit = (method: string, path: string, headers = {}) => api.call(method, path, { key: null, headers });

async function signedIn(
  scopes: Parameters<typeof createSignInToken>[2]['scopes'] = ['payloads:decode'],
): Promise<string> {
  const { headers } = await visit('POST', `/sign-in/${await tokenFor(scopes)}`);
  return headers.get('set-cookie')?.split(';')[0] ?? '';
}

describe('a sign-in link', () => {
  it('shows a button that can be looked at again and again', async () => {
    const token = await tokenFor(['payloads:decode']);
    for (let n = 0; n < 2; n += 1) {
      const { status, text, headers } = await visit('GET', `/sign-in/${token}`);
      expect(status).toBe(200);
      expect(text).toContain('<form method="post"><button>Sign in</button></form>');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  });

  it('turns into a session once', async () => {
    const token = await tokenFor(['payloads:decode']);
    const first = await visit('POST', `/sign-in/${token}`);
    expect(first.status).toBe(200);
    expect(first.headers.get('set-cookie')).toMatch(
      /^steward_session=[\w-]{43}; Path=\/; Expires=.*; HttpOnly; SameSite=Strict$/,
    );
    expect(first.text).toContain(UI_ORIGIN);
    expect((await visit('POST', `/sign-in/${token}`)).status).toBe(410);
    expect((await visit('GET', `/sign-in/${token}`)).status).toBe(410);
  });

  it('that is unknown or expired gets 410 and no cookie', async () => {
    for (const token of ['unknown', await tokenFor(['payloads:decode'], 0)]) {
      const { status, headers } = await visit('POST', `/sign-in/${token}`);
      expect(status).toBe(410);
      expect(headers.get('set-cookie')).toBeNull();
    }
  });

  it('is not made for a principal of a controller', async () => {
    const { principalId } = await api.makeKey();
    const asked = createSignInToken(api.deps.db, api.deps.ring, {
      principalId,
      scopes: ['payloads:decode'],
      minutes: 1,
    });
    await expect(asked).rejects.toMatchObject({ code: 'invalid-input' });
  });
});

interface Wire {
  readonly metadata: Readonly<Record<string, string>>;
  readonly data: string;
}

async function encrypted(text: string): Promise<Wire> {
  const codec = createPayloadCodec(api.deps.ring, api.deps.config.temporal.namespace);
  const plain = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(text)) };
  const [payload] = await codec.encode([plain]);
  const metadata = Object.entries(payload?.metadata ?? {}).map(([name, value]) => [
    name,
    Buffer.from(value).toString('base64'),
  ]);
  return { metadata: Object.fromEntries(metadata), data: Buffer.from(payload?.data ?? []).toString('base64') };
}

async function decode(headers: Readonly<Record<string, string>>, key: string | null = null): Promise<Reply> {
  const body = { payloads: [await encrypted('a secret of the run')] };
  return api.call('POST', '/codec/decode', { key, body, headers: { 'x-namespace': 'steward', ...headers } });
}

describe('the codec endpoint', () => {
  it('opens payloads for the page of the Temporal UI in a session, and writes down that it did', async () => {
    const cookie = await signedIn();
    const { status, headers, text } = await decode({ cookie, origin: UI_ORIGIN });
    expect(status).toBe(200);
    expect(headers.get('access-control-allow-origin')).toBe(UI_ORIGIN);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    const answer: { payloads: readonly Wire[] } = JSON.parse(text);
    expect(Buffer.from(answer.payloads[0]?.data ?? '', 'base64').toString('utf8')).toBe('"a secret of the run"');
    const { rows } = await api.database.pool.query(
      `SELECT actor, details FROM steward.audit_events WHERE workspace_id = $1 AND action = 'payloads.decoded' ORDER BY seq DESC LIMIT 1`,
      [PLATFORM_CHAIN],
    );
    expect(rows).toEqual([{ actor: processorId, details: { payloads: 1 } }]);
  });

  it('answers the preflight of that page, and of no other', async () => {
    const ask = (origin: string) =>
      visit('OPTIONS', '/codec/decode', {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-namespace',
      });
    const allowed = await ask(UI_ORIGIN);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-headers')).toContain('x-namespace');
    const refused = await ask('http://127.0.0.1:9999');
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('takes no session from another page or from none', async () => {
    const cookie = await signedIn();
    expect((await decode({ cookie, origin: 'http://127.0.0.1:9999' })).status).toBe(401);
    expect((await decode({ cookie })).status).toBe(401);
    expect((await decode({ origin: UI_ORIGIN })).status).toBe(401);
  });

  it('needs the scope', async () => {
    expect((await decode({ cookie: await signedIn(['requests:read']), origin: UI_ORIGIN })).status).toBe(403);
  });

  it("takes a key of the processor's own, and none of a workspace", async () => {
    expect((await decode({}, api.adminKey)).status).toBe(200);
    expect((await decode({}, api.key)).status).toBe(403);
  });

  it('serves its own namespace only', async () => {
    expect((await decode({ 'x-namespace': 'another' }, api.adminKey)).status).toBe(422);
  });

  it('is closed after signing out', async () => {
    const cookie = await signedIn();
    const { headers } = await visit('POST', '/sign-out', { cookie });
    expect(headers.get('set-cookie')).toMatch(/^steward_session=;/);
    expect((await decode({ cookie, origin: UI_ORIGIN })).status).toBe(401);
  });
});
