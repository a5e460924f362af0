/** Evidence as an erasure leaves it, for tests of certificates. */
import type { CertificateIdentity, ErasureEvidence, RetainedDecision } from '../../../domain/certificate/evidence.ts';
import type { Ground } from '../../../domain/retention/grounds.ts';
import { confidentialHold, taxRule } from '../retention/grounds-fixture.ts';

const ID = '7d9c9d0e-6f0b-4a58-9d0e-3a3f7a1f6f0';

export const identity: CertificateIdentity = {
  certificateId: `${ID}1`,
  kind: 'erasure',
  ordinal: 1,
  issuedAt: '2026-11-24T12:05:00.000Z',
  supersedes: null,
  supplements: null,
};

const keeping = (ground: Ground) => ({ ground, weight: 'keeps', overrideId: undefined }) as const;

/** Invoices, reduced, which everybody may know of. */
export const invoices: RetainedDecision = {
  recordClass: 'billing_record',
  decision: 'pseudonymise',
  rows: 4,
  endsFirst: '2033-01-01T00:00:00.000Z',
  endsLast: '2035-01-01T00:00:00.000Z',
  grounds: [keeping(taxRule)],
};

/** Documents under a hold, of which the person may not know. */
export const heldInConfidence: RetainedDecision = {
  recordClass: 'signed_document',
  decision: 'retain',
  rows: 7,
  endsFirst: null,
  endsLast: null,
  grounds: [keeping(confidentialHold)],
};

/** Some invoices that are also under it. */
export const heldInvoices: RetainedDecision = {
  ...invoices,
  decision: 'retain',
  grounds: [keeping(taxRule), keeping(confidentialHold)],
};

export function evidence(more: Partial<ErasureEvidence> = {}): ErasureEvidence {
  return {
    workspace: { id: `${ID}2`, name: 'Harbour Homes' },
    request: {
      id: `${ID}3`,
      type: 'erasure',
      regime: 'gdpr',
      receivedByControllerAt: '2026-11-01T08:00:00.000Z',
      receivedByProcessorAt: '2026-11-02T08:00:00.000Z',
    },
    instruction: {
      id: `${ID}4`,
      version: 1,
      source: 'support_request',
      attestedAt: '2026-11-02T08:00:00.000Z',
      attestationSha256: 'a'.repeat(64),
    },
    erasure: {
      id: `${ID}5`,
      ordinal: 1,
      plannedAt: '2026-11-20T12:00:00.000Z',
      begunAt: '2026-11-24T12:00:00.000Z',
      erasedAt: '2026-11-24T12:03:00.000Z',
    },
    versions: { dataMap: 'b'.repeat(64), schedule: 'c'.repeat(64), software: '0.1.0' },
    systems: [
      { source: 'crm', status: 'erased', from: '2026-11-24T12:00:01.000Z', to: '2026-11-24T12:02:59.000Z' },
      { source: 'archive', status: 'nothing_erased', from: null, to: null },
    ],
    counts: [
      { source: 'crm', collection: 'crm.contacts', label: 'Contacts', erased: 1, pseudonymised: 0, restricted: 0 },
      { source: 'crm', collection: 'crm.messages', label: 'Messages', erased: 1234, pseudonymised: 0, restricted: 0 },
      { source: 'crm', collection: 'crm.invoices', label: 'Invoices', erased: 0, pseudonymised: 4, restricted: 2 },
    ],
    media: [{ store: 'crm-media', objects: 12 }],
    tree: { leafKeyId: 'tombstone-1', root: 'd'.repeat(64), leaves: 1241 },
    retained: [invoices, heldInConfidence],
    refused: 0,
    backupDays: 35,
    unconnected: [{ system: 'Phone system', outcome: 'nothing_found', statement: 'No call was recorded.' }],
    verification: {
      method: 'rescan',
      at: '2026-11-24T12:04:00.000Z',
      result: 'passed',
      searched: { sources: 2, collections: 41, columns: 57, records: 1239, objects: 12 },
      expected: 11,
      residuals: [],
    },
    approvals: [
      {
        principal: `${ID}6`,
        party: 'controller',
        at: '2026-11-21T09:00:00.000Z',
        decisions: ['crm.contacts', 'crm.notes', 'crm.visits'].map((collection) => ({
          recordClass: 'contact_record',
          source: 'crm',
          collection,
          decision: 'erase' as const,
          keeps: [],
          grounds: [],
        })),
        instruction: { id: `${ID}4`, version: 1 },
      },
    ],
    ...more,
  };
}

/** An erasure after which something was left. */
export function failedEvidence(): ErasureEvidence {
  const { verification, ...rest } = evidence();
  if (verification === undefined) throw new TypeError('The evidence has a verification.');
  const residuals = [{ source: 'crm', place: 'crm.messages', kind: 'found_again', count: 2 }] as const;
  return { ...rest, verification: { ...verification, result: 'failed', residuals } };
}

/** Nothing was found of the person. */
export const nothingFound = (): ErasureEvidence =>
  evidence({
    systems: [{ source: 'crm', status: 'nothing_erased', from: null, to: null }],
    counts: [],
    media: [],
    tree: undefined,
    retained: [],
    verification: undefined,
    approvals: [],
    erasure: { id: `${ID}5`, ordinal: 1, plannedAt: '2026-11-20T12:00:00.000Z', begunAt: null, erasedAt: null },
  });
