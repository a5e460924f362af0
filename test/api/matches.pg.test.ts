import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestApi } from './api-fixture.ts';
import type { Body, TestApi } from './api-fixture.ts';
import { accessRequest, move, pointersOf } from './filing.ts';
import { HINT, awaitingMatchReview } from './matched.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const list = (id: string, query = '', key = api.key) => api.call('GET', `/v1/requests/${id}/matches${query}`, { key });
const decide = (id: string, decisions: unknown, key = api.key) =>
  api.call('POST', `/v1/requests/${id}/matches/decisions`, { key, body: { decisions } });

async function auditOf(
  id: string,
  action: string,
): Promise<readonly { readonly party: string; readonly details: unknown }[]> {
  const { rows } = await api.database.pool.query<{ party: string; details: unknown }>(
    'SELECT party, details FROM steward.audit_events WHERE subject_id = $1 AND action = $2 ORDER BY seq',
    [id, action],
  );
  return rows;
}

describe('the matches of a request', () => {
  it('are listed in pages, masked where they are uncertain, and the reading is audited', async () => {
    const { id } = await awaitingMatchReview(api);
    const shown: Body[] = [];
    for (let cursor = ''; ; ) {
      const { status, body } = await list(id, `?limit=2${cursor}`);
      expect(status).toBe(200);
      shown.push(...body.items);
      if (body.next === null) break;
      cursor = `&cursor=${body.next}`;
    }
    expect(shown.map((match) => [match['confidence'], match['review'], match['hint']])).toEqual([
      ['exact', null, null],
      ['weak', 'pending', HINT],
      ['weak', 'pending', HINT],
    ]);
    expect(shown[0]).toMatchObject({ identityType: 'email', collection: 'crm.contacts', mention: false });
    expect((await list(id, '?review=pending')).body.items).toHaveLength(2);
    expect(await auditOf(id, 'request.matches_read')).toEqual([
      { party: 'controller', details: { matches: 2 } },
      { party: 'controller', details: { matches: 1 } },
      { party: 'controller', details: { matches: 2 } },
    ]);
  });

  it("are shown to whoever may review in the workspace, and to nobody else's key", async () => {
    const { id } = await awaitingMatchReview(api);
    const { token: reader } = await api.makeKey({ scopes: ['requests:read', 'requests:write'] });
    const { token: stranger } = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    expect((await list(id, '', reader)).status).toBe(403);
    expect((await decide(id, [], reader)).status).toBe(403);
    expect((await list(id, '', stranger)).status).toBe(404);
    expect((await decide(id, [{ matchId: '1', decision: 'accepted' }], stranger)).status).toBe(404);
  });
});

describe('decisions on matches', () => {
  it('are kept with who made them, told to the run once, and the same again changes nothing', async () => {
    const { id, pending } = await awaitingMatchReview(api);
    const decisions = pending.map((matchId, index) => ({ matchId, decision: index === 0 ? 'accepted' : 'rejected' }));
    for (let n = 0; n < 2; n += 1) {
      const reply = await decide(id, decisions);
      expect(reply.status).toBe(202);
      expect(reply.body.id).toBe(id);
    }
    const { items } = (await list(id)).body;
    expect(new Set(items.map((match) => match['review']))).toEqual(new Set(['accepted', 'rejected', null]));
    expect(api.temporal.signals.filter((signal) => signal.startsWith(id))).toEqual([`${id} reviewed`]);
    expect(await auditOf(id, 'request.matches_reviewed')).toEqual([
      { party: 'controller', details: { accepted: 1, rejected: 1 } },
    ]);
    const { rows } = await api.database.pool.query(
      'SELECT count(*)::int AS reviewers FROM steward.match_records WHERE request_id = $1 AND reviewed_by IS NOT NULL AND reviewed_at IS NOT NULL',
      [id],
    );
    expect(rows).toEqual([{ reviewers: 2 }]);
    await move(api, id, 'locating');
    expect((await decide(id, decisions)).status).toBe(202);
  });

  it('cannot be turned round, nor come when the request has moved on', async () => {
    const { id, pending } = await awaitingMatchReview(api);
    const [first = '', second = ''] = pending;
    await decide(id, [{ matchId: first, decision: 'accepted' }]);
    const both = [
      { matchId: second, decision: 'accepted' },
      { matchId: first, decision: 'rejected' },
    ];
    expect((await decide(id, both)).status).toBe(409);
    expect((await list(id, '?review=pending')).body.items).toHaveLength(1);
    await move(api, id, 'packaging');
    expect((await decide(id, [{ matchId: second, decision: 'accepted' }])).status).toBe(409);
  });

  it('name matches of the request that need one', async () => {
    const { id, certain } = await awaitingMatchReview(api);
    const other = await awaitingMatchReview(api);
    const reply = await decide(id, [
      { matchId: certain, decision: 'accepted' },
      { matchId: other.pending[0], decision: 'accepted' },
    ]);
    expect(reply.status).toBe(422);
    expect(pointersOf(reply)).toEqual(['/decisions/0/matchId', '/decisions/1/matchId']);
    const twice = await decide(id, [
      { matchId: certain, decision: 'accepted' },
      { matchId: certain, decision: 'rejected' },
    ]);
    expect(pointersOf(twice)).toEqual(['/decisions']);
    expect((await decide(id, [{ matchId: 'x', decision: 'maybe' }])).status).toBe(422);
    expect((await decide(id, [])).status).toBe(422);
  });

  it('can be the processor’s, and the audit log says so', async () => {
    const { id, pending } = await awaitingMatchReview(api);
    const headers = { 'steward-workspace': api.workspaceId };
    const body = { decisions: [{ matchId: pending[0], decision: 'rejected' }] };
    const reply = await api.call('POST', `/v1/requests/${id}/matches/decisions`, { key: api.adminKey, headers, body });
    expect(reply.status).toBe(202);
    expect(await auditOf(id, 'request.matches_reviewed')).toMatchObject([{ party: 'processor' }]);
  });
});

describe('the identities of a request', () => {
  const file = (more: Record<string, unknown>) => api.call('POST', '/v1/requests', { body: accessRequest(more) });
  const stored = async (id: string) => {
    const { rows } = await api.database.pool.query(
      'SELECT format, combine FROM steward.request_identities i JOIN steward.requests r ON r.id = i.request_id WHERE r.id = $1 ORDER BY ordinal',
      [id],
    );
    return rows;
  };

  it('can be digests, and combined', async () => {
    const digests = { md5: 'a'.repeat(32), sha1: 'b'.repeat(40), sha256: '0'.repeat(64) };
    const identities = Object.entries(digests).map(([format, value]) => ({ type: 'email', value, format }));
    const { status, body } = await file({ identities, combine: 'all' });
    expect(status).toBe(202);
    expect(await stored(body.id)).toEqual(Object.keys(digests).map((format) => ({ format, combine: 'all' })));
    expect(await stored((await file({})).body.id)).toEqual([{ format: 'raw', combine: 'any' }]);
  });

  it('are refused when a digest is not one, with what it must be', async () => {
    const identities = [
      { type: 'email', value: 'A'.repeat(64), format: 'sha256' },
      { type: 'phone_number', value: 'a'.repeat(40), format: 'sha256' },
      { type: 'external_id', value: 'g'.repeat(32), format: 'md5' },
      { type: 'email', value: 'a'.repeat(64), format: 'sha256' },
    ];
    const reply = await file({ identities });
    expect(pointersOf(reply)).toEqual(['/identities/0/value', '/identities/1/value', '/identities/2/value']);
    expect(reply.body.errors[0]?.detail).toBe('It must be 64 hexadecimal digits in lower case.');
    expect((await file({ combine: 'some' })).status).toBe(422);
    expect((await file({ identities: [{ type: 'email', value: 'a'.repeat(64), format: 'sha512' }] })).status).toBe(422);
  });
});
