/** People who are erased by the real steps, and databases that are restored from before it. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { certifyErasure } from '../../../activities/certify-erasure.ts';
import { preparing } from '../../../activities/erase-records.ts';
import { createErasureCloseActivities } from '../../../activities/erasure-close.ts';
import { planErasure } from '../../../activities/erasure-plan.ts';
import { eraseRecords } from '../../../activities/erasing/carry-out.ts';
import { endErasure, eraseMedia } from '../../../activities/erasing/conclude.ts';
import { activateSchedule } from '../../../activities/erasing/schedule-in-force.ts';
import { replayRestores } from '../../../activities/replaying/replay-restores.ts';
import type { RestoreDeps } from '../../../activities/replaying/replay-restores.ts';
import { createTombstoneActivities } from '../../../activities/tombstones.ts';
import { verifyErasure } from '../../../activities/verify-erasure.ts';
import type { RestoresReplayed } from '../../../domain/backups.ts';
import { CERTIFICATE_FILE } from '../../../domain/certificate/format.ts';
import type { Certificate } from '../../../domain/certificate/format.ts';
import type { RequestRef } from '../../../domain/runs.ts';
import { inDatabase } from '../../../platform/backups/connection.ts';
import { copyOwnDatabase } from '../../../platform/backups/copy-own.ts';
import { copyDataKeys } from '../../../platform/backups/key-copies.ts';
import { restoreOwnDatabase } from '../../../platform/backups/restore-own.ts';
import { prefixOf } from '../../../platform/backups/sealed-parts.ts';
import { parseCertificate } from '../../../platform/certificate-format.ts';
import { verifyCertificate } from '../../../platform/certificate-verification.ts';
import { openDatabase } from '../../../platform/database.ts';
import { sourceSchema } from '../../../platform/erasure/source-schema.ts';
import { writeJournalNotes } from '../../../platform/journal/write.ts';
import { listCertificates, openCertificate } from '../../../platform/records/certificates.ts';
import { publicKeySet } from '../../../platform/signing.ts';
import { openSources } from '../../../platform/sources.ts';
import { openStorage } from '../../../platform/storage/open.ts';
import { readCertificate } from '../../../platform/stored-certificate.ts';
import { collection, email, field, key, mapOf, refers } from '../../data-map/fixtures.ts';
import { inRole, testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';
import { openLocatingFixture } from '../locating/locating-fixture.ts';
import type { LocatingFixture } from '../locating/locating-fixture.ts';
import { quietControl } from '../packaging/packaging-fixture.ts';

const MAP = mapOf(
  collection('contacts', [key('id'), email(), field('name'), field('workspace_id')], { record_class: 'person' }),
  collection('notes', [key('id'), refers('contact_id', 'contacts.id', 'from'), field('body'), field('workspace_id')], {
    record_class: 'note',
  }),
  collection(
    'invoices',
    [
      key('id'),
      refers('contact_id', 'contacts.id', 'from'),
      field('payer', { identity: 'email' }),
      field('total'),
      field('issued_at'),
      field('workspace_id'),
    ],
    { record_class: 'bill' },
  ),
);

const SCHEMA = `
  CREATE TABLE contacts (id int PRIMARY KEY, workspace_id text NOT NULL, email text, name text);
  CREATE TABLE notes (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int REFERENCES contacts, body text);
  CREATE TABLE invoices (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int REFERENCES contacts, payer text,
                         total int, issued_at timestamptz);
  CREATE INDEX ON notes (contact_id);
  CREATE INDEX ON invoices (contact_id);`;

const SCHEDULE = {
  name: 'A test',
  classes: { person: {}, note: {}, bill: {} },
  rules: [
    {
      id: 'invoices-tax',
      record_class: 'bill',
      requirement: 'billing',
      purpose: 'tax',
      force: 'mandatory',
      exemption: 'GDPR Art. 17(3)(b)',
      basis: 'Invoices are kept.',
      source: '§ 14b(1) UStG',
      keep: { length: 'P8Y', from_end_of_year: true, event: { column: 'issued_at' } },
      columns: ['id', 'workspace_id', 'total', 'issued_at'],
    },
  ],
};

export interface Person {
  readonly id: number;
  readonly email: string;
  readonly ref: RequestRef;
}

export interface RestoredFixture {
  readonly base: LocatingFixture;
  /** Of what runs now: after a restore, the restored databases. */
  readonly deps: RestoreDeps;
  /** The databases that `deps` works on. */
  readonly own: TestDatabase;
  readonly source: TestDatabase;
  person(): Promise<Person>;
  /** Every step of an erasure, to its end. */
  erase(one: Person): Promise<void>;
  writeJournal(): Promise<number>;
  /** Takes a backup; what is restored from it takes the database's place. */
  backUpSource(): Promise<() => Promise<void>>;
  backUpOwn(): Promise<() => Promise<void>>;
  /** What a worker does before it opens. */
  start(): Promise<RestoresReplayed>;
  certificates(one: Person): Promise<readonly Certificate[]>;
  /** Rows of the person in the source. */
  rowsOf(one: Person): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

const never = new AbortController().signal;

export async function openRestoredFixture(): Promise<RestoredFixture> {
  const home = await mkdtemp(join(tmpdir(), 'steward-restored-'));
  await mkdir(join(home, 'storage'));
  const base = await openLocatingFixture(MAP, SCHEMA);
  await base.source.pool.query(sourceSchema('postgres'));
  const owner = openDatabase(inRole(base.own.url, 'steward_owner'));
  await activateSchedule(owner, { name: 'a.yml', text: JSON.stringify({ schedule: SCHEDULE }) }, MAP, 'a test');
  await owner.close();
  const site = new Site(base, home);
  return {
    base,
    get deps() {
      return site.deps;
    },
    get own() {
      return site.own;
    },
    get source() {
      return site.source;
    },
    person: () => site.person(),
    erase: (one) => site.erase(one),
    writeJournal: () => writeJournalNotes(site.deps.db, site.deps),
    backUpSource: () => site.backUpSource(),
    backUpOwn: () => site.backUpOwn(),
    start: () => replayRestores(site.deps, never),
    certificates: (one) => site.certificates(one),
    rowsOf: (one) => site.rowsOf(one),
    close: async () => {
      await site.close();
      await base.close();
      await rm(home, { recursive: true });
    },
  };
}

class Site {
  readonly #base: LocatingFixture;
  readonly #home: string;
  readonly #opened: TestDatabase[] = [];
  #people = 0;
  own: TestDatabase;
  source: TestDatabase;
  deps: RestoreDeps;

  constructor(base: LocatingFixture, home: string) {
    this.#base = base;
    this.#home = home;
    [this.own, this.source] = [base.own, base.source];
    this.deps = this.#depsNow();
  }

  #depsNow(): RestoreDeps {
    const { url } = this.source;
    const settings = [{ name: 'crm', kind: 'postgres' as const, url, eraseUrl: url }];
    return {
      ...this.#base.deps,
      db: this.own === this.#base.own ? this.#base.deps.db : openDatabase(inRole(this.own.url, 'steward_worker')),
      sources: openSources(settings),
      sourceSettings: settings,
      storage: openStorage({ kind: 'folder', path: join(this.#home, 'storage') }),
      backups: { expireDays: 35 },
    };
  }

  async #moveTo(own: TestDatabase, source: TestDatabase): Promise<void> {
    const before = this.deps;
    [this.own, this.source] = [own, source];
    this.deps = this.#depsNow();
    await before.sources.close();
    if (before.db !== this.#base.deps.db) await before.db.close();
  }

  async person(): Promise<Person> {
    this.#people += 1;
    const [id, address] = [this.#people, `person${this.#people}@example.test`];
    const { pool } = this.source;
    await pool.query("INSERT INTO contacts VALUES ($1, 'w', $2, 'Somebody')", [id, address]);
    await pool.query("INSERT INTO notes SELECT $1 * 1000 + g, 'w', $1, 'Called' FROM generate_series(1, 20) g", [id]);
    await pool.query("INSERT INTO invoices VALUES ($1, 'w', $1, $2, 100, '2025-03-01')", [id, address]);
    const ref = await this.#base.file([{ type: 'email', value: address }]);
    await this.#move(ref, 'locating', "type = 'erasure',");
    return { id, email: address, ref };
  }

  #move(ref: RequestRef, status: string, more = '') {
    return this.own.pool.query(`UPDATE steward.requests SET ${more} status = $2 WHERE id = $1`, [
      ref.requestId,
      status,
    ]);
  }

  async erase({ ref }: Person): Promise<void> {
    const { deps } = this;
    await planErasure(deps, ref, quietControl());
    await this.own.pool.query(
      `INSERT INTO steward.decision_approvals (workspace_id, request_id, decision_id, principal_id, party, verdict,
                                               instruction_id, instruction_version)
       SELECT d.workspace_id, d.request_id, d.id, r.filed_by, 'controller', 'approve', r.instruction_id, r.instruction_version
         FROM steward.decisions d JOIN steward.requests r ON r.id = d.request_id WHERE d.request_id = $1`,
      [ref.requestId],
    );
    await this.#move(ref, 'erasing');
    await eraseRecords(deps, ref, quietControl(), preparing(deps, ref));
    await eraseMedia(deps, ref, quietControl());
    await verifyErasure(deps, ref, quietControl());
    await endErasure(deps, ref, quietControl());
    const tombstones = { ...deps, tombstones: { suppressionDays: 10 } };
    await createTombstoneActivities(tombstones).plantTombstones(ref);
    await certifyErasure(deps, ref, quietControl());
    await createErasureCloseActivities(deps).closeErasure(ref);
  }

  /** A copy of the database's files, which is what a physical backup is. */
  async backUpSource(): Promise<() => Promise<void>> {
    await this.deps.sources.close();
    this.deps = this.#depsNow();
    const copy = await copyOf(this.source);
    return async () => {
      this.#opened.push(copy);
      await this.#moveTo(this.own, copy);
    };
  }

  async backUpOwn(): Promise<() => Promise<void>> {
    const { ring, storage, db } = this.deps;
    const backupId = randomUUID();
    const place = { storage, ring, backupId, prefix: prefixOf(null, backupId), keyId: ring.current('wrapping').id };
    await copyDataKeys(db, storage);
    const wish = { place, expiresAt: new Date(Date.now() + 86_400_000), signal: never };
    const manifest = await copyOwnDatabase(inRole(this.own.url, 'steward_owner'), wish);
    return async () => {
      const restored = await testDatabase();
      this.#opened.push(restored);
      await restored.pool.query(`ALTER DATABASE ${new URL(restored.url).pathname.slice(1)} OWNER TO steward_owner`);
      await restoreOwnDatabase(inRole(restored.url, 'steward_owner'), place, manifest);
      await this.#moveTo(restored, this.source);
    };
  }

  async certificates({ ref }: Person): Promise<readonly Certificate[]> {
    const { db, ring, storage } = this.deps;
    const list = await listCertificates(db, this.#base.caller, ref.requestId, ['controller']);
    const read: Certificate[] = [];
    for (const { id } of list.toReversed()) {
      const { place } = await openCertificate(db, ring, this.#base.caller, ref.requestId, {
        audience: 'controller',
        id,
      });
      const { archive, files } = await readCertificate({ ...place, storage });
      const verified = await verifyCertificate(archive, publicKeySet(ring));
      if (!verified.ok) throw new Error('The certificate does not verify.');
      const certificate = parseCertificate(files.get(CERTIFICATE_FILE) ?? Buffer.alloc(0));
      if (certificate) read.push(certificate);
    }
    return read;
  }

  async rowsOf({ id, email: address }: Person): Promise<Readonly<Record<string, number>>> {
    const { rows } = await this.source.pool.query<Record<string, string>>(
      `SELECT (SELECT count(*) FROM contacts WHERE email = $2) AS contacts,
              (SELECT count(*) FROM notes WHERE contact_id = $1) AS notes,
              (SELECT count(*) FROM invoices WHERE id = $1 AND payer = $2) AS named_invoices,
              (SELECT count(*) FROM invoices WHERE id = $1) AS invoices`,
      [id, address],
    );
    return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, count]) => [name, Number(count)]));
  }

  async close(): Promise<void> {
    await this.deps.sources.close();
    if (this.deps.db !== this.#base.deps.db) await this.deps.db.close();
    for (const each of this.#opened) await each.drop();
  }
}

/** Nobody may be connected to a template but who copies it. */
async function copyOf({ url }: TestDatabase): Promise<TestDatabase> {
  const name = new URL(url).pathname.slice(1);
  const admin = new Client(inDatabase(url, 'postgres'));
  await admin.connect();
  await admin.query('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1', [name]);
  await admin.end();
  return testDatabase({ template: name });
}
