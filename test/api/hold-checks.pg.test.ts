import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { pointersOf } from './filing.ts';
import { newHold } from './hold-bodies.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());
beforeEach(() =>
  api.database.pool.query(
    `UPDATE steward.holds SET state = 'released', released_at = now(), released_by = (SELECT id FROM steward.principals
       WHERE id <> created_by LIMIT 1) WHERE state <> 'released'`,
  ),
);

const check = (items: readonly unknown[]) => api.call('POST', '/v1/holds/check', { body: { items } });
const answersTo = async (...items: readonly object[]): Promise<readonly unknown[]> =>
  (await check(items)).body.items.map(({ answer }) => answer);
async function place(scope: object): Promise<string> {
  const { status, body } = await api.call('POST', '/v1/holds', { body: newHold({ scope }) });
  expect(status).toBe(202);
  return body.id;
}

const contact = (id: number, more = {}) => ({ collection: 'crm.contacts', key: { id }, ...more });
const email = (value: string) => ({ type: 'email', value });
const phone = { type: 'phone_number', value: '+49 30 901820' };

describe('the check of holds', () => {
  it('says that nothing is held where there is no hold', async () => {
    const asked = [contact(1), { identities: [email('ada@example.com')] }];
    expect(await answersTo(...asked)).toEqual(['not_held', 'not_held']);
  });

  it('answers by record and by class, and names the holds with their matter', async () => {
    const one = await place({ records: [contact(1)] });
    const notes = await place({ classes: ['note_record'] });
    const note = { collection: 'crm.notes', key: { contact_id: 1, ordinal: 1 } };
    const { body } = await check([contact(1), contact(2), note, { collection: 'crm.settings', key: { id: 1 } }]);
    expect(body.items).toEqual([
      { answer: 'held', holds: [one], legalDuty: false },
      { answer: 'not_held', holds: [], legalDuty: false },
      { answer: 'held', holds: [notes], legalDuty: false },
      { answer: 'not_held', holds: [], legalDuty: false },
    ]);
    expect(body['holds']).toMatchObject([{ id: one, matter: expect.stringContaining('Nightjar') }, { id: notes }]);
  });

  it('finds a held person by any way of writing the identifier', async () => {
    await place({ subject: [email('ada@example.com'), phone] });
    const known = [email('Ada+shop@Example.com')];
    expect(await answersTo({ identities: known })).toEqual(['held']);
    expect(await answersTo({ identities: [email('bob@example.com')] })).toEqual(['unknown']);
    expect(await answersTo({ identities: [email('bob@example.com'), { ...phone, value: '+49 30 5550' }] })).toEqual([
      'not_held',
    ]);
    expect(await answersTo(contact(5), contact(5, { identities: known }))).toEqual(['unknown', 'held']);
    expect(await answersTo({ collection: 'crm.settings', key: { id: 1 } })).toEqual(['not_held']);
  });

  it('does not know what a range of dates covers', async () => {
    await place({ dates: { to: '2024-12-31' } });
    expect(await answersTo(contact(1))).toEqual(['unknown']);
  });

  it('knows a hold from the moment at which it is placed until it is released', async () => {
    const id = await place({ workspace: true });
    expect(await answersTo(contact(1))).toEqual(['held']);
    const { token: key } = await api.makeKey();
    await api.call('POST', `/v1/holds/${id}/release`, { key, body: { reason: 'Over.' } });
    expect(await answersTo(contact(1))).toEqual(['not_held']);
  });

  it('takes a thousand at a time, and no more', async () => {
    await place({ subject: [email('ada@example.com')] });
    await place({ records: Array.from({ length: 1000 }, (_, id) => contact(10_000 + id)) });
    const many = Array.from({ length: 1000 }, (_, id) =>
      id % 2 === 0 ? contact(id) : { identities: [email(`${randomUUID()}@example.com`)] },
    );
    const { status, body } = await check([...many.slice(0, -1), { identities: [email('ada@example.com')] }]);
    expect(status).toBe(200);
    expect(body.items).toHaveLength(1000);
    expect(body.items.at(-1)).toMatchObject({ answer: 'held' });
    expect(pointersOf(await check([...many, contact(1)]))).toEqual(['/items']);
  });

  it.each([
    ['nothing', [], ['/items']],
    ['an item that is empty', [{}], ['/items/0/identities']],
    ['a collection that is not there', [{ collection: 'crm.x', key: { id: 1 } }], ['/items/0/collection']],
    ['a key that is not whole', [contact(1), { collection: 'crm.notes', key: { ordinal: 1 } }], ['/items/1/key']],
    ['an identity that is none', [{ identities: [email('x')] }], ['/items/0/identities/0/value']],
  ])('with %s gets 422 and a pointer to it', async (_what, items, pointers) => {
    const reply = await check(items);
    expect([reply.status, pointersOf(reply)]).toEqual([422, pointers]);
  });
});
