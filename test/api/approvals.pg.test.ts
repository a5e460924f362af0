import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { move, pointersOf } from './filing.ts';
import { CONTACTS, INVOICES, NOTES, plan, plannedErasure } from './planned.ts';
import { reviewCalls } from './reviewing.ts';

let api: TestApi;
let second: string;
beforeAll(async () => {
  api = await openTestApi();
  second = (await api.makeKey()).token;
});
afterAll(() => api.close());

const { look, decisions, approve, reject, override, ours, standing, written } = reviewCalls(() => api);

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
