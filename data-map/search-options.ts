/** What a search can be asked beyond "every row that any of the identities leads to, whole". */
import type { Identity } from '../domain/identities.ts';
import type { Combination } from '../domain/request.ts';
import type { CollectionRef } from './model.ts';

/** A row of the source by its key columns. */
interface RowRef {
  readonly collection: CollectionRef;
  readonly key: Readonly<Record<string, unknown>>;
}

/** A row that counts as the person's on somebody's word. */
export interface ConfirmedRow extends RowRef {
  /** It only mentions the person: where it leads is not followed. */
  readonly mention?: boolean;
}

/** What is not handed over although it is the person's: rows, columns of rows, whole columns or whole collections. */
export interface Redaction {
  readonly collection: CollectionRef;
  /** Undefined: every row. */
  readonly key?: Readonly<Record<string, unknown>>;
  /** Undefined: the row. */
  readonly column?: string;
}

/** How a search differs from "every row that any of the identities leads to, whole". */
export interface SearchOptions {
  readonly combine?: Combination;
  /** Types of identity that prove nothing alone: rows found by them count only when confirmed. */
  readonly uncertain?: readonly string[];
  /** Rows that count as the person's on somebody's word. */
  readonly confirmed?: readonly ConfirmedRow[];
  readonly redactions?: readonly Redaction[];
  /** Only what the person provided or what was observed of them (GDPR Art. 20(1)), by the map's word. */
  readonly provided?: boolean;
  /** Identifiers known to be the person's beside those searched with; they stay in texts that others are taken out of. */
  readonly own?: readonly Identity[];
}
