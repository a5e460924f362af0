/** An erasure from its plan to its certificate, by the real steps on real databases. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certifyErasure } from '../../../activities/certify-erasure.ts';
import type { CertifyErasureDeps } from '../../../activities/certify-erasure.ts';
import { planErasure } from '../../../activities/erasure-plan.ts';
import { eraseRecords } from '../../../activities/erasing/carry-out.ts';
import type { Prepare } from '../../../activities/erasing/carry-out.ts';
import { endErasure, eraseMedia } from '../../../activities/erasing/conclude.ts';
import { prepareWeighing } from '../../../activities/erasing/prepare.ts';
import { activateSchedule } from '../../../activities/erasing/schedule-in-force.ts';
import { searchAllWorkspaces } from '../../../activities/raw-search.ts';
import { verifyErasure } from '../../../activities/verify-erasure.ts';
import { CERTIFICATE_FILE } from '../../../domain/certificate/format.ts';
import type { Certificate } from '../../../domain/certificate/format.ts';
import type { Audience } from '../../../domain/retention/words.ts';
import type { RequestRef } from '../../../domain/runs.ts';
import { parseCertificate } from '../../../platform/certificate-format.ts';
import { verifyCertificate } from '../../../platform/certificate-verification.ts';
import { openDatabase } from '../../../platform/database.ts';
import type { Database } from '../../../platform/database.ts';
import { sourceSchema } from '../../../platform/erasure/source-schema.ts';
import { listCertificates, openCertificate } from '../../../platform/records/certificates.ts';
import { publicKeySet } from '../../../platform/signing.ts';
import { openSources } from '../../../platform/sources.ts';
import { openStorage } from '../../../platform/storage/open.ts';
import { readCertificate } from '../../../platform/stored-certificate.ts';
import { inRole } from '../../api/api-fixture.ts';
import { collection, email, field, key, mapOf, refers } from '../../data-map/fixtures.ts';
import { openLocatingFixture } from '../locating/locating-fixture.ts';
import type { LocatingFixture } from '../locating/locating-fixture.ts';
import { quietControl } from '../packaging/packaging-fixture.ts';

const MAP = mapOf(
  collection('contacts', [key('id'), email(), field('name'), field('workspace_id')], { record_class: 'person' }),
  collection(
    'notes',
    [
      key('id'),
      refers('contact_id', 'contacts.id', 'from'),
      field('body', { steward: { free_text: true } }),
      field('workspace_id'),
    ],
    { record_class: 'person' },
  ),
  collection(
    'invoices',
    [
      key('id'),
      refers('contact_id', 'contacts.id', 'from'),
      field('payer', { identity: 'email' }),
      field('total'),
      field('issued_at'),
      field('terms'),
      field('workspace_id'),
    ],
    { record_class: 'bill' },
  ),
);

const SCHEMA = `
  CREATE TABLE contacts (id int PRIMARY KEY, workspace_id text NOT NULL, email text, name text);
  CREATE TABLE notes (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int REFERENCES contacts, body text);
  CREATE TABLE invoices (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int REFERENCES contacts, payer text,
                         total int, issued_at timestamptz, terms text);
  CREATE INDEX ON notes (contact_id);
  CREATE INDEX ON invoices (contact_id);`;

const SCHEDULE = {
  name: 'A test',
  classes: { person: {}, bill: {} },
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
      columns: ['id', 'workspace_id', 'total', 'issued_at', 'terms'],
    },
  ],
};

let base: LocatingFixture;
let owner: Database;
let deps: CertifyErasureDeps;
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'steward-whole-'));
  base = await openLocatingFixture(MAP, SCHEMA);
  await base.source.pool.query(sourceSchema('postgres'));
  const { url } = base.source;
  deps = {
    ...base.deps,
    sources: openSources([{ name: 'crm', kind: 'postgres', url, eraseUrl: url }]),
    storage: openStorage({ kind: 'folder', path: home }),
    backups: { expireDays: 35 },
  };
  owner = openDatabase(inRole(base.own.url, 'steward_owner'));
  await activateSchedule(owner, { name: 'a.yml', text: JSON.stringify({ schedule: SCHEDULE }) }, MAP, 'a test');
});
afterAll(async () => {
  await Promise.all([owner.close(), deps.sources.close()]);
  await base.close();
  await rm(home, { recursive: true });
});

let people = 0;

interface Person {
  readonly id: number;
  readonly email: string;
  readonly ref: RequestRef;
}

/** With a contact, notes and an invoice that the law keeps, and a request for their erasure. */
async function person(): Promise<Person> {
  people += 1;
  const [id, address] = [people, `person${people}@example.test`];
  const { pool } = base.source;
  await pool.query("INSERT INTO contacts VALUES ($1, 'w', $2, 'Somebody')", [id, address]);
  await pool.query("INSERT INTO notes SELECT $1 * 1000 + g, 'w', $1, 'Called ' || $2 FROM generate_series(1, 20) g", [
    id,
    address,
  ]);
  await pool.query("INSERT INTO invoices VALUES ($1, 'w', $1, $2, 100, '2025-03-01')", [id, address]);
  const ref = await base.file([{ type: 'email', value: address }]);
  await move(ref, 'locating', "type = 'erasure',");
  return { id, email: address, ref };
}

const move = (ref: RequestRef, status: string, more = '') =>
  base.own.pool.query(`UPDATE steward.requests SET ${more} status = $2 WHERE id = $1`, [ref.requestId, status]);

/** Planned, and approved by a person for every decision. */
async function approved({ ref }: Person): Promise<void> {
  await planErasure(deps, ref, quietControl());
  await base.own.pool.query(
    `INSERT INTO steward.decision_approvals (workspace_id, request_id, decision_id, principal_id, party, verdict,
                                             instruction_id, instruction_version)
     SELECT d.workspace_id, d.request_id, d.id, r.filed_by, 'controller', 'approve', r.instruction_id, r.instruction_version
       FROM steward.decisions d JOIN steward.requests r ON r.id = d.request_id WHERE d.request_id = $1`,
    [ref.requestId],
  );
  await move(ref, 'erasing');
}

async function carriedOut(one: Person): Promise<void> {
  await approved(one);
  const { rows } = await base.own.pool.query<{ id: string }>('SELECT id FROM steward.erasures WHERE request_id = $1', [
    one.ref.requestId,
  ]);
  const prepare: Prepare = async () => {
    const prepared = await prepareWeighing(deps, one.ref, rows[0]?.id ?? '');
    return {
      ...prepared,
      weigh: (work, signal) =>
        prepared.weigh(
          (weighed) =>
            work(
              weighed.map((each) => ({ ...each, groups: each.groups.map((group) => ({ ...group, isOthers: false })) })),
            ),
          signal,
        ),
    };
  };
  expect(await eraseRecords(deps, one.ref, quietControl(), prepare)).toMatchObject({ outcome: 'erased' });
  await eraseMedia(deps, one.ref, quietControl());
}

async function certified({ ref }: Person, audience: Audience = 'controller'): Promise<Certificate | undefined> {
  const { place } = await openCertificate(deps.db, deps.ring, base.caller, ref.requestId, { audience });
  const { archive, files } = await readCertificate({ ...place, storage: deps.storage });
  expect(await verifyCertificate(archive, publicKeySet(deps.ring))).toMatchObject({ ok: true, problems: [] });
  return parseCertificate(files.get(CERTIFICATE_FILE) ?? Buffer.alloc(0));
}

async function supplementOf({ ref }: Person): Promise<Certificate | undefined> {
  const list = await listCertificates(deps.db, base.caller, ref.requestId, ['controller']);
  const id = list.find(({ kind }) => kind === 'supplement')?.id;
  const { place } = await openCertificate(deps.db, deps.ring, base.caller, ref.requestId, {
    audience: 'controller',
    id,
  });
  const { files } = await readCertificate({ ...place, storage: deps.storage });
  return parseCertificate(files.get(CERTIFICATE_FILE) ?? Buffer.alloc(0));
}

const verify = ({ ref }: Person) => verifyErasure(deps, ref, quietControl());

describe('an erasure', () => {
  it('that was carried out is verified and certified, with what is kept and what proves the rest', async () => {
    const one = await person();
    await carriedOut(one);
    expect(await verify(one)).toEqual({ residuals: 0 });
    await endErasure(deps, one.ref, quietControl());
    expect(await certifyErasure(deps, one.ref, quietControl())).toMatchObject({
      erased: 21,
      retained: 1,
      reviewAt: '2034-01-01T00:00:00.000Z',
    });
    expect(await certified(one)).toMatchObject({
      result: 'partially_erased',
      totals: { erased: 21, pseudonymised: 1 },
      evidence: { leaves: 22 },
      verification: { result: 'passed', searched: { sources: 1, collections: 3, records: 22 } },
      retained: { items: [{ recordClass: 'bill', decision: 'pseudonymise', rows: 1 }], undisclosed: false },
    });
    expect(await certified(one, 'subject')).toMatchObject({ result: 'partially_erased' });
  });

  it('is verified again with the same answer, and by the keys that it has written down', async () => {
    const one = await person();
    await carriedOut(one);
    await verify(one);
    await base.source.pool.query("INSERT INTO notes VALUES ($1, 'w', NULL, NULL)", [one.id * 1000 + 3]);
    expect(await verify(one)).toEqual({ residuals: 1 });
    const { rows } = await base.own.pool.query<{ verification: unknown }>(
      'SELECT verification FROM steward.erasures WHERE request_id = $1',
      [one.ref.requestId],
    );
    expect(rows[0]?.verification).toMatchObject({
      result: 'failed',
      residuals: [{ source: 'crm', place: 'crm.notes', kind: 'still_there', count: 1 }],
    });
  });

  it('fails its verification when the person is there again, and its certificate says so', async () => {
    const one = await person();
    await carriedOut(one);
    await base.source.pool.query("INSERT INTO contacts VALUES ($1, 'w', $2, 'Again')", [one.id + 500, one.email]);
    await base.source.pool.query('UPDATE invoices SET payer = $2 WHERE id = $1', [one.id, one.email]);
    expect((await verify(one)).residuals).toBeGreaterThanOrEqual(2);
    await endErasure(deps, one.ref, quietControl());
    await certifyErasure(deps, one.ref, quietControl());
    const certificate = await certified(one);
    expect(certificate?.result).toBe('failed');
    expect(certificate?.verification?.residuals).toEqual(
      expect.arrayContaining([
        { source: 'crm', place: 'crm.contacts', kind: 'found_again', count: 1 },
        { source: 'crm', place: 'crm.invoices', kind: 'not_reduced', count: 1 },
      ]),
    );
  });

  it('is not proven while the ledger has not gone through all that was to be erased', async () => {
    const one = await person();
    await carriedOut(one);
    await base.source.pool.query(
      `INSERT INTO steward.erasure_targets (erasure_id, collection, action, block, keys, places, versions, leaves)
       SELECT erasure_id, collection, action, block + 1, keys, places, versions, leaves FROM steward.erasure_targets
        WHERE collection = 'crm.contacts'
          AND erasure_id = (SELECT erasure_id FROM steward.erasures ORDER BY frozen_at DESC LIMIT 1)`,
    );
    expect(await verify(one)).toEqual({ residuals: 1 });
  });

  it('is supplemented by a search of every text, which expects what is retained and nobody finds any more', async () => {
    const one = await person();
    await base.source.pool.query('UPDATE invoices SET terms = $2 WHERE id = $1', [one.id, `Mail to ${one.email}`]);
    await carriedOut(one);
    expect(await verify(one)).toEqual({ residuals: 0 });
    await endErasure(deps, one.ref, quietControl());
    await certifyErasure(deps, one.ref, quietControl());
    await searchAllWorkspaces(deps, quietControl());
    expect(await supplementOf(one)).toMatchObject({ result: 'partially_erased', verification: { expected: 1 } });

    const other = await person();
    await carriedOut(other);
    await verify(other);
    await endErasure(deps, other.ref, quietControl());
    await certifyErasure(deps, other.ref, quietControl());
    await base.source.pool.query("INSERT INTO contacts VALUES (900, 'w', NULL, $1)", [`See ${other.email}`]);
    await searchAllWorkspaces(deps, quietControl());
    expect(await supplementOf(other)).toMatchObject({
      result: 'failed',
      verification: { residuals: [{ source: 'crm', place: 'crm.contacts.name', kind: 'text_left', count: 1 }] },
    });
  });

  it('of somebody who is not there is certified without a verification', async () => {
    const ref = await base.file([{ type: 'email', value: 'nobody@example.test' }]);
    await move(ref, 'locating', "type = 'erasure',");
    const nobody = { id: 0, email: '', ref };
    expect(await planErasure(deps, ref, quietControl())).toMatchObject({ erase: 0, pseudonymise: 0, retain: 0 });
    await certifyErasure(deps, ref, quietControl());
    expect(await certified(nobody)).toMatchObject({ result: 'nothing_found', verification: null, evidence: null });
  });
});
