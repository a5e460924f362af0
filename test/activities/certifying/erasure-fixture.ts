/** An erasure as its steps leave it in Steward's database and in a source, ready to be certified. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CertifyErasureDeps } from '../../../activities/certify-erasure.ts';
import { activateSchedule } from '../../../activities/erasing/schedule-in-force.ts';
import type { Verification } from '../../../domain/certificate/format.ts';
import { canonicalIdentity } from '../../../domain/identities.ts';
import { decide } from '../../../domain/retention/decide.ts';
import type { Ground } from '../../../domain/retention/grounds.ts';
import type { RequestRef } from '../../../domain/runs.ts';
import { openDatabase } from '../../../platform/database.ts';
import type { Database } from '../../../platform/database.ts';
import { sourceSchema } from '../../../platform/erasure/source-schema.ts';
import type { Mail } from '../../../platform/mail.ts';
import { createApiKey, createWorkspace } from '../../../platform/records/admin.ts';
import type { Caller } from '../../../platform/records/caller.ts';
import { fileRequest } from '../../../platform/records/request-filing.ts';
import { openSources } from '../../../platform/sources.ts';
import { openFolder } from '../../../platform/storage/folder.ts';
import { collection, email, field, key, mapOf, refers } from '../../data-map/fixtures.ts';
import { freshKeyRing } from '../../platform/fresh-key-ring.ts';
import { inRole, stewardDatabase, testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';
import { insertLoneRow } from '../../support/lone-row.ts';

export const MAP = mapOf(
  collection('contacts', [key('id'), email(), field('name')], { label: 'Contacts', record_class: 'contact_record' }),
  collection('invoices', [key('id'), refers('contact_id', 'contacts.id', 'from'), field('total')], {
    label: { en: 'Invoices', de: 'Rechnungen' },
    record_class: 'billing_record',
  }),
);

interface Decided {
  readonly recordClass: string;
  readonly collection: string;
  readonly rows: number;
  readonly grounds: readonly Ground[];
  readonly generation?: number;
}

interface LedgerRow {
  readonly collection: string;
  readonly action: 'delete' | 'pseudonymise' | 'restrict';
  readonly rows: number;
}

export interface CertifyingFixture {
  readonly deps: CertifyErasureDeps & {
    readonly mailer: { send(mail: Mail): Promise<void>; check(): Promise<void> };
    readonly publicUrl: string;
  };
  readonly app: Database;
  readonly own: TestDatabase;
  readonly source: TestDatabase;
  readonly caller: Caller;
  readonly mails: Mail[];
  /** An erasure request that stands in `status`, with its erasure. */
  begin(status: string, more?: Readonly<Record<string, unknown>>): Promise<Erasing>;
  /** Closes the request's erasure and begins another, of which nothing was found any more. */
  again(erasing: Erasing): Promise<void>;
  close(): Promise<void>;
}

export interface Erasing {
  readonly ref: RequestRef;
  readonly erasureId: string;
  /** The person's. */
  readonly email: string;
  decide(...decisions: readonly Decided[]): Promise<void>;
  /** Every decision that is there. */
  approve(principal: string): Promise<void>;
  ledger(...rows: readonly LedgerRow[]): Promise<void>;
}

const START = new Date('2026-11-24T12:00:00Z');

export const passed: Verification = {
  method: 'rescan',
  at: '2026-11-24T12:05:00.000Z',
  result: 'passed',
  searched: { sources: 1, collections: 2, columns: 3, records: 5, objects: 0 },
  expected: 2,
  residuals: [],
};

export async function openCertifyingFixture(): Promise<CertifyingFixture> {
  const home = await mkdtemp(join(tmpdir(), 'steward-certifying-'));
  await mkdir(join(home, 'storage'));
  const [own, source] = await Promise.all([stewardDatabase(), testDatabase()]);
  await source.pool.query(sourceSchema('postgres'));
  await source.pool.query(`
    CREATE TABLE contacts (id int PRIMARY KEY, workspace_id text NOT NULL, email text, name text, remarks text);
    CREATE TABLE invoices (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int, total int);
    CREATE INDEX ON invoices (contact_id)`);
  await activate(own.url);
  const app = openDatabase(inRole(own.url, 'steward_app'));
  const db = openDatabase(inRole(own.url, 'steward_worker'));
  const ring = await freshKeyRing();
  const sources = openSources([
    { name: 'crm', kind: 'postgres', url: source.url, eraseUrl: source.url },
    { name: 'old', kind: 'postgres', url: source.url },
  ]);
  const mails: Mail[] = [];
  const caller = await createCaller(app, ring);
  return {
    deps: {
      db,
      ring,
      sources,
      map: MAP,
      storage: openFolder(join(home, 'storage')),
      backups: { expireDays: 35 },
      mailer: { check: async () => undefined, send: async (mail) => void mails.push(mail) },
      publicUrl: 'https://steward.example',
    },
    app,
    own,
    source,
    caller,
    mails,
    again: async ({ ref, erasureId }) => {
      await own.pool.query('UPDATE steward.erasures SET closed_at = now() WHERE id = $1', [erasureId]);
      await insertErasure(own, ref, randomUUID(), { ordinal: 2 });
    },
    begin: (status, more) => begin({ app, own, caller, ring, source }, status, more),
    close: async () => {
      await Promise.all([app.close(), db.close(), sources.close()]);
      await Promise.all([own.drop(), source.drop(), rm(home, { recursive: true })]);
    },
  };
}

/** A schedule that keeps nothing. */
async function activate(url: string): Promise<void> {
  const owner = openDatabase(inRole(url, 'steward_owner'));
  const schedule = { name: 'A test', classes: { contact_record: {}, billing_record: {} }, rules: [] };
  await activateSchedule(owner, { name: 'a.yml', text: JSON.stringify({ schedule }) }, MAP, 'a test');
  await owner.close();
}

type Ring = CertifyErasureDeps['ring'];

async function createCaller(app: Database, ring: Ring): Promise<Caller> {
  const workspace = { name: 'Harbour Homes', contactEmail: 'privacy@harbour.test', timeZone: 'Europe/Berlin' };
  const workspaceId = await app.withPlatform((trx) => createWorkspace(trx, { ...workspace, sources: { crm: 'w' } }));
  const wish = { name: 'a test', party: 'controller', workspaceId, scopes: ['requests:write'] } as const;
  const { principalId } = await app.withTenant(workspaceId, (trx) => createApiKey(trx, ring, wish));
  return { workspaceId, principal: { ...wish, id: principalId, teamId: undefined } };
}

interface Parts {
  readonly app: Database;
  readonly own: TestDatabase;
  readonly source: TestDatabase;
  readonly caller: Caller;
  readonly ring: Ring;
}

async function begin(
  { app, own, caller, ring, source }: Parts,
  status: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Erasing> {
  const identity = { type: 'email', value: `${randomUUID()}@example.test` };
  const requestId = await fileRequest(
    app,
    ring,
    caller,
    {
      type: 'access',
      regime: 'gdpr',
      regimeSource: 'controller',
      receivedByControllerAt: START,
      identities: [{ ...identity, canonical: canonicalIdentity(identity) ?? '' }],
      instruction: {
        source: 'support_request',
        attestation: { text: 'Erase it.', attestedBy: 'Privacy desk', attestedAt: START },
      },
    },
    { operation: 'a test', key: randomUUID(), digests: [Buffer.alloc(32)] },
  );
  await own.pool.query(
    "UPDATE steward.requests SET type = 'erasure', status = $2, received_by_us_at = $3 WHERE id = $1",
    [requestId, status, START],
  );
  const ref = { workspaceId: caller.workspaceId, requestId };
  const erasureId = randomUUID();
  await insertErasure(own, ref, erasureId, more);
  return { ref, erasureId, email: identity.value, ...writers({ own, source, ref, erasureId }) };
}

function insertErasure(
  own: TestDatabase,
  ref: RequestRef,
  id: string,
  more: Readonly<Record<string, unknown>>,
): Promise<void> {
  return insertLoneRow(own.pool, 'erasures', {
    workspace_id: ref.workspaceId,
    request_id: ref.requestId,
    id,
    ordinal: 1,
    generation: 2,
    map_version: MAP.version,
    epochs: {},
    planned_at: START,
    created_at: START,
    ...more,
  });
}

type Writers = Pick<Erasing, 'decide' | 'approve' | 'ledger'>;

function writers({
  own,
  source,
  ref,
  erasureId,
}: Pick<Parts, 'own' | 'source'> & Pick<Erasing, 'ref' | 'erasureId'>): Writers {
  const of = { workspace_id: ref.workspaceId, request_id: ref.requestId };
  const circumstances = { askedBy: 'erasure_request', asOf: START, overrides: [] } as const;
  return {
    decide: async (...decisions) => {
      for (const { recordClass, collection: name, rows, grounds, generation = 2 } of decisions) {
        const { decision, grounds: weighed, end } = decide(grounds, circumstances);
        await insertLoneRow(own.pool, 'decisions', {
          ...of,
          id: randomUUID(),
          erasure_id: erasureId,
          source: 'crm',
          collection: name,
          combination: randomUUID(),
          record_class: recordClass,
          decision,
          grounds: weighed,
          map_version: MAP.version,
          rows,
          keeps: [],
          doubts: [],
          ends_first: end instanceof Date ? end : null,
          ends_last: end instanceof Date ? end : null,
          approvals_needed: 1,
          generation,
          created_at: START,
        });
      }
    },
    approve: async (principal) => {
      await own.pool.query(
        `INSERT INTO steward.decision_approvals (workspace_id, request_id, decision_id, principal_id, party, verdict,
                                                 instruction_id, instruction_version)
         SELECT d.workspace_id, d.request_id, d.id, $2, 'controller', 'approve', r.instruction_id, r.instruction_version
           FROM steward.decisions d JOIN steward.requests r ON r.id = d.request_id WHERE d.erasure_id = $1`,
        [erasureId, principal],
      );
    },
    ledger: async (...rows) => {
      for (const [index, { collection: name, action, rows: count }] of rows.entries()) {
        await source.pool.query(
          `INSERT INTO steward.erasure_ledger (erasure_id, tenant, collection, action, generation, sequence,
             first_target, last_target, rows, keys_digest, epoch)
           VALUES ($1, 'w', $2, $3, 2, $4, 1, $5, $5, '\\x00', 0)`,
          [erasureId, name, action, index + 1, count],
        );
      }
    },
  };
}
