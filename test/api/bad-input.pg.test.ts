import { generateHybridIdentity, generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { accessRequest, pointersOf } from './filing.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const file = (body: unknown, key = api.key) => api.call('POST', '/v1/requests', { key, body });

describe('a body that is wrong', () => {
  it.each([
    ['an unknown type', { type: 'nonsense' }, ['/type']],
    ['an unknown regime', { regime: 'hammurabi' }, ['/regime']],
    ['no identities', { identities: [] }, ['/identities']],
    [
      'too many identities',
      { identities: Array.from({ length: 21 }, () => ({ type: 'email', value: 'a@b.test' })) },
      ['/identities'],
    ],
    ['an unknown type of identity', { identities: [{ type: 'shoe_size', value: '43' }] }, ['/identities/0/type']],
    [
      'a value that is not of its type',
      {
        identities: [
          { type: 'email', value: 'x' },
          { type: 'phone_number', value: '12' },
        ],
      },
      ['/identities/0/value', '/identities/1/value'],
    ],
    ['a date without an offset', { receivedByControllerAt: '2026-11-20T10:00:00' }, ['/receivedByControllerAt']],
    [
      'a date ahead',
      { receivedByControllerAt: new Date(Date.now() + 600_000).toISOString() },
      ['/receivedByControllerAt'],
    ],
    ['a date long past', { receivedByControllerAt: '2006-11-20T10:00:00Z' }, ['/receivedByControllerAt']],
    ['a field that does not exist', { colour: 'red' }, ['/colour']],
    ['a recipient that is no age key', { ageRecipient: `age1${'q'.repeat(58)}` }, ['/ageRecipient']],
    ['a half instruction', { instruction: { source: 'terms' } }, ['/instruction/attestation']],
    [
      'an instruction that does not exist',
      { instruction: { id: '7f4df4ef-9d2c-4a71-b7b2-6a3f0f6f8a10' } },
      ['/instruction/id'],
    ],
    ['a NUL character', { note: 'a\u0000b' }, ['/note']],
  ])('with %s gets 422 and a pointer to it', async (_what, more, pointers) => {
    const reply = await file(accessRequest(more));
    expect(reply.status).toBe(422);
    expect(pointersOf(reply)).toEqual(pointers);
  });

  it('with several wrong fields gets a pointer to each', async () => {
    expect(pointersOf(await file({})).toSorted()).toEqual([
      '/identities',
      '/receivedByControllerAt',
      '/regime',
      '/type',
    ]);
    expect(pointersOf(await file('3'))).toEqual(['']);
    expect(pointersOf(await api.call('POST', '/v1/requests'))).toEqual(['']);
  });

  it.each(['rectification', 'restriction', 'objection'])(
    'asking for %s is told that this version does not offer it',
    async (type) => {
      const { status, body } = await file(accessRequest({ type }));
      expect(status).toBe(422);
      expect(body.errors).toEqual([
        {
          pointer: '/type',
          detail:
            'Requests of this type are not offered by this version, which carries out: access, portability, erasure.',
        },
      ]);
    },
  );

  it('that is no JSON gets 400, of another type 415, and too large 413', async () => {
    expect((await file('{"type":')).status).toBe(400);
    const headers = { 'content-type': 'text/plain' };
    expect((await api.call('POST', '/v1/requests', { body: '{}', headers })).status).toBe(415);
    const reply = await file(accessRequest({ note: 'x'.repeat(300_000) }));
    expect(reply.status).toBe(413);
    expect(reply.body['type']).toBe('/docs/problems#body-too-large');
  });

  it('makes nothing', async () => {
    const count = async () => (await api.database.pool.query('SELECT count(*) FROM steward.requests')).rows[0].count;
    const before = await count();
    await file(accessRequest({ instruction: { id: '7f4df4ef-9d2c-4a71-b7b2-6a3f0f6f8a10' } }));
    expect(await count()).toBe(before);
  });
});

describe('the key that downloads are to be encrypted to', () => {
  it.each([
    ['X25519', generateIdentity],
    ['post-quantum', generateHybridIdentity],
  ])('can be a recipient of the kind %s', async (_kind, generate) => {
    const ageRecipient = await identityToRecipient(await generate());
    expect((await file(accessRequest({ ageRecipient }))).status).toBe(202);
  });
});
