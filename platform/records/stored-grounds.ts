/** The grounds of a decision as they lie in the database: what the engine gave, with dates as JSON writes them. */
import type { WeighedGround } from '../../domain/retention/decide.ts';
import type { Ground } from '../../domain/retention/grounds.ts';

/** JSON has no dates, and leaves out what is undefined. */
type Stored<T> = T extends { readonly until: Date | undefined } ? Omit<T, 'until'> & { readonly until?: string } : T;

export interface StoredGround {
  readonly ground: Stored<Ground>;
  readonly weight: WeighedGround['weight'];
  readonly overrideId?: string;
}

export function weighedFrom(stored: readonly StoredGround[]): readonly WeighedGround[] {
  return stored.map(({ ground, weight, overrideId }) => ({ ground: groundFrom(ground), weight, overrideId }));
}

function groundFrom(stored: Stored<Ground>): Ground {
  if (stored.kind !== 'rule' && stored.kind !== 'reference') return stored;
  return { ...stored, until: stored.until === undefined ? undefined : new Date(stored.until) };
}
