import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { certifyErasure } from '../../../activities/certify-erasure.ts';
import { searchAllWorkspaces } from '../../../activities/raw-search.ts';
import { createErasureMailActivities } from '../../../activities/erasure-mail.ts';
import { CERTIFICATE_FILE, CERTIFICATE_PAPER_FILE } from '../../../domain/certificate/format.ts';
import type { Certificate } from '../../../domain/certificate/format.ts';
import { Conflict, NotFound } from '../../../domain/errors.ts';
import type { Audience } from '../../../domain/retention/words.ts';
import { parseCertificate } from '../../../platform/certificate-format.ts';
import { packCertificate, verifyCertificate } from '../../../platform/certificate-verification.ts';
import { listCertificates, openCertificate } from '../../../platform/records/certificates.ts';
import { publicKeySet } from '../../../platform/signing.ts';
import { readCertificate } from '../../../platform/stored-certificate.ts';
import { confidentialHold, taxRule } from '../../domain/retention/grounds-fixture.ts';
import { collect } from '../../support/collect.ts';
import { quietControl } from '../packaging/packaging-fixture.ts';
import { MAP, openCertifyingFixture, passed } from './erasure-fixture.ts';
import type { CertifyingFixture, Erasing } from './erasure-fixture.ts';

let fixture: CertifyingFixture;
beforeAll(async () => {
  fixture = await openCertifyingFixture();
});
afterAll(() => fixture.close());
beforeEach(() => {
  fixture.mails.length = 0;
});

const certify = ({ ref }: Pick<Erasing, 'ref'>) => certifyErasure(fixture.deps, ref, quietControl());

const ERASED = {
  begun_at: new Date('2026-11-24T12:00:00Z'),
  erased_at: new Date('2026-11-24T12:04:00Z'),
  leaf_key_id: 'tombstone-1',
  journal: { key: 'a journal', root: 'd'.repeat(64), leaves: 5 },
  verification: passed,
};

/** Contacts erased, invoices reduced; two of the latter are under a hold that the person may not know of. */
async function carriedOut(more: Readonly<Record<string, unknown>> = {}): Promise<Erasing> {
  const erasing = await fixture.begin('verifying', { ...ERASED, ...more });
  await erasing.decide(
    { recordClass: 'contact_record', collection: 'crm.contacts', rows: 3, grounds: [] },
    { recordClass: 'billing_record', collection: 'crm.invoices', rows: 2, grounds: [taxRule] },
    { recordClass: 'billing_record', collection: 'crm.invoices', rows: 2, grounds: [confidentialHold] },
    { recordClass: 'billing_record', collection: 'crm.invoices', rows: 9, grounds: [confidentialHold], generation: 1 },
  );
  await erasing.approve(fixture.caller.principal.id);
  await erasing.ledger(
    { collection: 'crm.contacts', action: 'delete', rows: 2 },
    { collection: 'crm.contacts', action: 'delete', rows: 1 },
    { collection: 'crm.invoices', action: 'pseudonymise', rows: 2 },
  );
  return erasing;
}

async function stored({ ref }: Pick<Erasing, 'ref'>, audience: Audience) {
  const { db, ring, storage } = fixture.deps;
  const { place } = await openCertificate(db, ring, fixture.caller, ref.requestId, { audience });
  return readCertificate({ ...place, storage });
}

async function supplementOf({ ref }: Pick<Erasing, 'ref'>): Promise<Certificate | undefined> {
  const { db, ring, storage } = fixture.deps;
  const list = await listCertificates(db, fixture.caller, ref.requestId, ['controller']);
  const id = list.find(({ kind }) => kind === 'supplement')?.id;
  const { place } = await openCertificate(db, ring, fixture.caller, ref.requestId, { audience: 'controller', id });
  const { archive, files } = await readCertificate({ ...place, storage });
  expect(await verifyCertificate(archive, publicKeySet(ring))).toMatchObject({ ok: true });
  return parseCertificate(files.get(CERTIFICATE_FILE) ?? Buffer.alloc(0));
}

async function certificateOf(erasing: Pick<Erasing, 'ref'>, audience: Audience = 'controller'): Promise<Certificate> {
  const { files } = await stored(erasing, audience);
  const certificate = parseCertificate(files.get(CERTIFICATE_FILE) ?? Buffer.alloc(0));
  if (!certificate) throw new Error('What is stored is no certificate.');
  return certificate;
}

describe('a certificate', () => {
  it('says what the ledger, the decisions, the approvals and the verification say', async () => {
    const erasing = await carriedOut();
    const answer = await certify(erasing);
    const certificate = await certificateOf(erasing);
    expect(answer).toEqual({
      certificateId: certificate.certificateId,
      erased: 3,
      retained: 4,
      reviewAt: '2035-01-01T00:00:00.000Z',
    });
    expect(certificate).toMatchObject({
      result: 'partially_erased',
      audience: 'controller',
      supersedes: null,
      counts: [
        { source: 'crm', collection: 'crm.contacts', label: 'Contacts', erased: 3, pseudonymised: 0 },
        { source: 'crm', collection: 'crm.invoices', label: 'Invoices', erased: 0, pseudonymised: 2 },
      ],
      evidence: { root: 'd'.repeat(64), leaves: 5, leafKeyId: 'tombstone-1' },
      systems: [{ source: 'crm', status: 'erased' }],
      versions: { dataMap: MAP.version, schedule: null },
      approvals: [{ principal: fixture.caller.principal.id, party: 'controller', decisions: 3 }],
      verification: { result: 'passed', expected: 2 },
      remains: [{ where: 'backups', until: '2026-12-29T12:04:00.000Z' }, {}, { where: 'replicas', until: null }],
    });
    expect(certificate.retained.items.map(({ rows, decision }) => `${decision} ${rows}`).toSorted()).toEqual([
      'pseudonymise 2',
      'retain 2',
    ]);
  });

  it('of each audience verifies with the public keys alone, and is printed', async () => {
    const erasing = await carriedOut();
    await certify(erasing);
    for (const audience of ['processor', 'controller', 'subject'] as const) {
      const { archive, files } = await stored(erasing, audience);
      expect(await verifyCertificate(archive, publicKeySet(fixture.deps.ring))).toMatchObject({
        ok: true,
        problems: [],
        certificate: { audience, request: { id: erasing.ref.requestId } },
      });
      expect(packCertificate(files).equals(archive)).toBe(true);
      expect(files.get(CERTIFICATE_PAPER_FILE)?.subarray(0, 5).toString()).toBe('%PDF-');
    }
  });

  it('for the person tells nothing of the hold, and not that nothing is kept', async () => {
    const erasing = await carriedOut();
    await certify(erasing);
    const certificate = await certificateOf(erasing, 'subject');
    expect(certificate.retained).toMatchObject({ undisclosed: true, items: [{ rows: null }] });
    expect(JSON.stringify(certificate)).not.toContain(confidentialHold.holdId);
    expect(JSON.stringify(certificate)).not.toContain(fixture.caller.principal.id);
  });

  it('is issued once, however often it is asked for, also by two at once', async () => {
    const erasing = await carriedOut();
    const [first, second] = await Promise.all([certify(erasing), certify(erasing)]);
    expect(second).toEqual(first);
    expect(await certify(erasing)).toEqual(first);
    const { rows } = await fixture.own.pool.query('SELECT FROM steward.certificates WHERE request_id = $1', [
      erasing.ref.requestId,
    ]);
    expect(rows).toHaveLength(3);
    const prefix = `certificates/${erasing.ref.workspaceId}/${erasing.ref.requestId}/`;
    expect(await collect(fixture.deps.storage.list(prefix))).toHaveLength(3);
  });

  it('says so when nothing was found, with nothing to verify', async () => {
    const erasing = await fixture.begin('planning');
    expect(await certify(erasing)).toMatchObject({ erased: 0, retained: 0, reviewAt: undefined });
    expect(await certificateOf(erasing)).toMatchObject({
      result: 'nothing_found',
      evidence: null,
      verification: null,
      remains: [],
    });
  });

  it('says that it failed, and where, when something is left', async () => {
    const residuals = [{ source: 'crm', place: 'crm.contacts', kind: 'still_there', count: 1 }];
    const erasing = await carriedOut({ verification: { ...passed, result: 'failed', residuals } });
    await certify(erasing);
    for (const audience of ['controller', 'subject'] as const)
      expect(await certificateOf(erasing, audience)).toMatchObject({ result: 'failed', verification: { residuals } });
  });

  it('is refused to what was not verified, or before it was erased', async () => {
    const early = { ...passed, at: '2026-11-24T12:03:00.000Z' };
    for (const verification of [null, early])
      await expect(certify(await carriedOut({ verification }))).rejects.toThrow(Conflict);
  });

  it('is refused to evidence that contradicts itself', async () => {
    const erasing = await carriedOut({ journal: { ...ERASED.journal, leaves: 4 } });
    await expect(certify(erasing)).rejects.toThrow('4 leaves for 5 records');
  });

  it('is refused to a request without an erasure', async () => {
    const { ref } = await fixture.begin('verifying');
    await fixture.own.pool.query('DELETE FROM steward.erasures WHERE request_id = $1', [ref.requestId]);
    await expect(certify({ ref })).rejects.toThrow(NotFound);
  });

  it('of a later erasure takes the place of the earlier one, which stays as it is', async () => {
    const first = await carriedOut();
    await certify(first);
    const before = await stored(first, 'subject');
    await fixture.again(first);
    await certify(first);
    const [earlier] = [parseCertificate(before.files.get(CERTIFICATE_FILE) ?? Buffer.alloc(0))];
    expect(await certificateOf(first, 'subject')).toMatchObject({
      supersedes: earlier?.certificateId,
      erasure: { ordinal: 2 },
    });
    const { db, ring, storage } = fixture.deps;
    const wanted = { audience: 'subject', id: earlier?.certificateId } as const;
    const { place } = await openCertificate(db, ring, fixture.caller, first.ref.requestId, wanted);
    expect((await readCertificate({ ...place, storage })).archive.equals(before.archive)).toBe(true);
  });

  it('that says that it failed is superseded when what was left is gone', async () => {
    const residuals = [{ source: 'crm', place: 'crm.contacts', kind: 'still_there', count: 1 }];
    const erasing = await carriedOut({ verification: { ...passed, result: 'failed', residuals } });
    const failed = await certify(erasing);
    expect(await certify(erasing)).toEqual(failed);
    await fixture.own.pool.query('UPDATE steward.erasures SET verification = $2 WHERE id = $1', [
      erasing.erasureId,
      { ...passed, at: new Date(Date.now() + 1000).toISOString() },
    ]);
    const { certificateId } = await certify(erasing);
    expect(await certificateOf(erasing)).toMatchObject({
      certificateId,
      ordinal: 2,
      result: 'partially_erased',
      supersedes: failed.certificateId,
    });
  });

  it('is supplemented once by what a search of every text has found since, and stands', async () => {
    // Those of the other tests.
    await fixture.own.pool.query('UPDATE steward.erasures SET raw_searched_at = now()');
    const [clean, mentioned] = [await carriedOut(), await carriedOut()];
    const { certificateId } = await certify(mentioned);
    await certify(clean);
    const before = await stored(mentioned, 'controller');
    await fixture.source.pool.query("INSERT INTO contacts VALUES (1, 'w', NULL, NULL, $1)", [`Ask ${mentioned.email}`]);
    await searchAllWorkspaces(fixture.deps, quietControl());
    const supplements = await Promise.all([clean, mentioned].map(supplementOf));
    expect(supplements).toMatchObject([
      { kind: 'supplement', ordinal: 2, result: 'partially_erased', verification: { method: 'raw_search' } },
      {
        result: 'failed',
        supersedes: null,
        supplements: certificateId,
        verification: { residuals: [{ place: 'crm.contacts.remarks', kind: 'text_left', count: 1 }] },
      },
    ]);
    expect((await stored(mentioned, 'controller')).archive.equals(before.archive)).toBe(true);
    expect(await searchAllWorkspaces(fixture.deps, quietControl())).toEqual({ erasures: 0, left: 0 });
  });

  it('is told to the controller once, by its id and what came of it', async () => {
    const erasing = await carriedOut();
    const { certificateId } = await certify(erasing);
    const mail = createErasureMailActivities(fixture.deps);
    await mail.tellErasure(erasing.ref);
    await mail.tellErasure(erasing.ref);
    expect(fixture.mails).toHaveLength(1);
    expect(fixture.mails[0]).toMatchObject({
      to: 'privacy@harbour.test',
      subject: expect.stringContaining('carried out in part'),
      text: expect.stringContaining(certificateId),
    });
  });

  it('cannot be told before there is one', async () => {
    const { ref } = await fixture.begin('certifying');
    await expect(createErasureMailActivities(fixture.deps).tellErasure(ref)).rejects.toThrow(NotFound);
  });
});
