import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { ATTESTATION, ONE_OFF, accessRequest, move, pointersOf } from './filing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const file = (body: unknown, key = api.key) => api.call('POST', '/v1/requests', { key, body });

describe('a request that is cancelled', () => {
  it('tells its run once, however often it is asked', async () => {
    const { body } = await file(accessRequest());
    for (let n = 0; n < 2; n += 1) {
      expect(
        (await api.call('POST', `/v1/requests/${body.id}/cancel`, { body: { reason: 'Withdrawn.' } })).status,
      ).toBe(202);
    }
    expect((await api.call('POST', `/v1/requests/${body.id}/cancel`)).status).toBe(202);
    expect(api.temporal.signals.filter((signal) => signal.startsWith(body.id))).toEqual([`${body.id} cancelRequested`]);
  });

  it('cannot be when it has ended', async () => {
    const { body } = await file(accessRequest());
    await move(api, body.id, 'cancelled', 'withdrawn');
    const reply = await api.call('POST', `/v1/requests/${body.id}/cancel`);
    expect(reply.status).toBe(409);
    expect(reply.body['type']).toBe('/docs/problems#conflict');
  });
});

describe('an instruction that is given later', () => {
  const instruct = (id: string, body: unknown) => api.call('POST', `/v1/requests/${id}/instruction`, { body });

  it('is bound to the request and told to its run', async () => {
    const { body } = await file(accessRequest());
    await move(api, body.id, 'awaiting_instruction');
    const reply = await instruct(body.id, ONE_OFF);
    expect(reply.status).toBe(202);
    expect(reply.body).toMatchObject({ instruction: { version: 1 } });
    expect(api.temporal.signals).toContain(`${body.id} instructionGiven`);
  });

  it('can come before the request waits, as long as it has none', async () => {
    const { body } = await file(accessRequest());
    expect((await instruct(body.id, ONE_OFF)).status).toBe(202);
    expect((await instruct(body.id, ONE_OFF)).status).toBe(409);
  });

  it('is refused when the request does not wait for one', async () => {
    const { body } = await file(accessRequest());
    await move(api, body.id, 'packaging');
    expect((await instruct(body.id, ONE_OFF)).status).toBe(409);
  });

  it('is recorded once under one idempotency key', async () => {
    const { body } = await file(accessRequest());
    const headers = { 'Idempotency-Key': 'the-only-one' };
    const replies = [];
    for (let n = 0; n < 2; n += 1)
      replies.push(await api.call('POST', `/v1/requests/${body.id}/instruction`, { body: ONE_OFF, headers }));
    expect(replies.map(({ status }) => status)).toEqual([202, 202]);
    expect(replies[0]?.body['instruction']).toEqual(replies[1]?.body['instruction']);
  });
});

describe('an instruction of the register', () => {
  const record = async (more = {}, key = api.key) =>
    (
      await api.call('POST', '/v1/instructions', {
        key,
        body: { source: 'terms', requestTypes: ['access'], attestation: ATTESTATION, ...more },
      })
    ).body;
  const use = (id: unknown) => file(accessRequest({ instruction: { id } }));

  it('is listed, shown, and used by requests again and again', async () => {
    const { id } = await record();
    expect((await api.call('GET', '/v1/instructions')).body.items.map((item) => item.id)).toContain(id);
    expect((await api.call('GET', `/v1/instructions/${id}`)).body).toMatchObject({
      id,
      version: 1,
      standing: true,
      attestation: ATTESTATION,
    });
    for (let n = 0; n < 2; n += 1) expect((await use(id)).body['instruction']).toEqual({ id, version: 1 });
  });

  it.each([
    [
      'of another workspace',
      async () => (await record({}, (await api.makeKey({ workspaceId: api.otherWorkspaceId })).token)).id,
    ],
    [
      'that is not in force yet',
      async () => (await record({ validFrom: new Date(Date.now() + 60_000).toISOString() })).id,
    ],
    ['that does not cover the type', async () => (await record({ requestTypes: ['erasure'] })).id],
    [
      'that is no longer in force',
      async () => (await record({ validFrom: '2026-01-01T00:00:00Z', validUntil: '2026-01-02T00:00:00Z' })).id,
    ],
    [
      'that was revoked',
      async () => {
        const { id } = await record();
        await api.database.pool.query('UPDATE steward.instructions SET revoked_at = now() WHERE id = $1', [id]);
        return id;
      },
    ],
    [
      'that was for one other request',
      async () => {
        const { body } = await file(accessRequest({ instruction: ONE_OFF }));
        const { rows } = await api.database.pool.query('SELECT instruction_id FROM steward.requests WHERE id = $1', [
          body.id,
        ]);
        return rows[0].instruction_id;
      },
    ],
  ])('%s cannot be used', async (_which, make) => {
    const reply = await use(await make());
    expect(reply.status).toBe(422);
    expect(pointersOf(reply)).toEqual(['/instruction/id']);
  });

  it('ends after it begins', async () => {
    const body = {
      source: 'terms',
      requestTypes: ['access'],
      attestation: ATTESTATION,
      validUntil: '2026-01-01T00:00:00Z',
    };
    expect(pointersOf(await api.call('POST', '/v1/instructions', { body }))).toEqual(['/validUntil']);
  });
});
