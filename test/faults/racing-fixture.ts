/**
 * Erasures and holds that race, each pair in a workspace of its own: Steward's database, a source with a few tables that
 * hang together, and everything that is erased or held goes the ways of the product itself.
 */
import { randomUUID } from 'node:crypto';
import { planErasure } from '../../activities/erasure-plan.ts';
import { preparing } from '../../activities/erase-records.ts';
import { createErasureReviewActivities } from '../../activities/erasure-review.ts';
import { eraseRecords } from '../../activities/erasing/carry-out.ts';
import type { ConcludeDeps } from '../../activities/erasing/conclude.ts';
import { activateSchedule } from '../../activities/erasing/schedule-in-force.ts';
import { raiseFences } from '../../activities/holding/raise-fences.ts';
import type { Erased, ErasurePlanned } from '../../domain/erasure.ts';
import type { HoldRef } from '../../domain/holds.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import { sourceSchema } from '../../platform/erasure/source-schema.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { createApiKey, createWorkspace } from '../../platform/records/admin.ts';
import type { Caller } from '../../platform/records/caller.ts';
import { confirmEffective } from '../../platform/records/hold-fences.ts';
import { placeHold } from '../../platform/records/hold-placing.ts';
import { readHold } from '../../platform/records/holds.ts';
import type { HoldDetails, StoredScope } from '../../platform/records/holds.ts';
import { checkIdentities } from '../../platform/records/identities.ts';
import type { Repeat } from '../../platform/records/repeats.ts';
import { fileRequest } from '../../platform/records/request-filing.ts';
import { moveRequest } from '../../platform/records/request-progress.ts';
import { openSources } from '../../platform/sources.ts';
import { openStorage } from '../../platform/storage/open.ts';
import { quietControl } from '../activities/packaging/packaging-fixture.ts';
import { freshKeyRing } from '../platform/fresh-key-ring.ts';
import { collection, email, field, key, mapOf, refers } from '../data-map/fixtures.ts';
import { inRole, stewardDatabase, testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { temporaryHome } from '../support/temporary-home.ts';

/** A child, and whose it is; each has a record class of its name. */
const TIES = {
  ...{ deals: 'contacts', notes: 'contacts', visits: 'contacts', calls: 'contacts', tasks: 'contacts' },
  ...{ forms: 'contacts', offers: 'deals', replies: 'notes', clicks: 'visits', answers: 'forms' },
} as const;
export const TABLES = ['contacts', ...(Object.keys(TIES) as (keyof typeof TIES)[])] as const;
export type RacingTable = (typeof TABLES)[number];
const ROWS_EACH = 6;

const fields = [field('workspace_id'), field('body')];
const MAP = mapOf(
  collection('contacts', [key('id'), email(), ...fields], { record_class: 'contacts' }),
  ...Object.entries(TIES).map(([name, parent]) =>
    collection(name, [key('id'), refers('parent', `${parent}.id`, 'from'), ...fields], { record_class: name }),
  ),
);
const SCHEDULE = JSON.stringify({
  schedule: { name: 'Races', classes: Object.fromEntries(TABLES.map((name) => [name, {}])), rules: [] },
});
const SCHEMA = [
  'CREATE TABLE contacts (id serial PRIMARY KEY, workspace_id text NOT NULL, email text, body text)',
  'CREATE INDEX ON contacts (workspace_id, lower(email))',
  ...Object.entries(TIES).flatMap(([name, parent]) => [
    `CREATE TABLE ${name} (id serial PRIMARY KEY, workspace_id text NOT NULL, parent int NOT NULL REFERENCES ${parent}, body text)`,
    `CREATE INDEX ON ${name} (parent)`,
  ]),
].join(';');

export interface RacingFixture {
  readonly own: TestDatabase;
  readonly source: TestDatabase;
  open(): Promise<Race>;
  close(): Promise<void>;
}

/** One person of one workspace, whose records are to be erased. */
export interface Race {
  /** How the source knows the workspace. */
  readonly tenant: string;
  readonly email: string;
  plan(): Promise<ErasurePlanned>;
  /** Says everybody's word and lets it cool off; answers whether erasing begins. */
  approve(): Promise<boolean>;
  erase(): Promise<Erased>;
  /** Writes it down; no source knows of it yet. A race has one hold: a repeat answers the same. */
  place(scope: StoredScope & { readonly subject?: true }): Promise<HoldRef>;
  /** Answers how many sources could not be told. */
  raise(ref: HoldRef): Promise<number>;
  confirm(ref: HoldRef): Promise<HoldDetails>;
  /** How many batches have committed, over all plans. */
  batches(): Promise<number>;
}

export async function openRacingFixture(): Promise<RacingFixture> {
  const [own, source] = await Promise.all([stewardDatabase(), testDatabase()]);
  await source.pool.query(SCHEMA);
  await source.pool.query(sourceSchema('postgres'));
  const app = openDatabase(inRole(own.url, 'steward_app'));
  const owner = openDatabase(inRole(own.url, 'steward_owner'), { maxConnections: 1 });
  await activateSchedule(owner, { name: 'races.yml', text: SCHEDULE }, MAP, 'a test');
  const deps: ConcludeDeps = {
    db: openDatabase(inRole(own.url, 'steward_worker')),
    ring: await freshKeyRing(),
    map: MAP,
    sources: openSources([{ name: 'crm', kind: 'postgres', url: source.url, eraseUrl: source.url }]),
    storage: openStorage({ kind: 'folder', path: await temporaryHome() }),
  };
  return {
    own,
    source,
    open: () => openRace({ own, source, app, deps }),
    close: async () => {
      await Promise.all([app.close(), owner.close(), deps.db.close(), deps.sources.close()]);
      await Promise.all([own.drop(), source.drop()]);
    },
  };
}

interface Site {
  readonly own: TestDatabase;
  readonly source: TestDatabase;
  readonly app: Database;
  readonly deps: ConcludeDeps;
}

async function openRace(site: Site): Promise<Race> {
  const { app, deps } = site;
  const tenant = randomUUID();
  const address = `${tenant}@example.com`;
  await insertRows(site.source, tenant, address);
  const caller = await openWorkspace(app, deps.ring, tenant);
  const ref = await file(app, deps, caller, address);
  const review = createErasureReviewActivities(deps);
  const placing = repeat();
  return {
    tenant,
    email: address,
    plan: () => planErasure(deps, ref, quietControl()),
    approve: async () => {
      await sayAll(site.own, ref);
      if ((await review.openErasureReview(ref)).state !== 'approved') return false;
      await review.beginCoolingOff(ref);
      return (await review.endCoolingOff(ref)).proceed;
    },
    erase: () => eraseRecords(deps, ref, quietControl(), preparing(deps, ref)),
    place: ({ subject, ...scope }) =>
      place({ app, ring: deps.ring, caller, placing }, subject ? address : undefined, scope),
    raise: async (hold) => (await raiseFences(deps, hold)).length,
    confirm: async (hold) => {
      await deps.db.withTenant(hold.workspaceId, (trx) => confirmEffective(trx, hold));
      return readHold(app, caller, hold.holdId);
    },
    batches: async () => {
      const text = 'SELECT count(*)::int AS n FROM steward.erasure_ledger WHERE tenant = $1';
      const { rows } = await site.source.pool.query<{ n: number }>(text, [tenant]);
      return rows[0]?.n ?? 0;
    },
  };
}

async function insertRows({ pool }: TestDatabase, tenant: string, address: string): Promise<void> {
  await pool.query(
    `INSERT INTO contacts (workspace_id, email, body) SELECT $1, $2, 'a' FROM generate_series(1, $3::int)`,
    [tenant, address, ROWS_EACH],
  );
  for (const [name, parent] of Object.entries(TIES)) {
    await pool.query(
      `INSERT INTO ${name} (workspace_id, parent, body) SELECT workspace_id, id, 'a' FROM ${parent} WHERE workspace_id = $1`,
      [tenant],
    );
  }
}

async function openWorkspace(app: Database, ring: KeyRing, tenant: string): Promise<Caller> {
  const workspace = { name: 'Harbour Homes', contactEmail: 'privacy@harbour.test', sources: { crm: tenant } };
  const workspaceId = await app.withPlatform((trx) => createWorkspace(trx, workspace));
  const wish = { name: 'a test', party: 'controller', workspaceId, scopes: ['holds:write', 'requests:write'] } as const;
  const { principalId } = await app.withTenant(workspaceId, (trx) => createApiKey(trx, ring, wish));
  return { workspaceId, principal: { ...wish, id: principalId, teamId: undefined } };
}

const repeat = () => ({ operation: 'a test', key: randomUUID(), digests: [Buffer.alloc(32)] as const });
const identityOf = (address: string) => checkIdentities([{ type: 'email', value: address }], ['email']);

async function file(app: Database, { ring, db }: ConcludeDeps, caller: Caller, address: string): Promise<RequestRef> {
  const attestation = { text: 'Erase it.', attestedBy: 'Privacy desk', attestedAt: new Date() };
  const filing = {
    type: 'erasure',
    regime: 'gdpr',
    regimeSource: 'controller',
    receivedByControllerAt: new Date(),
    identities: identityOf(address),
    instruction: { source: 'support_request', attestation },
  } as const;
  const requestId = await fileRequest(app, ring, caller, filing, repeat());
  const ref = { workspaceId: caller.workspaceId, requestId };
  await db.withTenant(ref.workspaceId, (trx) => moveRequest(trx, ref, { to: 'locating' }));
  return ref;
}

/** Straight into the database, what is still to be said of the present plan; nothing is left to cool off. */
async function sayAll({ pool }: TestDatabase, { workspaceId, requestId }: RequestRef): Promise<void> {
  await pool.query('UPDATE steward.workspaces SET cooling_off_days = 0 WHERE id = $1', [workspaceId]);
  await pool.query(
    `INSERT INTO steward.decision_approvals (workspace_id, request_id, decision_id, principal_id, party, verdict,
         instruction_id, instruction_version)
       SELECT d.workspace_id, d.request_id, d.id, p.id, 'controller', 'approve', d.id, 1
         FROM steward.decisions d JOIN steward.principals p ON p.workspace_id = d.workspace_id
         JOIN steward.erasures e ON (e.workspace_id, e.id, e.generation) = (d.workspace_id, d.erasure_id, d.generation)
        WHERE d.workspace_id = $1 AND d.request_id = $2 AND d.approvals_needed > 0
       ON CONFLICT DO NOTHING`,
    [workspaceId, requestId],
  );
}

interface Placing {
  readonly app: Database;
  readonly ring: KeyRing;
  readonly caller: Caller;
  /** The same each time, for the answer to an earlier attempt may have been lost. */
  readonly placing: Repeat;
}

async function place(
  { app, ring, caller, placing }: Placing,
  subject: string | undefined,
  scope: StoredScope,
): Promise<HoldRef> {
  const hold = {
    party: 'controller',
    visibility: 'controller',
    matter: 'Harbour v Nightjar',
    authority: 'General counsel',
    purpose: 'legal',
    subject: subject === undefined ? [] : identityOf(subject),
    scope,
  } as const;
  return { workspaceId: caller.workspaceId, holdId: await placeHold(app, ring, caller, hold, placing) };
}
