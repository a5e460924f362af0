import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestApi } from './api-fixture.ts';
import type { Reply, TestApi } from './api-fixture.ts';
import { ATTESTATION, move, pointersOf } from './filing.ts';
import {
  CONTACTS,
  INVOICES,
  NOTES,
  invoices,
  laundering,
  leads,
  newHold,
  openBalance,
  plan,
  plannedErasure,
} from './planned.ts';
import type { HoldGround } from '../../domain/retention/grounds.ts';
import type { Planned } from './planned.ts';

let api: TestApi;
let second: string;
beforeAll(async () => {
  api = await openTestApi();
  second = (await api.makeKey()).token;
});
afterAll(() => api.close());

const look = (id: string, options = {}) => api.call('GET', `/v1/requests/${id}/review`, options);
const decisions = (id: string, query = '', options = {}) =>
  api.call('GET', `/v1/requests/${id}/review/decisions${query}`, options);
const approve = ({ requestId, generation }: Planned, options = {}, more = {}) =>
  api.call('POST', `/v1/requests/${requestId}/review/approve`, { body: { generation, ...more }, ...options });
const reject = ({ requestId, generation }: Planned, options = {}, more = {}) =>
  api.call('POST', `/v1/requests/${requestId}/review/reject`, {
    body: { generation, reason: 'It was not the person who asked.', ...more },
    ...options,
  });
const override = ({ requestId }: Planned, body: object, options = {}) =>
  api.call('POST', `/v1/requests/${requestId}/review/decisions`, {
    body: { reason: 'A dispute with Zebedee Quill.', ...body },
    ...options,
  });
const withdraw = ({ requestId }: Planned, id: unknown, options = {}, query = '') =>
  api.call('DELETE', `/v1/requests/${requestId}/review/decisions/${String(id)}${query}`, options);
const ours = () => ({ key: api.adminKey, headers: { 'Steward-Workspace': api.workspaceId } });

async function standing(requestTypes = ['erasure']): Promise<string> {
  const body = { source: 'terms', requestTypes, attestation: ATTESTATION };
  return (await api.call('POST', '/v1/instructions', { body })).body.id;
}

const overridesOf = ({ body }: Reply) => body['overrides'] as readonly { readonly id: string; readonly kind: string }[];

/** How much stands of a request in the tables that people's words go into. */
async function written({ requestId }: Planned): Promise<readonly number[]> {
  const { rows } = await api.database.pool.query<{ n: string }>(
    `SELECT count(*) AS n FROM steward.decision_approvals WHERE request_id = $1
     UNION ALL SELECT count(*) FROM steward.erasure_overrides o JOIN steward.erasures e ON e.id = o.erasure_id
       WHERE e.request_id = $1
     UNION ALL SELECT count(*) FROM steward.outbox WHERE request_id = $1
     UNION ALL SELECT count(*) FROM steward.audit_events WHERE subject_id = $1::text`,
    [requestId],
  );
  return rows.map(({ n }) => Number(n));
}

describe('a review', () => {
  it('shows by class what is to be erased and kept, what waits, and who decides', async () => {
    const planned = await plannedErasure(api);
    const { status, body } = await look(planned.requestId);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      erasureId: planned.erasureId,
      generation: 1,
      state: 'awaited',
      status: 'awaiting_approval',
      classes: [
        { recordClass: 'billing_record', erase: 0, pseudonymise: 12, retain: 0, decisions: 1, pending: 1 },
        { recordClass: 'contact_record', erase: 3, pseudonymise: 0, retain: 0, decisions: 1, pending: 1 },
        { recordClass: 'lead_record', erase: 40, pseudonymise: 0, retain: 0, decisions: 1, pending: 1 },
      ],
      pending: 3,
      peopleNeeded: 1,
      voices: [],
      overrides: [],
      coolingOffDays: 3,
      decidedBy: 'controller',
      youDecide: 'yes',
    });
    expect((await look(planned.requestId, ours())).body['youDecide']).toBe('under_a_standing_instruction');
  });

  it('counts only what the present plan found', async () => {
    const first = await plannedErasure(api);
    await plan(api, first, [NOTES]);
    const { body } = await look(first.requestId);
    expect(body).toMatchObject({ generation: 2, pending: 1, classes: [{ recordClass: 'lead_record' }] });
    expect((await decisions(first.requestId)).body.items).toHaveLength(1);
  });

  it('is closed when its request has gone on and waits for an instruction', async () => {
    const { requestId } = await plannedErasure(api);
    await move(api, requestId, 'awaiting_instruction');
    expect((await look(requestId)).body).toMatchObject({ status: 'awaiting_instruction', state: 'closed' });
  });

  it('is not there before it is planned, for another workspace, or without the scope', async () => {
    const { requestId } = await plannedErasure(api);
    const foreign = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    const reader = await api.makeKey({ scopes: ['requests:read'] });
    const team = await api.makeKey({ teamId: 'north' });
    for (const [key, status] of [
      [foreign.token, 404],
      [team.token, 404],
      [reader.token, 403],
    ] as const) {
      expect((await look(requestId, { key })).status).toBe(status);
      expect((await decisions(requestId, '', { key })).status).toBe(status);
    }
    await api.database.pool.query('DELETE FROM steward.decisions WHERE request_id = $1', [requestId]);
    await api.database.pool.query('DELETE FROM steward.erasures WHERE request_id = $1', [requestId]);
    expect((await look(requestId)).status).toBe(404);
  });

  it('says of what the person may be told neither numbers nor a hold in confidence', async () => {
    const hold = newHold();
    const { requestId } = await plannedErasure(api, [INVOICES, { ...CONTACTS, grounds: [hold] }]);
    const { body } = await look(requestId);
    expect(body['forSubject']).toEqual([
      {
        recordClass: 'billing_record',
        kept: true,
        statement: 'Some data of this class is kept under an exemption.',
        exemptions: ['GDPR Art. 17(3)(b)'],
        end: '2034-01-01T00:00:00.000Z',
      },
      expect.objectContaining({ recordClass: 'contact_record', kept: true, exemptions: [], end: 'open' }),
    ]);
    const other = await plannedErasure(api, [
      INVOICES,
      { ...CONTACTS, grounds: [{ ...laundering, needsPerson: true }] },
    ]);
    expect((await look(other.requestId)).body['forSubject']).toEqual(body['forSubject']);
  });
});

describe('the decisions of a review', () => {
  it('come with their grounds, on what these stand, and when they end', async () => {
    const { requestId } = await plannedErasure(api, [INVOICES]);
    const { body } = await decisions(requestId);
    expect(body.items).toMatchObject([
      {
        recordClass: 'billing_record',
        collection: 'crm.invoices',
        decision: 'pseudonymise',
        rows: 12,
        keeps: ['id', 'total'],
        ends: { first: '2034-01-01T00:00:00.000Z', last: '2034-01-01T00:00:00.000Z' },
        grounds: [
          {
            kind: 'rule',
            id: 'invoices-tax',
            version: 2,
            force: 'mandatory',
            exemption: 'GDPR Art. 17(3)(b)',
            basis: 'Invoices are kept.',
            source: '§ 14b(1) UStG',
            weight: 'keeps',
            overridableBy: 'nobody',
            until: '2034-01-01T00:00:00.000Z',
          },
        ],
        doubts: [],
        approvalsNeeded: 1,
        pending: true,
        words: [],
        samples: [],
      },
    ]);
  });

  it('come in pages that lose and repeat none, and can be narrowed', async () => {
    const many = Array.from({ length: 7 }, (_, n) => ({
      ...CONTACTS,
      recordClass: `class_${n % 3}`,
      collection: `crm.t${n}`,
    }));
    const { requestId } = await plannedErasure(api, [...many, INVOICES]);
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const { body } = await decisions(requestId, `?limit=3${cursor}`);
      seen.push(...body.items.map((item) => String(item['collection'])));
      if (body.next === null) break;
      cursor = `&cursor=${body.next}`;
    }
    expect(new Set(seen).size).toBe(8);
    expect(seen).toHaveLength(8);
    const narrowed = await decisions(requestId, '?decision=pseudonymise');
    expect(narrowed.body.items).toMatchObject([{ collection: 'crm.invoices' }]);
    expect((await decisions(requestId, '?recordClass=class_0')).body.items).toHaveLength(3);
    expect((await decisions(requestId, '?pending=false')).body.items).toEqual([]);
    expect((await decisions(requestId, '?cursor=nonsense')).status).toBe(422);
  });

  it('show the controller what is in the processor’s confidence as its legal duty, and the processor what it is', async () => {
    const hold = newHold({ party: 'processor', visibility: 'processor', purpose: 'fraud_prevention' });
    const { requestId } = await plannedErasure(api, [{ ...INVOICES, grounds: [invoices, hold, laundering] }]);
    const theirs = await decisions(requestId);
    expect(theirs.body.items).toMatchObject([
      {
        decision: 'retain',
        ends: { first: null, last: null },
        grounds: [{ id: 'invoices-tax' }, { kind: 'legal_duty', party: 'processor' }],
      },
    ]);
    expect(theirs.text).not.toContain(hold.holdId);
    expect(theirs.text).not.toMatch(/fraud|aml/);
    const own = await decisions(requestId, '', ours());
    expect(own.text).toContain(hold.holdId);
    expect(own.text).toContain('aml-screening');
  });
});

describe('decisions that several holds in confidence have made', () => {
  /** Those of the holds wait for nobody; the class wants a word on what its rule keeps, whoever holds it besides. */
  const heldBy = (...holds: readonly HoldGround[]) => ({ ...INVOICES, grounds: [invoices, ...holds] });
  const secret = () => newHold({ party: 'processor', visibility: 'processor' });

  async function severalHolds(approvals = 1) {
    const [one, two] = [secret(), secret()];
    return plannedErasure(api, [
      CONTACTS,
      { ...heldBy(one), rows: 3, approvals },
      { ...heldBy(two), rows: 4, approvals },
      { ...heldBy(one, two), rows: 5, approvals },
    ]);
  }

  it('are one to the controller, and so their number tells of no number of holds', async () => {
    const { requestId } = await severalHolds();
    const { body } = await decisions(requestId);
    expect(body.items).toMatchObject([
      { collection: 'crm.invoices', decision: 'retain', rows: 12, pending: true, ends: { first: null, last: null } },
      { collection: 'crm.contacts' },
    ]);
    expect((await look(requestId)).body).toMatchObject({
      pending: 2,
      classes: [{ recordClass: 'billing_record', retain: 12, decisions: 1, pending: 1 }, { decisions: 1 }],
    });
    const first = await decisions(requestId, '?limit=1');
    expect(first.body.items).toHaveLength(1);
    const rest = await decisions(requestId, `?limit=1&cursor=${String(first.body.next)}`);
    expect(rest.body).toMatchObject({ items: [{ collection: 'crm.contacts' }], next: null });
  });

  it('are told apart by the processor', async () => {
    const { requestId } = await severalHolds();
    expect((await decisions(requestId, '', ours())).body.items).toHaveLength(4);
    expect((await look(requestId, ours())).body).toMatchObject({ pending: 4 });
  });

  it('are approved all together, each of them, and counted as one', async () => {
    const planned = await severalHolds(2);
    expect((await approve(planned)).body).toMatchObject({ pending: 1, voices: [{ decisions: 2 }] });
    expect((await decisions(planned.requestId)).body.items).toMatchObject([
      { pending: true, approvalsNeeded: 2, words: [{ verdict: 'approve' }] },
      { pending: false },
    ]);
    expect((await approve(planned, { key: second })).body).toMatchObject({ state: 'approved', pending: 0 });
    const { rows } = await api.database.pool.query<{ words: string }>(
      `SELECT (SELECT count(*) FROM steward.decision_approvals a WHERE a.decision_id = d.id) AS words
         FROM steward.decisions d WHERE request_id = $1 ORDER BY 1`,
      [planned.requestId],
    );
    expect(rows.map(({ words }) => Number(words))).toEqual([1, 2, 2, 2]);
    const timeline = await api.call('GET', `/v1/requests/${planned.requestId}/timeline`);
    expect(timeline.body.items.slice(-2)).toMatchObject([
      { kind: 'erasure_approved', details: { decisions: 2 } },
      { kind: 'erasure_approved', details: { decisions: 1 } },
    ]);
    const { rows: audited } = await api.database.pool.query<{ decisions: number }>(
      `SELECT (details->>'decisions')::int AS decisions FROM steward.audit_events
        WHERE subject_id = $1 AND action = 'erasure.approved' ORDER BY seq`,
      [planned.requestId],
    );
    expect(audited.map((each) => each.decisions)).toEqual([2, 1]);
  });

  it('wait together while one of them does, as after a plan in which one is new', async () => {
    const [one, two] = [secret(), secret()];
    const first = await plannedErasure(api, [heldBy(one)]);
    await approve(first);
    const again = await plan(api, first, [heldBy(one), { ...heldBy(two), rows: 2 }]);
    expect((await decisions(first.requestId)).body.items).toMatchObject([{ rows: 14, pending: true, words: [] }]);
    expect((await approve(again)).body).toMatchObject({ state: 'approved' });
    expect((await decisions(first.requestId)).body.items).toMatchObject([{ pending: false, words: [{}] }]);
  });
});

describe('an approval', () => {
  it('is of every decision that waits, is told to the run, and stands in the timeline and in the audit log', async () => {
    const planned = await plannedErasure(api);
    const reply = await approve(planned, {}, { note: 'Seen with Zebedee Quill.' });
    expect(reply.status).toBe(202);
    expect(reply.body).toMatchObject({
      state: 'approved',
      pending: 0,
      peopleNeeded: 0,
      voices: [{ verdict: 'approve', decisions: 3 }],
    });
    expect(api.temporal.signals).toContain(`${planned.requestId} reviewed`);
    const timeline = await api.call('GET', `/v1/requests/${planned.requestId}/timeline`);
    expect(timeline.body.items.at(-1)).toMatchObject({
      kind: 'erasure_approved',
      details: { generation: 1, decisions: 3, needsAnother: false },
    });
    expect(timeline.text).not.toContain('Zebedee');
    const { rows } = await api.database.pool.query(
      `SELECT instruction_id, details::text FROM steward.audit_events WHERE subject_id = $1 AND action = 'erasure.approved'`,
      [planned.requestId],
    );
    expect(rows).toMatchObject([{ instruction_id: expect.any(String) }]);
    expect(JSON.stringify(rows)).not.toContain('Zebedee');
  });

  it('needs two different people where a decision says so: the same one again is refused, and changes nothing', async () => {
    const planned = await plannedErasure(api, [CONTACTS, { ...INVOICES, approvals: 2 }]);
    expect((await look(planned.requestId)).body['peopleNeeded']).toBe(2);
    expect((await approve(planned)).body).toMatchObject({ state: 'awaited', pending: 1, peopleNeeded: 1 });
    const before = await written(planned);
    const again = await approve(planned);
    expect([again.status, again.body['type']]).toEqual([409, '/docs/problems#conflict']);
    expect(await written(planned)).toEqual(before);
    expect((await approve(planned, { key: second })).body).toMatchObject({ state: 'approved', pending: 0 });
    expect((await decisions(planned.requestId)).body.items.map((item) => (item['words'] as unknown[]).length)).toEqual([
      2, 1,
    ]);
  });

  it('of two people at once counts both, and of one person at once counts one', async () => {
    const two = await plannedErasure(api, [{ ...CONTACTS, approvals: 2 }]);
    const both = await Promise.all([approve(two), approve(two, { key: second })]);
    expect(both.map(({ status }) => status)).toEqual([202, 202]);
    expect((await look(two.requestId)).body).toMatchObject({ state: 'approved' });
    const one = await plannedErasure(api, [{ ...CONTACTS, approvals: 2 }]);
    const twice = await Promise.all([approve(one), approve(one)]);
    expect(twice.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409]);
    expect((await look(one.requestId)).body).toMatchObject({ pending: 1, peopleNeeded: 1 });
  });

  it('by a rotated key is that of the same person', async () => {
    const planned = await plannedErasure(api, [{ ...CONTACTS, approvals: 2 }]);
    const first = await api.makeKey();
    await approve(planned, { key: first.token });
    const rotated = await api.call('POST', `/v1/api-keys/${first.id}/rotate`, { body: {} });
    expect((await approve(planned, { key: rotated.body.secret })).status).toBe(409);
  });

  it('of a plan that was made again since is refused, and asks about what is new alone', async () => {
    const first = await plannedErasure(api, [CONTACTS]);
    await approve(first);
    const again = await plan(api, first, [CONTACTS, NOTES]);
    const late = await approve(first);
    expect([late.status, late.body['detail']]).toEqual([409, expect.stringContaining('look again')]);
    expect((await look(first.requestId)).body).toMatchObject({ pending: 1, voices: [{ decisions: 1 }] });
    expect((await approve(again)).body).toMatchObject({ state: 'approved', voices: [{ decisions: 2 }] });
  });

  it.each([
    ['while it is planned', 'planning'],
    ['when erasing has begun', 'erasing'],
    ['when it was cancelled', 'cancelled'],
  ])('is refused %s', async (_when, status) => {
    const planned = await plannedErasure(api);
    await move(api, planned.requestId, status, status === 'cancelled' ? 'withdrawn' : null);
    const before = await written(planned);
    expect((await approve(planned)).status).toBe(409);
    expect((await reject(planned)).status).toBe(409);
    expect((await override(planned, { kind: 'keep', ground: 'leads-default' })).status).toBe(409);
    expect(await written(planned)).toEqual(before);
  });

  it('is refused when nothing waits for one', async () => {
    const planned = await plannedErasure(api, [{ ...CONTACTS, approvals: 0 }]);
    expect((await approve(planned)).status).toBe(409);
  });

  it('needs the scope', async () => {
    const planned = await plannedErasure(api);
    const { token: key } = await api.makeKey({ scopes: ['requests:read', 'requests:write'] });
    const before = await written(planned);
    const replies = [
      await approve(planned, { key }),
      await reject(planned, { key }),
      await override(planned, { kind: 'keep', ground: 'leads-default' }, { key }),
    ];
    for (const { status, body } of replies)
      expect([status, body['type']]).toEqual([403, '/docs/problems#missing-scope']);
    expect(await written(planned)).toEqual(before);
  });

  it('is the controller’s: the processor says it only under a standing instruction of the controller that it names', async () => {
    const planned = await plannedErasure(api);
    const before = await written(planned);
    for (const alone of [await approve(planned, ours()), await reject(planned, ours())])
      expect([alone.status, alone.body['type']]).toEqual([403, '/docs/problems#wrong-party']);
    const other = { id: await standing(['access']) };
    const wrong = await approve(planned, ours(), { instruction: other });
    expect([wrong.status, pointersOf(wrong)]).toEqual([422, ['/instruction/id']]);
    expect((await written(planned))[0]).toBe(before[0]);
    const id = await standing();
    expect((await approve(planned, ours(), { instruction: { id } })).status).toBe(202);
    const { rows } = await api.database.pool.query(
      'SELECT DISTINCT party, instruction_id FROM steward.decision_approvals WHERE request_id = $1',
      [planned.requestId],
    );
    expect(rows).toEqual([{ party: 'processor', instruction_id: id }]);
  });

  it('is not said twice by a repeat under the same idempotency key', async () => {
    const planned = await plannedErasure(api, [{ ...CONTACTS, approvals: 2 }]);
    const headers = { 'Idempotency-Key': 'approve-once' };
    for (let n = 0; n < 2; n += 1) expect((await approve(planned, { headers })).status).toBe(202);
    expect((await look(planned.requestId)).body).toMatchObject({ pending: 1 });
  });

  it.each([
    ['no generation', { generation: undefined }, '/generation'],
    ['a generation that is none', { generation: 0 }, '/generation'],
    ['a field that is not known', { all: true }, '/all'],
  ])('cannot have %s', async (_what, more, pointer) => {
    const reply = await approve(await plannedErasure(api), {}, more);
    expect([reply.status, pointersOf(reply)]).toEqual([422, [pointer]]);
  });
});

describe('a rejection', () => {
  it('is of the whole review, once, and takes back what the same person had approved', async () => {
    const planned = await plannedErasure(api, [CONTACTS, { ...INVOICES, approvals: 2 }]);
    await approve(planned);
    const reply = await reject(planned);
    expect(reply.status).toBe(202);
    expect(reply.body).toMatchObject({
      state: 'rejected',
      voices: [
        { verdict: 'approve', decisions: 1 },
        { verdict: 'reject', decisions: 1 },
      ],
    });
    expect((await approve(planned, { key: second })).status).toBe(409);
    expect((await reject(planned, { key: second })).status).toBe(409);
  });

  it('needs a reason', async () => {
    const reply = await reject(await plannedErasure(api), {}, { reason: ' ' });
    expect([reply.status, pointersOf(reply)]).toEqual([422, ['/reason']]);
  });
});

describe('an override', () => {
  it('that a business default stands is recorded with its reason, which cannot be read in the database', async () => {
    const planned = await plannedErasure(api);
    const reply = await override(planned, { kind: 'keep', ground: 'leads-default' });
    expect(reply.status).toBe(202);
    expect(reply.body).toMatchObject({
      state: 'stale',
      overrides: [
        {
          kind: 'keep',
          ground: 'leads-default',
          record: null,
          reason: 'A dispute with Zebedee Quill.',
          inRightOf: 'controller',
          withdrawnAt: null,
        },
      ],
    });
    expect(api.temporal.signals).toContain(`${planned.requestId} reviewed`);
    const { rows } = await api.database.pool.query(
      'SELECT sealed_reason FROM steward.erasure_overrides WHERE erasure_id = $1',
      [planned.erasureId],
    );
    expect(rows[0].sealed_reason.toString('latin1')).not.toContain('Zebedee');
    const told = await api.call('GET', `/v1/requests/${planned.requestId}/timeline`);
    expect(told.body.items.at(-1)).toMatchObject({ kind: 'override_added', details: { kind: 'keep' } });
    expect(told.text).not.toContain('Zebedee');
  });

  it('can keep one record', async () => {
    const planned = await plannedErasure(api);
    const record = { collection: 'crm.notes', key: { contact_id: 7, ordinal: 1 } };
    expect(overridesOf(await override(planned, { kind: 'keep', record }))).toMatchObject([
      { kind: 'keep', ground: null, record },
    ]);
    const same = await override(planned, { kind: 'keep', record: { ...record, key: { ordinal: 1, contact_id: 7 } } });
    expect(same.status).toBe(409);
    expect(
      (await override(planned, { kind: 'keep', record: { ...record, key: { contact_id: 7, ordinal: 2 } } })).status,
    ).toBe(202);
  });

  it('can be withdrawn, once or again, which stays in the review', async () => {
    const planned = await plannedErasure(api, [{ ...INVOICES, grounds: [openBalance] }]);
    const [made] = overridesOf(await override(planned, { kind: 'set_aside', ground: 'open_balance' }));
    expect((await override(planned, { kind: 'set_aside', ground: 'open_balance' })).status).toBe(409);
    for (let n = 0; n < 2; n += 1) expect((await withdraw(planned, made?.id)).status).toBe(204);
    expect(overridesOf(await look(planned.requestId))).toMatchObject([
      { withdrawnAt: expect.any(String), withdrawnBy: expect.any(String) },
    ]);
    expect((await override(planned, { kind: 'set_aside', ground: 'open_balance' })).status).toBe(202);
    expect((await withdraw(planned, '7f4df4ef-9d2c-4a71-b7b2-6a3f0f6f8a10')).status).toBe(404);
  });

  it('against a hold is refused, and changes nothing', async () => {
    const hold = newHold();
    const planned = await plannedErasure(api, [{ ...CONTACTS, grounds: [hold] }]);
    const before = await written(planned);
    for (const kind of ['set_aside', 'keep']) {
      const reply = await override(planned, { kind, ground: hold.holdId });
      expect([reply.status, reply.body['detail']]).toEqual([409, expect.stringContaining('release')]);
    }
    expect(await written(planned)).toEqual(before);
  });

  it('does not tell the controller that there is a ground in the processor’s confidence', async () => {
    const hold = newHold({ party: 'processor', visibility: 'processor' });
    const planned = await plannedErasure(api, [{ ...CONTACTS, grounds: [hold, laundering] }]);
    const unknown = await override(planned, { kind: 'set_aside', ground: 'nothing-of-this-name' });
    for (const ground of [hold.holdId, 'aml-screening']) {
      const reply = await override(planned, { kind: 'set_aside', ground });
      expect([reply.status, reply.body.errors]).toEqual([422, unknown.body.errors]);
    }
    const own = await override(planned, { kind: 'set_aside', ground: 'aml-screening' }, ours());
    expect(overridesOf(own)).toMatchObject([{ ground: 'aml-screening' }]);
    const shown = await look(planned.requestId);
    expect(shown.body['overrides']).toEqual([]);
    expect((await withdraw(planned, overridesOf(own)[0]?.id)).status).toBe(404);
  });

  it('of a rule that nobody may override is refused', async () => {
    const planned = await plannedErasure(api);
    const reply = await override(planned, { kind: 'set_aside', ground: 'invoices-tax' });
    expect(reply.status).toBe(409);
  });

  it('of the processor’s own rule is the processor’s, without a word of the controller’s', async () => {
    const told = { ...laundering, visibility: 'controller' as const };
    const planned = await plannedErasure(api, [{ ...CONTACTS, grounds: [told] }]);
    const theirs = await override(planned, { kind: 'set_aside', ground: 'aml-screening' });
    expect([theirs.status, theirs.body['type']]).toEqual([403, '/docs/problems#wrong-party']);
    const own = await override(planned, { kind: 'set_aside', ground: 'aml-screening' }, ours());
    expect(overridesOf(own)).toMatchObject([{ party: 'processor', inRightOf: 'processor' }]);
    expect((await withdraw(planned, overridesOf(own)[0]?.id)).status).toBe(403);
  });

  it('by the processor in the controller’s right needs a standing instruction, to make it and to withdraw it', async () => {
    const planned = await plannedErasure(api);
    const wish = { kind: 'keep', ground: 'leads-default' };
    expect((await override(planned, wish, ours())).status).toBe(403);
    const id = await standing();
    const made = await override(planned, { ...wish, instruction: { id } }, ours());
    expect(overridesOf(made)).toMatchObject([{ party: 'processor', inRightOf: 'controller', instruction: { id } }]);
    expect((await withdraw(planned, overridesOf(made)[0]?.id, ours())).status).toBe(403);
    expect((await withdraw(planned, overridesOf(made)[0]?.id, ours(), `?instructionId=${id}`)).status).toBe(204);
  });

  it.each([
    ['neither a ground nor a record', { kind: 'keep' }, '/ground'],
    [
      'both',
      { kind: 'keep', ground: 'leads-default', record: { collection: 'crm.contacts', key: { id: 1 } } },
      '/ground',
    ],
    [
      'a record that is set aside',
      { kind: 'set_aside', record: { collection: 'crm.contacts', key: { id: 1 } } },
      '/kind',
    ],
    [
      'a collection that the map lacks',
      { kind: 'keep', record: { collection: 'crm.none', key: { id: 1 } } },
      '/record/collection',
    ],
    ['half a key', { kind: 'keep', record: { collection: 'crm.notes', key: { contact_id: 1 } } }, '/record/key'],
    ['a ground that the review lacks', { kind: 'keep', ground: 'payments-ledger' }, '/ground'],
    ['that a rule stands which does so anyway', { kind: 'keep', ground: 'invoices-tax' }, '/ground'],
    ['no reason', { kind: 'keep', ground: 'leads-default', reason: ' ' }, '/reason'],
  ])('cannot say %s', async (_what, body, pointer) => {
    const planned = await plannedErasure(api);
    const before = await written(planned);
    const reply = await override(planned, body);
    expect([reply.status, pointersOf(reply)]).toEqual([422, [pointer]]);
    expect(reply.text).not.toContain('Zebedee');
    expect(await written(planned)).toEqual(before);
  });

  it('of a collection that this review is not about keeps nothing, and is refused', async () => {
    const planned = await plannedErasure(api, [NOTES]);
    const reply = await override(planned, { kind: 'keep', record: { collection: 'crm.contacts', key: { id: 1 } } });
    expect([reply.status, pointersOf(reply)]).toEqual([422, ['/record/collection']]);
  });
});

describe('another workspace', () => {
  it('can neither see nor decide anything of a review', async () => {
    const planned = await plannedErasure(api, [{ ...NOTES, grounds: [leads] }]);
    const [made] = overridesOf(await override(planned, { kind: 'keep', ground: 'leads-default' }));
    const { token: key } = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    const before = await written(planned);
    const replies = [
      await look(planned.requestId, { key }),
      await decisions(planned.requestId, '', { key }),
      await approve(planned, { key }),
      await reject(planned, { key }),
      await override(planned, { kind: 'keep', ground: 'leads-default' }, { key }),
      await withdraw(planned, made?.id, { key }),
    ];
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 404));
    expect(await written(planned)).toEqual(before);
    const own = await plannedErasure(api, [NOTES], key);
    expect((await withdraw(own, made?.id, { key })).status).toBe(404);
  });
});

describe('a delegate', () => {
  const set = (email: unknown, options = {}) =>
    api.call('POST', `/v1/workspaces/${api.workspaceId}/review-delegate`, { body: { email }, ...options });

  it('is named by the controller, is shown with the workspace, and can be nobody again', async () => {
    const reply = await set('stand-in@harbour.test');
    expect([reply.status, reply.body['reviewDelegateEmail']]).toEqual([200, 'stand-in@harbour.test']);
    const other = await api.call('GET', `/v1/workspaces/${api.otherWorkspaceId}`, { key: api.adminKey });
    expect(other.body['reviewDelegateEmail']).toBeNull();
    expect((await set(null)).body['reviewDelegateEmail']).toBeNull();
  });

  it('is not named by the processor, by a team, for another workspace, or by what is no address', async () => {
    expect((await set('x@y.test', { key: api.adminKey })).status).toBe(403);
    const team = await api.makeKey({ teamId: 'north' });
    expect((await set('x@y.test', { key: team.token })).status).toBe(404);
    const foreign = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    expect((await set('x@y.test', { key: foreign.token })).status).toBe(404);
    const reply = await set('nobody');
    expect([reply.status, pointersOf(reply)]).toEqual([422, ['/email']]);
  });
});
