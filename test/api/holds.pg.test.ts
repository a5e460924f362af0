import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCOPES } from '../../domain/parties.ts';
import { openDatabase } from '../../platform/database.ts';
import { readActiveHolds } from '../../platform/records/active-holds.ts';
import { openTestApi } from './api-fixture.ts';
import type { Body, Reply, TestApi } from './api-fixture.ts';
import { ATTESTATION, pointersOf } from './filing.ts';
import { newHold } from './hold-bodies.ts';

let api: TestApi;
/** Another key of the controller's: who places a hold does not release it. */
let second: string;
beforeAll(async () => {
  api = await openTestApi();
  second = (await api.makeKey()).token;
});
afterAll(() => api.close());

const inWorkspace = () => ({ key: api.adminKey, headers: { 'Steward-Workspace': api.workspaceId } });
const place = (more = {}, options = {}) => api.call('POST', '/v1/holds', { body: newHold(more), ...options });
const read = (id: string, options = {}) => api.call('GET', `/v1/holds/${id}`, options);
const release = (id: string, body: object = { reason: 'The case is closed.' }, options: object = { key: second }) =>
  api.call('POST', `/v1/holds/${id}/release`, { body, ...options });
const change = (id: string, body: object, options = {}) =>
  api.call('POST', `/v1/holds/${id}/changes`, { body: { reason: 'As agreed.', ...body }, ...options });
const check = (items: readonly object[], options = {}) =>
  api.call('POST', '/v1/holds/check', { body: { items }, ...options });

async function placed(more = {}, options = {}): Promise<string> {
  const { status, body } = await place(more, options);
  expect(status).toBe(202);
  return body.id;
}

async function standing(requestTypes: readonly string[]): Promise<string> {
  const body = { source: 'terms', requestTypes, attestation: ATTESTATION };
  return (await api.call('POST', '/v1/instructions', { body })).body.id;
}

const kindsOf = (body: Body): readonly unknown[] => (body['journal'] as readonly Body[]).map((each) => each['kind']);

async function auditOf(id: string) {
  const { rows } = await api.database.pool.query<{ action: string; details: object; note: string | null }>(
    `SELECT action, details, note FROM steward.audit_events e LEFT JOIN steward.audit_notes n USING (workspace_id, seq)
      WHERE subject_id = $1 ORDER BY seq`,
    [id],
  );
  return rows;
}

describe('a hold', () => {
  it('is written down as pending, with its sources, journal, audit line and the start of its run', async () => {
    const reviewAt = new Date(Date.now() + 86_400_000).toISOString();
    const reply = await place({ reviewAt, note: 'By telephone.', notifyEmail: 'counsel@harbour.test' });
    expect(reply.status).toBe(202);
    expect(reply.headers.get('location')).toBe(`/v1/holds/${reply.body.id}`);
    expect(reply.body).toMatchObject({
      state: 'pending',
      party: 'controller',
      visibility: 'controller',
      purpose: 'legal',
      reviewAt,
      reviewDue: false,
      notifyEmail: 'counsel@harbour.test',
      scope: { workspace: false, subject: null, records: null, classes: ['contact_record'], dates: null },
      sources: [{ source: 'crm', state: 'pending', erasuresUnderWay: [], erasedBefore: [] }],
      effectiveAt: null,
      releasedAt: null,
    });
    expect(kindsOf(reply.body)).toEqual(['placed']);
    expect(api.temporal.holds.at(-1)).toEqual({
      run: 'placement',
      ref: { workspaceId: api.workspaceId, holdId: reply.body.id },
    });
    const details = { party: 'controller', visibility: 'controller', purpose: 'legal', classes: 1, records: 0 };
    expect(await auditOf(reply.body.id)).toMatchObject([{ action: 'hold.placed', details, note: 'By telephone.' }]);
  });

  it('is placed once by calls with one idempotency key', async () => {
    const headers = { 'Idempotency-Key': randomUUID() };
    const replies = await Promise.all(Array.from({ length: 8 }, () => place({}, { headers })));
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    expect((await place({ matter: 'Another' }, { headers })).status).toBe(409);
  });

  it('stands although Temporal is away, and says so', async () => {
    api.temporal.reach = 'away';
    const reply = await place().finally(() => {
      api.temporal.reach = 'there';
    });
    expect(reply.status).toBe(503);
    expect((await read(reply.body.resourceId)).body).toMatchObject({ state: 'pending' });
  });

  it('keeps whom it is about sealed, and opens it for the plan alone', async () => {
    const value = `${randomUUID()}@example.test`;
    const id = await placed({ scope: { subject: [{ type: 'email', value }], dates: { from: '2025-01-01' } } });
    expect((await read(id)).body['scope']).toMatchObject({ subject: [{ type: 'email' }], workspace: false });
    const answers = [await read(id), await api.call('GET', '/v1/holds?limit=200')];
    for (const { text } of answers) expect(text).not.toContain(value);
    expect(api.log.join('\n')).not.toContain(value);
    const { rows } = await api.database.pool.query<{ row: string }>('SELECT h::text AS row FROM steward.holds h');
    expect(rows.map(({ row }) => row).join('\n')).not.toContain(value);

    const worker = openDatabase(api.deps.config.database.workerUrl);
    const active = await worker.withTenant(api.workspaceId, (trx) =>
      readActiveHolds(trx, api.deps.ring, api.workspaceId),
    );
    await worker.close();
    expect(active.find(({ holdId }) => holdId === id)).toEqual({
      holdId: id,
      purpose: 'legal',
      party: 'controller',
      visibility: 'controller',
      scope: { subject: [{ type: 'email', value }], dates: { from: '2025-01-01' } },
    });
  });

  it('on everything says that it is', async () => {
    const id = await placed({ scope: { workspace: true } });
    expect((await read(id)).body['scope']).toMatchObject({ workspace: true });
    await release(id);
  });

  it('is listed newest first in pages, by state and by whether its review is due', async () => {
    const id = await placed();
    const due = await placed();
    await api.database.pool.query("UPDATE steward.holds SET review_at = now() - interval '1 day' WHERE id = $1", [due]);
    const first = await api.call('GET', '/v1/holds?limit=1');
    expect(first.body.items.map((each) => each.id)).toEqual([due]);
    const next = await api.call('GET', `/v1/holds?limit=1&cursor=${first.body.next}`);
    expect(next.body.items.map((each) => each.id)).toEqual([id]);
    const late = await api.call('GET', '/v1/holds?reviewDue=true');
    expect(late.body.items).toMatchObject([{ id: due, reviewDue: true }]);
    await release(id);
    const released = await api.call('GET', '/v1/holds?state=released');
    expect(released.body.items.every((each) => each['state'] === 'released')).toBe(true);
    expect(released.body.items.map((each) => each.id)).toContain(id);
  });

  it('is nothing to another workspace, to the key of a team, or to a key without the scope', async () => {
    const id = await placed();
    const { token: other } = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    const { token: team } = await api.makeKey({ teamId: 'north' });
    const { token: reader } = await api.makeKey({ scopes: SCOPES.filter((scope) => scope === 'holds:read') });
    expect((await read(id, { key: other })).status).toBe(404);
    expect((await release(id, undefined, { key: other })).status).toBe(404);
    expect((await read(id, { key: team })).status).toBe(404);
    expect((await place({}, { key: team })).status).toBe(404);
    expect((await check([{ collection: 'crm.contacts', key: { id: 1 } }], { key: team })).status).toBe(404);
    expect((await read(id, { key: reader })).status).toBe(200);
    expect((await place({}, { key: reader })).status).toBe(403);
    expect((await release(id, undefined, { key: reader })).status).toBe(403);
  });
});

const RECORD = { collection: 'crm.contacts', key: { id: 1 } };

describe('a hold that is wrong', () => {
  it.each([
    ['no scope', { scope: undefined }, ['/scope']],
    ['an empty scope', { scope: {} }, ['/scope']],
    ['everything and a part', { scope: { workspace: true, classes: ['contact_record'] } }, ['/scope/workspace']],
    ['a part that does not exist', { scope: { classes: ['note_record'], everything: true } }, ['/scope/everything']],
    ['an unknown class', { scope: { classes: ['contact_record', 'secrets'] } }, ['/scope/classes/1']],
    [
      'an unknown collection',
      { scope: { records: [{ collection: 'crm.x', key: { id: 1 } }] } },
      ['/scope/records/0/collection'],
    ],
    [
      'half a key',
      { scope: { records: [RECORD, { collection: 'crm.notes', key: { ordinal: 1 } }] } },
      ['/scope/records/1/key'],
    ],
    [
      'a record that its classes leave out',
      { scope: { classes: ['note_record'], records: [RECORD] } },
      ['/scope/records/0/collection'],
    ],
    ['no records', { scope: { records: [] } }, ['/scope/records']],
    [
      'an unknown type of identity',
      { scope: { subject: [{ type: 'shoe_size', value: '43' }] } },
      ['/scope/subject/0/type'],
    ],
    ['no e-mail address', { scope: { subject: [{ type: 'email', value: 'x' }] } }, ['/scope/subject/0/value']],
    [
      'a digest',
      { scope: { subject: [{ type: 'email', value: 'a@b.test', format: 'sha256' }] } },
      ['/scope/subject/0/format'],
    ],
    ['no date', { scope: { dates: { from: '2025-02-30' } } }, ['/scope/dates/from']],
    [
      'a range that ends before it begins',
      { scope: { dates: { from: '2025-02-02', to: '2025-02-01' } } },
      ['/scope/dates/to'],
    ],
    ['an empty range', { scope: { dates: {} } }, ['/scope/dates']],
    ['our own legitimate business', { purpose: 'legitimate_business' }, ['/purpose']],
    ['no matter', { matter: '  ' }, ['/matter']],
    ['no authority', { authority: undefined }, ['/authority']],
    ['a review in the past', { reviewAt: '2020-01-01T00:00:00Z' }, ['/reviewAt']],
    ['an address that is none', { notifyEmail: 'counsel' }, ['/notifyEmail']],
    ['a controller’s hold kept from the controller', { visibility: 'processor' }, ['/visibility']],
    ['an instruction that does not exist', { instruction: { id: randomUUID() } }, ['/instruction/id']],
  ])('with %s gets 422 and a pointer to it, and is not placed', async (_what, more, pointers) => {
    const count = async () => (await api.database.pool.query('SELECT count(*) FROM steward.holds')).rows[0].count;
    const before = await count();
    const reply = await place(more);
    expect([reply.status, pointersOf(reply)]).toEqual([422, pointers]);
    expect(await count()).toBe(before);
  });
});

describe('the release of a hold', () => {
  it('is by somebody else than who placed it, once, and starts a run', async () => {
    const id = await placed();
    const own: Reply = await release(id, undefined, {});
    expect([own.status, own.body['type']]).toEqual([403, '/docs/problems#second-person-needed']);
    expect((await read(id)).body).toMatchObject({ state: 'pending', releasedAt: null });
    expect((await release(id, {})).status).toBe(422);

    const done = await release(id);
    expect(done.status).toBe(202);
    expect(done.body).toMatchObject({ state: 'released', releasedAt: expect.any(String) });
    expect(kindsOf(done.body)).toEqual(['placed', 'released']);
    expect(api.temporal.holds.at(-1)).toMatchObject({ run: 'release', ref: { holdId: id } });
    expect((await auditOf(id)).at(-1)).toMatchObject({ action: 'hold.released', note: 'The case is closed.' });
    expect((await release(id)).status).toBe(409);
    expect((await change(id, { matter: 'Late' })).status).toBe(409);
  });

  it('under one idempotency key is answered again as the first time', async () => {
    const id = await placed();
    const options = { key: second, headers: { 'Idempotency-Key': randomUUID() } };
    for (let n = 0; n < 2; n += 1) expect((await release(id, undefined, options)).status).toBe(202);
  });

  it('tells every request of the workspace that is planned, and no other', async () => {
    const { file, statuses } = requests();
    const planned = ['planning', 'awaiting_approval', 'cooling_off', 'erasing'];
    const ids = await Promise.all([...planned, 'completed', 'gathering'].map(file));
    const id = await placed();
    await release(id);
    const { rows } = await api.database.pool.query<{ request_id: string }>(
      "SELECT request_id FROM steward.outbox WHERE message = 'review' AND request_id = ANY ($1)",
      [ids],
    );
    expect(await statuses(rows.map((row) => row.request_id))).toEqual(planned.toSorted());
  });
});

function requests() {
  return {
    file: async (status: string): Promise<string> => {
      const body = {
        type: 'access',
        regime: 'gdpr',
        receivedByControllerAt: new Date().toISOString(),
        identities: [{ type: 'email', value: `${randomUUID()}@example.test` }],
      };
      const { body: filed } = await api.call('POST', '/v1/requests', { body });
      const ended = status === 'completed';
      await api.database.pool.query(
        `UPDATE steward.requests SET status = $2, outcome = $3, closed_at = $4 WHERE id = $1`,
        [filed.id, status, ended ? 'fulfilled' : null, ended ? new Date() : null],
      );
      return filed.id;
    },
    statuses: async (ids: readonly string[]): Promise<readonly string[]> => {
      const { rows } = await api.database.pool.query<{ status: string }>(
        'SELECT status FROM steward.requests WHERE id = ANY ($1) ORDER BY status',
        [ids],
      );
      return rows.map(({ status }) => status);
    },
  };
}

describe('a change of a hold', () => {
  it('keeps what was there before in the journal', async () => {
    const id = await placed();
    const reviewAt = new Date(Date.now() + 86_400_000).toISOString();
    const { status, body } = await change(id, { reviewAt, matter: 'Harbour v Nightjar, appeal' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ reviewAt, matter: 'Harbour v Nightjar, appeal' });
    expect((body['journal'] as readonly Body[]).at(-1)).toMatchObject({
      kind: 'changed',
      details: { reviewAt, reviewAtBefore: null, matterBefore: 'Harbour v Nightjar, 3 O 412/26' },
    });
    expect((await change(id, { reviewAt: null })).body).toMatchObject({ reviewAt: null });
    expect((await auditOf(id)).map(({ action }) => action)).toEqual(['hold.placed', 'hold.changed', 'hold.changed']);
  });

  it('that changes nothing, or something that cannot change, is refused', async () => {
    const id = await placed();
    expect((await change(id, {})).status).toBe(422);
    expect((await change(id, { reviewAt: null })).status).toBe(422);
    expect(pointersOf(await change(id, { scope: { workspace: true } }))).toEqual(['/scope']);
    expect(pointersOf(await change(id, { reviewAt: '2020-01-01T00:00:00Z' }))).toEqual(['/reviewAt']);
    expect((await change(randomUUID(), { matter: 'x' })).status).toBe(404);
  });
});

describe('who decides on a hold', () => {
  it('of the controller’s is the controller, or the processor under an instruction of the controller’s', async () => {
    const alone = await place({ party: 'controller' }, inWorkspace());
    expect([alone.status, alone.body['type']]).toEqual([403, '/docs/problems#wrong-party']);
    const instruction = { source: 'support_request', attestation: ATTESTATION };
    const id = await placed({ party: 'controller', instruction }, inWorkspace());
    const used = (await read(id)).body['instruction'] as { readonly id: string };
    const twice = await place({ party: 'controller', instruction: { id: used.id } }, inWorkspace());
    expect([twice.status, pointersOf(twice)]).toEqual([422, ['/instruction/id']]);

    const theirs = await placed();
    expect((await release(theirs, undefined, inWorkspace())).status).toBe(403);
    const other = { id: await standing(['access', 'hold_placement']) };
    const reason = 'As the controller asked.';
    const uncovered = await release(theirs, { reason, instruction: other }, inWorkspace());
    expect([uncovered.status, pointersOf(uncovered)]).toEqual([422, ['/instruction/id']]);
    const covering = { id: await standing(['hold_release']) };
    expect((await release(theirs, { reason, instruction: covering }, inWorkspace())).status).toBe(202);
  });

  it('of the processor’s own is the processor alone', async () => {
    expect((await place({ party: 'processor' })).status).toBe(403);
    const own = { party: 'processor', authority: '§ 257 HGB' };
    const instructed = await place({ ...own, instruction: { id: randomUUID() } }, inWorkspace());
    expect(pointersOf(instructed)).toEqual(['/instruction']);
    const id = await placed(own, inWorkspace());
    expect((await read(id)).body).toMatchObject({ party: 'processor', authority: '§ 257 HGB' });
    expect((await release(id)).status).toBe(403);
    expect((await change(id, { matter: 'Mine' })).status).toBe(403);
    expect((await release(id, undefined, inWorkspace())).body['type']).toBe('/docs/problems#second-person-needed');
    const { token } = await api.makeKey({ party: 'processor', scopes: ['holds:write'] });
    expect((await release(id, undefined, { key: token })).status).toBe(202);
  });

  it('cannot be made to show a hold of the processor’s in confidence to the controller', async () => {
    const own = { party: 'processor', visibility: 'processor', matter: 'Matter Zanzibar' };
    const scope = { records: [{ collection: 'crm.settings', key: { id: 4711 } }] };
    const id = await placed({ ...own, scope }, inWorkspace());
    expect((await read(id, inWorkspace())).body).toMatchObject({ matter: 'Matter Zanzibar' });
    const answers = [
      await read(id),
      await release(id),
      await change(id, { matter: 'x' }),
      await api.call('GET', '/v1/holds?limit=200'),
      await check(scope.records),
    ];
    expect(answers.slice(0, 3).map(({ status }) => status)).toEqual([404, 404, 404]);
    for (const { text } of answers) expect(text).not.toContain('Zanzibar');
    const { body } = answers.at(-1) as Reply;
    expect(body.items[0]).toEqual({ answer: 'held', holds: [], legalDuty: true });
    expect((await check(scope.records, inWorkspace())).body).toMatchObject({
      items: [{ answer: 'held', holds: [id], legalDuty: false }],
      holds: [{ id, matter: 'Matter Zanzibar' }],
    });
  });
});
