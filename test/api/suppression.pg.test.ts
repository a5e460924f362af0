import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTombstoneActivities } from '../../activities/tombstones.ts';
import { SCOPES } from '../../domain/parties.ts';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import { deleteEnded } from '../../platform/records/tombstones.ts';
import { collect } from '../support/collect.ts';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { ATTESTATION, ONE_OFF, accessRequest, pointersOf } from './filing.ts';

let api: TestApi;
let worker: Database;
/** Of the workspace whose controller has instructed the suppression. */
let instructionId: string;

beforeAll(async () => {
  api = await openTestApi();
  worker = openDatabase(api.deps.config.database.workerUrl);
  instructionId = await instruct();
});

afterAll(async () => {
  await worker.close();
  await api.close();
});

async function instruct(key: string = api.key, more: object = {}): Promise<string> {
  const body = { source: 'terms', requestTypes: ['reimport_suppression'], attestation: ATTESTATION, ...more };
  return (await api.call('POST', '/v1/instructions', { key, body })).body.id;
}

interface Erased {
  readonly workspaceId: string;
  readonly requestId: string;
  readonly email: string;
}

/** A person whose records were erased. */
async function erased(key: string = api.key, workspaceId: string = api.workspaceId): Promise<Erased> {
  const email = `${randomUUID()}@example.test`;
  const identities = [
    { type: 'email', value: email },
    { type: 'phone_number', value: '+49 30 901820' },
  ];
  const { body } = await api.call('POST', '/v1/requests', {
    key,
    body: accessRequest({ identities, instruction: ONE_OFF }),
  });
  await api.database.pool.query(
    `INSERT INTO steward.erasures (id, workspace_id, request_id, ordinal, erased_at) VALUES ($1, $2, $3, 1, now())`,
    [randomUUID(), workspaceId, body.id],
  );
  return { workspaceId, requestId: body.id, email };
}

function plant(ref: Erased): Promise<{ planted: number }> {
  const { backups, tombstones } = api.deps.config;
  return createTombstoneActivities({ db: worker, ring: api.deps.ring, backups, tombstones }).plantTombstones(ref);
}

const check = (identities: readonly object[], key: string = api.key) =>
  api.call('POST', '/v1/suppression/check', { key, body: { identities } });
const lift = (email: string, more: object = {}, options: object = {}) =>
  api.call('POST', '/v1/suppression/lift', {
    ...options,
    body: { identities: [{ type: 'email', value: email }], reason: 'They came back.', ...more },
  });
const email = (value: string) => ({ type: 'email', value });
const suppressed = async (value: string, key?: string) =>
  (await check([email(value)], key)).body.items[0]?.['suppressed'];
const tombstonesOf = async ({ requestId }: Erased) =>
  (
    await api.database.pool.query(
      `SELECT purpose, instruction_id AS instruction, round(extract(epoch FROM t.expires_at - e.erased_at) / 86400)::int AS days
         FROM steward.tombstones t JOIN steward.erasures e ON e.id = t.erasure_id WHERE e.request_id = $1 ORDER BY purpose`,
      [requestId],
    )
  ).rows;

describe('the tombstones of an erasure', () => {
  it('are planted once, for each purpose with its end, and of no identifier that people share', async () => {
    const person = await erased();
    expect(await plant(person)).toEqual({ planted: 2 });
    expect(await plant(person)).toEqual({ planted: 2 });
    expect(await tombstonesOf(person)).toEqual([
      { purpose: 'reimport_suppression', instruction: instructionId, days: 1095 },
      { purpose: 'restore_replay', instruction: null, days: 35 },
    ]);
    const { rows } = await api.database.pool.query(
      `SELECT details FROM steward.audit_events WHERE action = 'tombstones.planted'
         AND subject_id = (SELECT id::text FROM steward.erasures WHERE request_id = $1)`,
      [person.requestId],
    );
    expect(rows).toEqual([{ details: { restoreReplay: 1, reimportSuppression: 1 } }]);
  });

  it('suppress no re-import where the controller has not instructed it', async () => {
    const { token } = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    const person = await erased(token, api.otherWorkspaceId);
    expect(await plant(person)).toEqual({ planted: 1 });
    expect(await tombstonesOf(person)).toEqual([{ purpose: 'restore_replay', instruction: null, days: 35 }]);
    expect(await suppressed(person.email, token)).toBe(false);
  });

  it('last longer when the person is erased again, and are of the new erasure then', async () => {
    const person = await erased();
    await plant(person);
    await api.database.pool.query('UPDATE steward.erasures SET closed_at = now() WHERE request_id = $1', [
      person.requestId,
    ]);
    await api.database.pool.query(
      `INSERT INTO steward.erasures (id, workspace_id, request_id, ordinal, erased_at) VALUES ($1, $2, $3, 2, now() + interval '10 days')`,
      [randomUUID(), person.workspaceId, person.requestId],
    );
    await lift(person.email);
    expect(await suppressed(person.email)).toBe(false);
    expect(await plant(person)).toEqual({ planted: 2 });
    expect(await suppressed(person.email)).toBe(true);
    expect((await tombstonesOf(person)).map(({ days }) => days)).toEqual([1095, 35]);
  });

  it('cannot be left for a request without an erasure', async () => {
    const { body } = await api.call('POST', '/v1/requests', { body: accessRequest({ instruction: ONE_OFF }) });
    const ref = { workspaceId: api.workspaceId, requestId: body.id, email: '' };
    await expect(plant(ref)).rejects.toThrow(/has no erasure/);
  });
});

describe('a check before an import', () => {
  it('knows an erased person in any writing of an identifier, and answers in the order of the questions', async () => {
    const person = await erased();
    await plant(person);
    const { status, body } = await check([
      email(`someone-${randomUUID()}@example.test`),
      email(person.email.toUpperCase().replace('@', '+shop@')),
      { type: 'phone_number', value: '+49 30 901820' },
      { type: 'external_id', value: person.email },
    ]);
    expect(status).toBe(200);
    expect(body.items.map((item) => item['suppressed'])).toEqual([false, true, false, false]);
  });

  it("knows nothing of another workspace's people", async () => {
    const person = await erased();
    await plant(person);
    const { token } = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    expect(await suppressed(person.email, token)).toBe(false);
    expect(await suppressed(person.email)).toBe(true);
  });

  it('is limited in how often it can be made', async () => {
    const { headers } = await check([email('a@example.test')]);
    expect(headers.get('ratelimit-policy')).toContain('q=300; w=60');
  });

  it('leaves no identifier in the log or in the database', async () => {
    const value = `asked-${randomUUID()}@example.test`;
    await check([email(value)]);
    expect(api.log.join('\n')).not.toContain(value);
    const { rows } = await api.database.pool.query(`SELECT count(*)::int AS n FROM steward.tombstones t
      WHERE t::text LIKE '%example.test%'`);
    expect(rows).toEqual([{ n: 0 }]);
  });

  it('is refused without the scope, and points at what it cannot ask by', async () => {
    const { token } = await api.makeKey({ scopes: SCOPES.filter((scope) => scope === 'requests:read') });
    expect((await check([email('a@example.test')], token)).status).toBe(403);
    const reply = await check([email('a@example.test'), email('no address'), { type: 'passport', value: '1' }]);
    expect([reply.status, pointersOf(reply)]).toEqual([422, ['/identities/1/value', '/identities/2/type']]);
    expect((await check([])).status).toBe(422);
    expect((await check(Array.from({ length: 1001 }, () => email('a@example.test')))).status).toBe(422);
    expect((await check(Array.from({ length: 1000 }, () => email('a@example.test')))).status).toBe(200);
  });

  it('answers no longer by a suppression whose time is over or whose instruction ended', async () => {
    const person = await erased();
    await plant(person);
    await api.database.pool.query('UPDATE steward.instructions SET revoked_at = now() WHERE id = $1', [instructionId]);
    expect(await suppressed(person.email)).toBe(false);
    await api.database.pool.query('UPDATE steward.instructions SET revoked_at = NULL WHERE id = $1', [instructionId]);
    expect(await suppressed(person.email)).toBe(true);
    await api.database.pool.query(
      `UPDATE steward.tombstones SET expires_at = now() WHERE erasure_id IN (SELECT id FROM steward.erasures WHERE request_id = $1)`,
      [person.requestId],
    );
    expect(await suppressed(person.email)).toBe(false);
  });
});

describe('a suppression', () => {
  it('is lifted by the controller, with the reason beside the audit log, and a repeated planting leaves it lifted', async () => {
    const person = await erased();
    await plant(person);
    expect((await lift(person.email)).status).toBe(200);
    expect(await suppressed(person.email)).toBe(false);
    expect(await plant(person)).toEqual({ planted: 2 });
    expect(await suppressed(person.email)).toBe(false);
    expect((await lift(person.email)).status).toBe(404);
    const { rows } = await api.database.pool.query(
      `SELECT e.instruction_id, e.details, n.note FROM steward.audit_events e JOIN steward.audit_notes n USING (workspace_id, seq)
        WHERE e.action = 'suppression.lifted' ORDER BY seq DESC LIMIT 1`,
    );
    expect(rows).toEqual([{ instruction_id: instructionId, details: { tombstones: 1 }, note: 'They came back.' }]);
  });

  it('is lifted by the processor under a standing instruction that it names, and not without', async () => {
    const person = await erased();
    await plant(person);
    const asProcessor = { key: api.adminKey, headers: { 'Steward-Workspace': api.workspaceId } };
    const refused = await lift(person.email, {}, asProcessor);
    expect([refused.status, refused.body['type']]).toEqual([403, expect.stringContaining('wrong-party')]);
    const other = await instruct(api.key, { requestTypes: ['erasure'] });
    const unfit = await lift(person.email, { instruction: { id: other } }, asProcessor);
    expect([unfit.status, pointersOf(unfit)]).toEqual([422, ['/instruction/id']]);
    expect(await suppressed(person.email)).toBe(true);
    expect((await lift(person.email, { instruction: { id: instructionId } }, asProcessor)).status).toBe(200);
    expect(await suppressed(person.email)).toBe(false);
  });

  it("cannot be lifted from another workspace, or without a reviewer's scope", async () => {
    const person = await erased();
    await plant(person);
    const { token } = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    expect((await lift(person.email, {}, { key: token })).status).toBe(404);
    const { token: importer } = await api.makeKey({ scopes: ['suppression:check'] });
    expect((await lift(person.email, {}, { key: importer })).status).toBe(403);
    expect(await suppressed(person.email)).toBe(true);
  });
});

describe('the daily sweep', () => {
  it('deletes what has ended in every workspace, and nothing else', async () => {
    const { token } = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    const [standing, lifted, expired] = [await erased(), await erased(), await erased(token, api.otherWorkspaceId)];
    for (const person of [standing, lifted, expired]) await plant(person);
    await lift(lifted.email);
    await api.database.pool.query(
      `UPDATE steward.tombstones SET expires_at = now() WHERE erasure_id IN (SELECT id FROM steward.erasures WHERE request_id = $1)`,
      [expired.requestId],
    );
    await collect(deleteEnded(worker));
    const purposes = async (person: Erased) => (await tombstonesOf(person)).map(({ purpose }) => purpose);
    expect(await purposes(standing)).toEqual(['reimport_suppression', 'restore_replay']);
    expect(await purposes(lifted)).toEqual(['restore_replay']);
    expect(await purposes(expired)).toEqual([]);
    await api.database.pool.query('UPDATE steward.instructions SET revoked_at = now() WHERE id = $1', [instructionId]);
    await collect(deleteEnded(worker));
    expect(await purposes(standing)).toEqual(['restore_replay']);
  });
});
