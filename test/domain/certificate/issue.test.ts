import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contradictionsIn } from '../../../domain/certificate/contradictions.ts';
import type { ErasureEvidence } from '../../../domain/certificate/evidence.ts';
import { STATEMENTS } from '../../../domain/certificate/format.ts';
import type { CertificateBody } from '../../../domain/certificate/format.ts';
import { certificateFor } from '../../../domain/certificate/issue.ts';
import type { Ground } from '../../../domain/retention/grounds.ts';
import { AUDIENCES } from '../../../domain/retention/words.ts';
import {
  evidence,
  failedEvidence,
  heldInConfidence,
  heldInvoices,
  identity,
  invoices,
  nothingFound,
} from './evidence-fixture.ts';

const issue = (given: ErasureEvidence, audience: CertificateBody['audience'] = 'controller') =>
  certificateFor(given, audience, identity);

describe('a certificate', () => {
  it('counts what was erased, reduced and restricted, and says where and by which ledger', () => {
    const certificate = issue(evidence());
    expect(certificate.totals).toEqual({ erased: 1235, pseudonymised: 4, restricted: 2, objects: 12 });
    expect(certificate.evidence).toMatchObject({ root: 'd'.repeat(64), leaves: 1241 });
    expect(certificate.result).toBe('partially_erased');
    expect(certificate.statement).toBe(STATEMENTS.partially_erased);
  });

  it.each([
    ['erased', evidence({ retained: [], counts: evidence().counts.slice(0, 2) })],
    ['partially_erased', evidence({ retained: [heldInConfidence], counts: evidence().counts.slice(0, 2) })],
    ['partially_erased', evidence({ retained: [], refused: 3, counts: evidence().counts.slice(0, 2) })],
    ['nothing_erased', { ...nothingFound(), refused: 3 }],
    ['failed', failedEvidence()],
    ['nothing_found', nothingFound()],
    ['nothing_erased', { ...nothingFound(), retained: [heldInConfidence] }],
    [
      'nothing_erased',
      { ...nothingFound(), systems: [{ source: 'crm', status: 'not_erasable', from: null, to: null }] as const },
    ],
  ] as const)('says %s when that is so, to every audience', (result, given) => {
    for (const audience of AUDIENCES) expect(issue(given, audience).result).toBe(result);
  });

  it('never calls a failed erasure complete', () => {
    const { result, statement, verification } = issue(failedEvidence(), 'subject');
    expect(result).toBe('failed');
    expect(statement).toContain('certifies no complete erasure');
    expect(verification?.residuals).toEqual([{ source: 'crm', place: 'crm.messages', kind: 'found_again', count: 2 }]);
  });

  it('tells the controller of a hold and the person that something is kept, without class, number or date', () => {
    expect(issue(evidence()).retained.items).toHaveLength(2);
    const told = issue(evidence(), 'subject');
    expect(told.retained).toMatchObject({ items: [{ recordClass: 'billing_record', rows: null }], undisclosed: true });
    expect(JSON.stringify(told)).not.toMatch(/hold"|signed_document|"rows":7|"legal"/);
  });

  it('does not tell the person who approved, what the controller attested, nor how much is kept', () => {
    const told = issue(evidence(), 'subject');
    expect(told.approvals.map(({ principal }) => principal)).toEqual([null]);
    expect(told.instruction.attestationSha256).toBeNull();
    expect(told.verification?.expected).toBeNull();
    expect(told.totals).toMatchObject({ pseudonymised: null, restricted: null });
    expect(told.counts.map(({ collection }) => collection)).toEqual(['crm.contacts', 'crm.messages']);
    expect(told.counts.map(({ pseudonymised }) => pseudonymised)).toEqual([null, null]);
    expect(told.verification?.searched.records).toBeNull();
  });

  it('does not tell the person what people have written of systems that are not connected', () => {
    const system = { system: 'Phone system', outcome: 'nothing_found' };
    expect(issue(evidence(), 'subject').unconnected).toEqual([{ ...system, statement: null }]);
    for (const audience of ['controller', 'processor'] as const)
      expect(issue(evidence(), audience).unconnected).toEqual([{ ...system, statement: 'No call was recorded.' }]);
  });

  it('cites what lets an exception stand', () => {
    const ground: Ground = {
      kind: 'exception',
      exception: 'open_balance',
      force: 'claims',
      purpose: 'dispute',
      party: 'controller',
      visibility: 'subject',
      exemption: 'GDPR Art. 17(3)(e)',
    };
    const grounds = [{ ground, weight: 'keeps', overrideId: undefined } as const];
    const [item] = issue(evidence({ retained: [{ ...invoices, grounds }] }), 'subject').retained.items;
    expect(item?.grounds).toMatchObject([{ kind: 'exception', id: 'open_balance', exemption: 'GDPR Art. 17(3)(e)' }]);
  });

  it('gives no end to what is also kept for a reason that is hidden', () => {
    const [item] = issue(evidence({ retained: [heldInvoices] }), 'subject').retained.items;
    expect(item).toMatchObject({ endsFirst: null, endsLast: null });
  });

  it('makes one item of what looks the same to its audience', () => {
    const some = { ...heldInvoices, rows: 3 };
    const others = { ...invoices, decision: 'retain' as const };
    expect(issue(evidence({ retained: [some, others] })).retained.items).toHaveLength(2);
    expect(issue(evidence({ retained: [some, others] }), 'subject').retained.items).toEqual([
      expect.objectContaining({ rows: null, endsFirst: others.endsFirst, endsLast: null }),
    ]);
    const [item] = issue(evidence({ retained: [others, { ...others, rows: 3 }] })).retained.items;
    expect(item).toMatchObject({ rows: 7, endsLast: others.endsLast });
  });

  it('lists what can outlast the erasure with its end, or that nobody has stated one', () => {
    expect(issue(evidence()).remains).toContainEqual({ where: 'backups', until: '2026-12-29T12:03:00.000Z' });
    expect(issue(evidence({ backupDays: undefined })).remains).toContainEqual({ where: 'backups', until: null });
    expect(issue(nothingFound()).remains).toEqual([]);
  });

  it('contradicts itself nowhere, whatever the figures are', () => {
    fc.assert(
      fc.property(arbitraryEvidence, fc.constantFrom(...AUDIENCES), (given, audience) => {
        expect(contradictionsIn(issue(given, audience))).toEqual([]);
      }),
    );
  });

  it('of one erasure says the same to every audience but for what is not theirs to know', () => {
    fc.assert(
      fc.property(arbitraryEvidence, (given) => {
        const [first, ...others] = AUDIENCES.map((audience) => {
          const { result, totals, evidence: tree, media, remains } = issue(given, audience);
          return { result, erased: totals.erased, root: tree?.root, media, remains };
        });
        for (const other of others) expect(other).toEqual(first);
      }),
    );
  });
});

describe('a contradiction', () => {
  const sound = issue(evidence());
  const told = issue(evidence(), 'subject');

  it.each<[string, CertificateBody]>([
    ['totals.erased', { ...sound, totals: { ...sound.totals, erased: 1236 } }],
    ['totals.objects', { ...sound, media: [] }],
    ['leaves', { ...sound, evidence: sound.evidence && { ...sound.evidence, leaves: 1239 } }],
    ['leaves', { ...sound, evidence: null }],
    ['twice', { ...sound, counts: [...sound.counts, { ...sound.counts[2], erased: 0, pseudonymised: 0 } as never] }],
    ['where nothing was erased', { ...sound, systems: sound.systems.slice(1) }],
    ['no verification', { ...sound, verification: null }],
    ['residuals', { ...sound, verification: sound.verification && { ...sound.verification, result: 'failed' } }],
    ['figures say partially_erased', { ...sound, result: 'erased', statement: STATEMENTS.erased }],
    ['statement', { ...sound, statement: `${sound.statement} Truly.` }],
    ['order', { ...sound, issuedAt: '2026-11-24T11:00:00.000Z' }],
    ['supersedes', { ...sound, supersedes: sound.certificateId }],
    ['supplements', { ...sound, kind: 'supplement' }],
    ['not for the person', { ...told, approvals: sound.approvals }],
    ['not for the person', { ...told, totals: sound.totals }],
  ])('about %s is named', (what, certificate) => {
    expect(contradictionsIn(certificate).join('\n')).toContain(what);
  });
});

const count = fc.nat({ max: 1e6 });

const arbitraryEvidence = fc
  .record({
    counts: fc.array(fc.record({ erased: count, pseudonymised: count, restricted: count }), { maxLength: 5 }),
    objects: count,
    isKept: fc.boolean(),
    isHidden: fc.boolean(),
    residuals: fc.nat({ max: 2 }),
    notErasable: fc.boolean(),
    refused: fc.nat({ max: 2 }),
  })
  .map(({ counts, objects, isKept, isHidden, residuals, notErasable, refused }): ErasureEvidence => {
    const leaves = counts.reduce(
      (sum, { erased, pseudonymised, restricted }) => sum + erased + pseudonymised + restricted,
      0,
    );
    const base = evidence();
    const failed = failedEvidence().verification;
    const verification = residuals > 0 ? failed : base.verification;
    return {
      ...base,
      counts: counts.map((each, index) => ({ source: 'crm', collection: `crm.c${index}`, label: 'C', ...each })),
      media: objects > 0 ? [{ store: 'media', objects }] : [],
      tree: leaves > 0 ? { leafKeyId: 'k', root: 'e'.repeat(64), leaves } : undefined,
      systems: [
        ...base.systems,
        ...(notErasable ? [{ source: 'old', status: 'not_erasable', from: null, to: null } as const] : []),
      ],
      retained: [...(isKept ? [invoices] : []), ...(isHidden ? [heldInConfidence] : [])],
      refused,
      verification: leaves + objects > 0 || residuals > 0 ? verification : undefined,
    };
  });
