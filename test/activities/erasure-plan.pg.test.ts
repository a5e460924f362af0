import { randomUUID } from 'node:crypto';
import type { Context } from '@temporalio/activity';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { planErasure } from '../../activities/erasure-plan.ts';
import { FailureInterceptor } from '../../activities/failures.ts';
import { activateSchedule } from '../../activities/erasing/schedule-in-force.ts';
import { Conflict, FenceRaised, InvalidSchedule } from '../../domain/errors.ts';
import { raiseFence } from '../../platform/erasure/fence.ts';
import { sourceSchema } from '../../platform/erasure/source-schema.ts';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import { createLogger } from '../../platform/telemetry/logger.ts';
import { openSources } from '../../platform/sources.ts';
import type { Sources } from '../../platform/sources.ts';
import { openTestApi } from '../api/api-fixture.ts';
import type { TestApi } from '../api/api-fixture.ts';
import { ONE_OFF, accessRequest, move } from '../api/filing.ts';
import { collection, email, field, key, mapOf, refers } from '../data-map/fixtures.ts';
import { inRole, testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

const map = mapOf(
  collection('contacts', [key('id'), field('workspace_id'), email(), field('made_at')], {
    record_class: 'person',
    dated: 'made_at',
  }),
  collection(
    'bills',
    [key('id'), field('workspace_id'), refers('contact_id', 'contacts.id', 'from'), field('issued_at')],
    {
      record_class: 'bill',
    },
  ),
  collection('notes', [key('id'), field('workspace_id'), refers('contact_id', 'contacts.id', 'from'), field('body')], {
    record_class: 'note',
  }),
);

const authority = { basis: 'A basis.', source: 'A source.', purpose: 'tax', requirement: 'billing' };
const BILLS = {
  ...authority,
  id: 'bills-tax',
  record_class: 'bill',
  force: 'mandatory',
  exemption: 'GDPR Art. 17(3)(b)',
  keep: { length: 'P8Y', event: { column: 'issued_at' } },
};
const NOTES = {
  ...authority,
  id: 'notes-default',
  record_class: 'note',
  purpose: 'legitimate_business',
  requirement: 'transaction_retention',
  force: 'business_default',
  keep: { length: 'P90Y', event: { column: 'made_at', through: 'crm.contacts' } },
};

let api: TestApi;
let source: TestDatabase;
let worker: Database;
let sources: Sources;
beforeAll(async () => {
  api = await openTestApi();
  source = await testDatabase();
  await source.pool.query(`
    CREATE TABLE contacts (id int PRIMARY KEY, workspace_id text NOT NULL, email text, made_at timestamptz);
    CREATE TABLE bills (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int REFERENCES contacts, issued_at date);
    CREATE TABLE notes (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int REFERENCES contacts, body text);`);
  await source.pool.query(sourceSchema('postgres'));
  worker = openDatabase(api.deps.config.database.workerUrl);
  sources = openSources([{ name: 'crm', kind: 'postgres', url: source.url, eraseUrl: source.url }]);
  await api.database.pool.query(
    `INSERT INTO steward.workspace_sources (workspace_id, source, tenant_key) VALUES ($1, 'crm', 'harbour')
       ON CONFLICT (workspace_id, source) DO UPDATE SET tenant_key = 'harbour'`,
    [api.workspaceId],
  );
});
afterEach(async () => {
  await source.pool.query('TRUNCATE contacts, bills, notes');
  await api.database.pool.query('DELETE FROM steward.hold_journal; DELETE FROM steward.holds');
});
afterAll(async () => {
  await sources.close();
  await worker.close();
  await api.close();
  await source.drop();
});

const control = { signal: new AbortController().signal, beat: () => () => undefined };
const deps = () => ({ db: worker, ring: api.deps.ring, map, sources });
const refOf = (requestId: string) => ({ workspaceId: api.workspaceId, requestId });
const plan = (requestId: string, more: object = {}) => planErasure({ ...deps(), ...more }, refOf(requestId), control);

async function activate(classes: object = { person: {}, bill: {}, note: {} }): Promise<void> {
  const owner = openDatabase(inRole(api.database.url, 'steward_owner'));
  const text = JSON.stringify({ schedule: { name: 'A test', classes, rules: [BILLS, NOTES] } });
  await activateSchedule(owner, { name: 'test.yml', text }, map, 'a test');
  await owner.close();
}

/** A request for the erasure of somebody with a contact, two notes, and a bill that is kept. */
async function filed(notes = 2): Promise<string> {
  await activate();
  const address = `${randomUUID()}@example.test`;
  const { body } = await api.call('POST', '/v1/requests', {
    body: accessRequest({ instruction: ONE_OFF, identities: [{ type: 'email', value: address }] }),
  });
  await api.database.pool.query(`UPDATE steward.requests SET type = 'erasure' WHERE id = $1`, [body.id]);
  await move(api, body.id, 'gathering');
  await source.pool.query(`INSERT INTO contacts VALUES (1, 'harbour', $1, now()), (2, 'elsewhere', $1, now())`, [
    address,
  ]);
  await source.pool.query(
    `INSERT INTO bills VALUES (1, 'harbour', 1, current_date), (2, 'elsewhere', 2, current_date)`,
  );
  await addNotes(1, notes);
  return body.id;
}

const addNotes = (from: number, to: number) =>
  source.pool.query(`INSERT INTO notes SELECT n, 'harbour', 1, 'A note' FROM generate_series($1::int, $2::int) n`, [
    from,
    to,
  ]);

interface Decided {
  readonly collection: string;
  readonly decision: string;
  readonly rows: number;
  readonly approvals: number;
  readonly voices: number;
}

async function decisions(requestId: string): Promise<readonly Decided[]> {
  const { rows } = await api.database.pool.query<Decided>(
    `SELECT replace(d.collection, 'crm.', '') AS collection, d.decision, d.rows::int, d.approvals_needed AS approvals,
            (SELECT count(*)::int FROM steward.decision_approvals a WHERE a.decision_id = d.id AND a.voided_at IS NULL) AS voices
       FROM steward.decisions d JOIN steward.erasures e ON e.id = d.erasure_id AND e.generation = d.generation
      WHERE d.request_id = $1 ORDER BY d.collection, d.combination`,
    [requestId],
  );
  return rows;
}

async function approve(requestId: string, generation: number): Promise<void> {
  await move(api, requestId, 'awaiting_approval');
  const { status } = await api.call('POST', `/v1/requests/${requestId}/review/approve`, { body: { generation } });
  expect(status).toBeLessThan(300);
}

async function placeHold(scope: object): Promise<void> {
  await api.database.pool.query(
    `INSERT INTO steward.holds (id, workspace_id, party, visibility, matter, authority, purpose, scope, state, created_by)
     SELECT gen_random_uuid(), $1, 'controller', 'controller', 'Matter', 'A court', 'legal', $2, 'pending', id
       FROM steward.principals WHERE workspace_id = $1 LIMIT 1`,
    [api.workspaceId, JSON.stringify(scope)],
  );
}

describe('the plan of an erasure', () => {
  it('decides on every record of the person in the workspace, and on nobody else’s', async () => {
    const id = await filed();
    expect(await plan(id)).toMatchObject({ generation: 1, erase: 2, pseudonymise: 1, retain: 1, pending: 2 });
    expect(await decisions(id)).toEqual([
      { collection: 'bills', decision: 'retain', rows: 1, approvals: 0, voices: 0 },
      // The bill refers to it.
      { collection: 'contacts', decision: 'pseudonymise', rows: 1, approvals: 1, voices: 0 },
      { collection: 'notes', decision: 'erase', rows: 2, approvals: 1, voices: 0 },
    ]);
  });

  it('keeps what people approved while it is about no more records, and asks again about what grew alone', async () => {
    const id = await filed();
    const { generation } = await plan(id);
    await approve(id, generation);
    await source.pool.query('DELETE FROM notes WHERE id = 1');
    expect(await plan(id)).toMatchObject({ generation: 2, pending: 0 });
    await addNotes(10, 12);
    expect(await plan(id)).toMatchObject({ generation: 3, pending: 1 });
    expect(await decisions(id)).toMatchObject([
      {},
      { collection: 'contacts', voices: 1 },
      { collection: 'notes', rows: 4, voices: 0 },
    ]);
  });

  it('spares what a hold covers, and asks about that again when the hold is gone', async () => {
    const id = await filed();
    const { generation } = await plan(id);
    await approve(id, generation);
    const before = await decisions(id);
    await placeHold({ classes: ['note'] });
    // The contact is now kept for as long as its notes are, which nobody approved.
    expect(await plan(id)).toMatchObject({ erase: 0, pseudonymise: 1, retain: 3, pending: 1 });
    await api.database.pool.query('DELETE FROM steward.holds');
    expect(await plan(id)).toMatchObject({ erase: 2, pending: 2 });
    expect(await decisions(id)).toEqual(before.map((each) => ({ ...each, voices: 0 })));
  });

  it('asks for as many people as the class says, counting all records of the class', async () => {
    const id = await filed(3);
    await activate({ person: {}, bill: {}, note: { approvals: { people: 2, above: 2 } } });
    await plan(id);
    expect(await decisions(id)).toMatchObject([{}, { approvals: 1 }, { collection: 'notes', approvals: 2 }]);
  });

  it('goes by an override: a business default that somebody lets stand keeps its records', async () => {
    const id = await filed();
    const { generation } = await plan(id);
    await move(api, id, 'awaiting_approval');
    const body = { kind: 'keep', ground: 'notes-default', reason: 'A dispute.' };
    const { status } = await api.call('POST', `/v1/requests/${id}/review/decisions`, { body });
    expect(status).toBeLessThan(300);
    expect(await plan(id)).toMatchObject({ generation: generation + 1, retain: 3 });
    expect(await decisions(id)).toMatchObject([{}, {}, { collection: 'notes', decision: 'retain' }]);
  });

  it('is made again when a hold was placed between the reading of holds and the weighing', async () => {
    const id = await filed();
    const late: Sources = {
      ...sources,
      withEraser: async (name, work, signal) => {
        const result = await sources.withEraser(name, work, signal);
        const client = await source.pool.connect();
        await raiseFence(client, 'harbour');
        client.release();
        return result;
      },
    };
    await expect(plan(id, { sources: late })).rejects.toThrow(FenceRaised);
    expect(await decisions(id)).toEqual([]);
    expect(await plan(id)).toMatchObject({ erase: 2 });
  });

  it('shows samples of what people decide on, and none of what needs no word', async () => {
    const id = await filed();
    await plan(id);
    const { rows } = await api.database.pool.query<{ collection: string; samples: number }>(
      `SELECT d.collection, count(s.*)::int AS samples FROM steward.decisions d
         LEFT JOIN steward.decision_samples s ON s.decision_id = d.id WHERE d.request_id = $1 GROUP BY 1 ORDER BY 1`,
      [id],
    );
    expect(rows.map(({ samples }) => samples)).toEqual([0, 1, 2]);
  });

  it('is refused once the request was cancelled, and before a schedule is in force', async () => {
    const id = await filed();
    await move(api, id, 'cancelled');
    await expect(plan(id)).rejects.toThrow(Conflict);
    await api.database.pool.query('UPDATE steward.retention_schedules SET retired_at = now()');
    await move(api, id, 'gathering');
    await expect(plan(id)).rejects.toThrow(InvalidSchedule);
  });

  it('tells who asks that there is no schedule in force, and the way out', async () => {
    const id = await filed();
    const context = {
      info: { attempt: 2, activityType: 'planErasure' },
      cancellationSignal: new AbortController().signal,
    };
    const interceptor = new FailureInterceptor(context as Context, worker, createLogger('a test', 'silent'));
    const input = { args: [{ workspaceId: api.workspaceId, requestId: id }], headers: {} };
    const show = async () => (await api.call('GET', `/v1/requests/${id}`)).body;
    expect(await show()).toMatchObject({ blockedBy: null, wayOut: null, erasing: null });
    await api.database.pool.query('UPDATE steward.retention_schedules SET retired_at = now()');
    await expect(interceptor.execute(input, () => plan(id))).rejects.toThrow('No retention schedule is in force');
    expect(await show()).toMatchObject({
      blockedBy: 'schedule',
      wayOut: expect.stringContaining('steward schedule activate'),
      needsAttention: true,
    });
  });

  it('counts apart what lies in a source that nobody connected for erasing', async () => {
    const id = await filed();
    const readOnly = openSources([{ name: 'crm', kind: 'postgres', url: source.url }]);
    expect(await plan(id, { sources: readOnly })).toMatchObject({ erase: 0, pending: 0 });
    await readOnly.close();
    const { rows } = await api.database.pool.query<{ details: Record<string, unknown> }>(
      `SELECT details FROM steward.request_events WHERE request_id = $1 AND kind = 'erasure_planned'`,
      [id],
    );
    expect(rows[0]?.details).toMatchObject({ notConnected: 'crm' });
  });
});
