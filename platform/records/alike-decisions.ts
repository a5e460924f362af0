/** The decisions of the present plan as a party tells them apart; few, however many records they are about. */
import type { ErasureAction } from '../../domain/erasure.ts';
import { alikeTo } from '../../domain/retention/alike.ts';
import type { DecidedRecords } from '../../domain/retention/alike.ts';
import type { Doubt } from '../../domain/retention/decide.ts';
import type { Audience } from '../../domain/retention/words.ts';
import type { Transaction } from '../database.ts';
import { IS_PENDING, currentDecisions } from './erasure-review.ts';
import type { ErasureRow } from './erasure-review.ts';
import { weighedFrom } from './stored-grounds.ts';
import type { StoredGround } from './stored-grounds.ts';

export interface StoredDecision {
  readonly id: string;
  readonly record_class: string;
  readonly source: string;
  readonly collection: string;
  readonly decision: ErasureAction;
  readonly rows: string;
  readonly keeps: readonly string[];
  readonly ends_first: Date | null;
  readonly ends_last: Date | null;
  readonly grounds: readonly StoredGround[];
  readonly doubts: readonly Doubt[];
  readonly approvals_needed: number;
  readonly pending: boolean;
}

/** What looks the same to a party, and is one decision to it. */
export type AlikeDecisions = readonly [StoredDecision, ...StoredDecision[]];

/** By class, source and collection. */
export async function readAlike(
  trx: Transaction,
  erasure: ErasureRow,
  audience: Audience,
): Promise<readonly AlikeDecisions[]> {
  const rows: readonly StoredDecision[] = await currentDecisions(trx, erasure).select(
    'decisions.*',
    trx.raw(`${IS_PENDING} AS pending`),
  );
  return alikeTo(
    audience,
    rows.toSorted((a, b) => comparePositions(a, b)),
    decidedBy,
  );
}

type Position = Pick<StoredDecision, 'record_class' | 'source' | 'collection' | 'id'>;

/** Of alike decisions the first in this order names all of them. */
export function comparePositions(a: Position, b: Position): number {
  const names = ['record_class', 'source', 'collection', 'id'] as const;
  const name = names.find((each) => a[each] !== b[each]);
  if (name === undefined) return 0;
  return a[name] < b[name] ? -1 : 1;
}

export function decidedBy({
  record_class: recordClass,
  grounds,
  ...row
}: Omit<StoredDecision, 'pending'>): DecidedRecords {
  const { source, collection, decision, keeps } = row;
  return { recordClass, source, collection, decision, keeps, grounds: weighedFrom(grounds) };
}

export const isPending = (alike: AlikeDecisions): boolean => alike.some(({ pending }) => pending);

/** Of decisions given by their ids, how many there are to a party. */
export function countAmong(all: readonly AlikeDecisions[], ids: ReadonlySet<string>): number {
  return all.filter((alike) => alike.some(({ id }) => ids.has(id))).length;
}
