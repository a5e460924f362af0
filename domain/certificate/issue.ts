/** From the evidence of an erasure to what its certificate says to one audience. */
import { lookOf } from '../retention/alike.ts';
import { groundsFor } from '../retention/rendering.ts';
import type { ShownGround } from '../retention/rendering.ts';
import type { Audience } from '../retention/words.ts';
import type { ApprovalEvidence, CertificateIdentity, ErasureEvidence, RetainedDecision } from './evidence.ts';
import { CERTIFICATE_FORMAT, LEAF_ALGORITHM, STATEMENTS, TREE_ALGORITHM } from './format.ts';
import type {
  CertificateBody,
  CertificateResult,
  CertifiedApproval,
  CertifiedCount,
  CertifiedGround,
  Remainder,
  RetainedItem,
  Verification,
} from './format.ts';

const DAY_MS = 86_400_000;

export function certificateFor(
  evidence: ErasureEvidence,
  audience: Audience,
  identity: CertificateIdentity,
): CertificateBody {
  const { workspace, request, instruction, erasure, versions, systems, counts, media, unconnected } = evidence;
  const result = resultOf(evidence);
  return {
    format: CERTIFICATE_FORMAT,
    ...identity,
    audience,
    result,
    statement: STATEMENTS[result],
    workspace,
    request,
    instruction: audience === 'subject' ? { ...instruction, attestationSha256: null } : instruction,
    erasure,
    versions,
    systems,
    counts: countsFor(counts, audience),
    media,
    totals: { ...totalsOf(evidence), ...(audience === 'subject' && UNCOUNTED) },
    evidence: treeFor(evidence, audience),
    retained: retainedFor(evidence, audience),
    remains: remainsOf(evidence),
    subprocessors: { connected: 0, told: [] },
    unconnected: audience === 'subject' ? unconnected.map((each) => ({ ...each, statement: null })) : unconnected,
    verification: verificationFor(evidence.verification, audience),
    approvals: evidence.approvals.map((each) => approvalFor(each, audience)),
  };
}

/** How many records are kept, reduced or marked, is not for the person: one that is kept in confidence would be counted. */
const UNCOUNTED = { pseudonymised: null, restricted: null };

/** A collection of which nothing was erased is there for what is kept of it alone. */
function countsFor(counts: readonly CertifiedCount[], audience: Audience): readonly CertifiedCount[] {
  if (audience !== 'subject') return counts;
  return counts.filter(({ erased }) => erased > 0).map((each) => ({ ...each, ...UNCOUNTED }));
}

/** The same for every audience: what is kept in confidence is kept all the same, and "nothing retained" would be untrue. */
export function resultOf(evidence: ErasureEvidence): CertificateResult {
  const { erased, pseudonymised, objects } = totalsOf(evidence);
  const isRetained = evidence.refused > 0 || evidence.retained.some(({ rows }) => rows > 0);
  const isBeyondReach = evidence.systems.some(({ status }) => status === 'not_erasable');
  if (evidence.verification?.result === 'failed') return 'failed';
  if (erased + pseudonymised + objects === 0) return isRetained || isBeyondReach ? 'nothing_erased' : 'nothing_found';
  return isRetained || isBeyondReach || pseudonymised > 0 ? 'partially_erased' : 'erased';
}

function totalsOf({ counts, media }: ErasureEvidence) {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    erased: sum(counts.map(({ erased }) => erased)),
    pseudonymised: sum(counts.map(({ pseudonymised }) => pseudonymised ?? 0)),
    restricted: sum(counts.map(({ restricted }) => restricted ?? 0)),
    objects: sum(media.map(({ objects }) => objects)),
  };
}

function treeFor({ tree }: ErasureEvidence, audience: Audience): CertificateBody['evidence'] {
  if (tree === undefined) return null;
  const shown = audience === 'subject' ? { ...tree, leaves: null } : tree;
  return { leaf: LEAF_ALGORITHM, tree: TREE_ALGORITHM, ...shown };
}

/**
 * An item of which the audience may know no ground is not an item to it: its class and its number would tell of one. Items
 * that look the same to it are one, for their parting would tell of what is hidden.
 */
function retainedFor(
  { retained: decisions, refused }: ErasureEvidence,
  audience: Audience,
): CertificateBody['retained'] {
  const shown = decisions.filter(({ rows }) => rows > 0).map((each) => retainedItem(each, audience));
  const alike = Map.groupBy(
    shown.filter(({ item }) => item.grounds.length > 0).map(({ item }) => item),
    ({ recordClass, decision, grounds }) => JSON.stringify([recordClass, decision, grounds]),
  );
  const items = [...alike.values()].map((each) => each.reduce(together));
  return {
    items,
    undisclosed: shown.some(({ hidden }) => hidden),
    refused: refused === 0 ? null : { rows: audience === 'subject' ? null : refused },
  };
}

function retainedItem(
  { grounds: weighed, ...item }: RetainedDecision,
  audience: Audience,
): { readonly item: RetainedItem; readonly hidden: boolean } {
  const { grounds, hidden } = groundsFor(audience, weighed);
  return {
    hidden,
    item: {
      ...item,
      rows: audience === 'subject' ? null : item.rows,
      grounds: grounds.filter(({ weight }) => weight === 'keeps').map(certified),
      // The end is that of all grounds together, those that are hidden included.
      ...(hidden && { endsFirst: null, endsLast: null }),
    },
  };
}

function certified({ kind, id, version, force, requirement, purpose, party, exemption }: ShownGround): CertifiedGround {
  return { kind, id, version, force, requirement, purpose, party, exemption };
}

function together(one: RetainedItem, other: RetainedItem): RetainedItem {
  return {
    ...one,
    rows: one.rows === null || other.rows === null ? null : one.rows + other.rows,
    endsFirst: sooner(one.endsFirst, other.endsFirst),
    endsLast: one.endsLast === null || other.endsLast === null ? null : later(one.endsLast, other.endsLast),
  };
}

/** All are written alike, so their texts are in the order of their times. An end that is not known is not the first. */
const sooner = (a: string | null, b: string | null): string | null =>
  a === null || b === null ? (a ?? b) : a < b ? a : b;
const later = (a: string, b: string): string => (a > b ? a : b);

/** Replicas follow within moments, and nobody has measured them; so does what a source does with its logs. */
function remainsOf({ erasure, backupDays }: ErasureEvidence): readonly Remainder[] {
  if (erasure.erasedAt === null) return [];
  const end =
    backupDays === undefined ? null : new Date(Date.parse(erasure.erasedAt) + backupDays * DAY_MS).toISOString();
  return [
    { where: 'backups', until: end },
    // Logs that are kept are kept for restoring backups, and end with them.
    { where: 'write_ahead_logs', until: end },
    { where: 'replicas', until: null },
  ];
}

/** How many records are left as expected, or were looked for by their keys, would tell the person how many are kept. */
function verificationFor(verification: Verification | undefined, audience: Audience): Verification | null {
  if (verification === undefined) return null;
  if (audience !== 'subject') return verification;
  return { ...verification, expected: null, searched: { ...verification.searched, records: null } };
}

/** Decisions that look the same to the audience are counted as one, for their number would tell what is hidden. */
function approvalFor({ decisions, ...approval }: ApprovalEvidence, audience: Audience): CertifiedApproval {
  const looks = new Set(decisions.map((each) => lookOf(audience, each)));
  return { ...approval, ...(audience === 'subject' && { principal: null }), decisions: looks.size };
}
