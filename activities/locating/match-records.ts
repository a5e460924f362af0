/** Matches as they are kept: each row by which identity it was found, how surely, and what a person decided about it. */
import type { ConfirmedRow } from '../../data-map/search-options.ts';
import { hintContext, identityContext } from '../../domain/contexts.ts';
import type { Identity } from '../../domain/identities.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Transaction } from '../../platform/database.ts';
import { sealText } from '../../platform/envelope.ts';
import type { Inquiry } from '../inquiry.ts';
import type { DirectMatch } from './direct-matches.ts';
import { hintOf } from './hints.ts';
import { rowId } from './weigh-matches.ts';
import type { Weighed } from './weigh-matches.ts';

export type WeighedMatch = Weighed<DirectMatch>;

/** What persons have decided, by `rowId`. */
export type Decisions = ReadonlyMap<string, 'accepted' | 'rejected'>;

interface DecidedRow {
  readonly source: string;
  readonly collection: string;
  readonly row_key: Readonly<Record<string, string>>;
  readonly review: 'accepted' | 'rejected';
}

const ownerOf = (ref: RequestRef) => ({ workspace_id: ref.workspaceId, request_id: ref.requestId });

export async function readDecisions(trx: Transaction, ref: RequestRef): Promise<Decisions> {
  const rows = await trx('match_records')
    .where(ownerOf(ref))
    .whereIn('review', ['accepted', 'rejected'])
    .select<DecidedRow[]>('source', 'collection', 'row_key', 'review');
  return new Map(rows.map((row) => [rowId({ ...row, key: row.row_key }), row.review]));
}

/** The rows that weak identifiers found and that count: probably the person's, or accepted by a reviewer. */
export async function readConfirmed(trx: Transaction, ref: RequestRef): Promise<readonly ConfirmedRow[]> {
  const rows = await trx('match_records')
    .where({ ...ownerOf(ref), uncertain: true })
    .where((either) => {
      void either.where({ review: 'accepted' }).orWhere({ confidence: 'probable', review: null });
    })
    .orderBy('id')
    .select<(Pick<DecidedRow, 'collection' | 'row_key'> & { mention: boolean })[]>('collection', 'row_key', 'mention');
  return rows.map((row) => ({ collection: row.collection, key: row.row_key, mention: row.mention }));
}

/** Replaces what an earlier search found, but for what was decided since. */
export async function saveMatches(
  trx: Transaction,
  ref: RequestRef,
  { dataKey }: Inquiry,
  matched: readonly WeighedMatch[],
  decisions: Decisions,
): Promise<void> {
  await trx('match_records')
    .where(ownerOf(ref))
    .where((undecided) => {
      void undecided.whereNull('review').orWhere({ review: 'pending' });
    })
    .delete();
  const createdAt = new Date();
  // Each request's person is a subject of their own until somebody merges two.
  const rows = recordsOf(matched, decisions).map(({ match, identity, isPending }) => ({
    ...ownerOf(ref),
    subject_id: ref.requestId,
    source: match.source,
    collection: match.collection,
    row_key: JSON.stringify(match.key),
    identity_ordinal: identity,
    confidence: match.confidence,
    uncertain: match.weak,
    mention: match.mention,
    review: isPending ? 'pending' : null,
    sealed_hint: isPending ? sealText(dataKey.bytes, JSON.stringify(hintOf(match)), hintContext(ref.requestId)) : null,
    created_at: createdAt,
  }));
  if (rows.length > 0) await trx.batchInsert('match_records', rows, 500);
}

interface MatchRecord {
  readonly match: WeighedMatch;
  readonly identity: number;
  readonly isPending: boolean;
}

const STRENGTH = { exact: 0, probable: 1, weak: 2 } as const;

/** One a row and identity, the surest; a row that is certain needs nobody's word, and one that does asks for it once. */
function recordsOf(matched: readonly WeighedMatch[], decisions: Decisions): readonly MatchRecord[] {
  const surest = matched.toSorted((a, b) => STRENGTH[a.confidence] - STRENGTH[b.confidence]);
  const records = new Map<string, MatchRecord>();
  const seen = new Set<string>();
  for (const match of surest) {
    const row = rowId(match);
    const isWeak = match.confidence === 'weak';
    if (decisions.has(row) && match.weak) continue;
    for (const identity of match.identities) {
      const id = `${row} ${identity}`;
      if (records.has(id) || (isWeak && seen.has(row))) continue;
      records.set(id, { match, identity, isPending: isWeak });
      seen.add(row);
    }
  }
  return [...records.values()];
}

/** Keeps the values that digests stand for, and the other addresses and numbers of rows that are the person's. */
export async function saveIdentifiers(
  trx: Transaction,
  ref: RequestRef,
  { dataKey, identities }: Inquiry,
  own: readonly Identity[],
): Promise<void> {
  await trx('person_identifiers').where(ownerOf(ref)).delete();
  const meant = identities.flatMap(({ type, equals = [] }, ordinal) =>
    equals.map((value) => ({ type, value, ordinal })),
  );
  const rows = [...meant, ...own.map((each) => ({ ...each, ordinal: null }))].map(
    ({ type, value, ordinal }, place) => ({
      ...ownerOf(ref),
      ordinal: place,
      identity_ordinal: ordinal,
      type,
      sealed_value: sealText(dataKey.bytes, value, identityContext(ref.requestId)),
    }),
  );
  if (rows.length > 0) await trx.batchInsert('person_identifiers', rows, 500);
}
