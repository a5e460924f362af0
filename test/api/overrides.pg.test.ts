import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launderingRule, openBalance } from '../domain/retention/grounds-fixture.ts';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { pointersOf } from './filing.ts';
import { CONTACTS, INVOICES, NOTES, newHold, plannedErasure } from './planned.ts';
import { overridesOf, reviewCalls } from './reviewing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const { look, override, withdraw, ours, standing, written } = reviewCalls(() => api);

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
    const planned = await plannedErasure(api, [{ ...CONTACTS, grounds: [hold, launderingRule] }]);
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
    const told = { ...launderingRule, visibility: 'controller' as const };
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
