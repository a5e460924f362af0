import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launderingRule, leadsRule, openBalance, taxRule } from '../domain/retention/grounds-fixture.ts';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { move, pointersOf } from './filing.ts';
import { CONTACTS, INVOICES, NOTES, newHold, plan, plannedErasure } from './planned.ts';
import { overridesOf, reviewCalls } from './reviewing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const { look, decisions, approve, reject, override, withdraw, ours, written } = reviewCalls(() => api);

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
        end: '2035-01-01T00:00:00.000Z',
      },
      expect.objectContaining({ recordClass: 'contact_record', kept: true, exemptions: [], end: 'open' }),
    ]);
    const other = await plannedErasure(api, [
      INVOICES,
      { ...CONTACTS, grounds: [{ ...launderingRule, needsPerson: true }] },
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
        keeps: ['number', 'total'],
        ends: { first: '2035-01-01T00:00:00.000Z', last: '2035-01-01T00:00:00.000Z' },
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
            until: '2035-01-01T00:00:00.000Z',
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

  it('say on what an exception stands, as it was when the decision was made', async () => {
    const { requestId } = await plannedErasure(api, [{ ...INVOICES, grounds: [openBalance] }]);
    const [decision] = (await decisions(requestId)).body.items;
    const { basis, source, exemption } = openBalance;
    expect(decision?.['grounds']).toEqual([
      expect.objectContaining({ kind: 'exception', id: 'open_balance', basis, source, exemption }),
    ]);
    expect(decision?.['grounds']).not.toEqual([expect.objectContaining({ authority: expect.anything() })]);
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
    const { requestId } = await plannedErasure(api, [{ ...INVOICES, grounds: [taxRule, hold, launderingRule] }]);
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

describe('another workspace', () => {
  it('can neither see nor decide anything of a review', async () => {
    const planned = await plannedErasure(api, [{ ...NOTES, grounds: [leadsRule] }]);
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
