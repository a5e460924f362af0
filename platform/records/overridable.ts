/** Whether what somebody wants to override is in the review, and whose right that is. */
import { Conflict, InvalidInput } from '../../domain/errors.ts';
import type { HeldRecord } from '../../domain/holds.ts';
import type { Party } from '../../domain/parties.ts';
import { overriderOf } from '../../domain/retention/grounds.ts';
import type { Ground, OverrideKind } from '../../domain/retention/grounds.ts';
import { maySee } from '../../domain/retention/rendering.ts';
import type { Audience } from '../../domain/retention/words.ts';
import type { Transaction } from '../database.ts';
import type { Caller } from './caller.ts';
import { currentDecisions } from './erasure-review.ts';
import type { ErasureRow } from './erasure-review.ts';
import { weighedFrom } from './stored-grounds.ts';
import type { StoredGround } from './stored-grounds.ts';

interface GroundTarget {
  readonly kind: OverrideKind;
  /** A rule's id or an exception's name. */
  readonly ground: string;
}

/** In whose right something can be overridden, and who may know of it. */
export interface Overridable {
  readonly inRightOf: Party;
  readonly visibility: Audience;
}

/**
 * Of a ground of the review that somebody wants to override. One that the caller may not see is as if it were not there.
 * Throws InvalidInput and Conflict.
 */
export async function requireOverridable(
  trx: Transaction,
  { principal }: Caller,
  erasure: ErasureRow,
  { kind, ground }: GroundTarget,
): Promise<Overridable> {
  const named = await groundsNamed(trx, erasure, ground);
  const seen = named.filter(({ visibility }) => maySee(principal.party, visibility));
  const [found] = seen.toSorted((a, b) => versionOf(b) - versionOf(a));
  if (found === undefined) throw badGround('No record of this review has a ground of this name.');
  if (found.kind === 'hold') throw new Conflict('A hold cannot be overridden; it ends by its release alone.');
  if (found.kind === 'override') throw new Conflict('It is an override itself; withdraw it.');
  if (found.kind === 'reference') throw new Conflict('Other records refer to it; decide on those.');
  if (kind === 'keep' && found.force !== 'business_default')
    throw badGround('It keeps its records by itself; only a business default needs a decision that it stands.');
  const overrider = overriderOf(found);
  if (overrider === 'nobody') throw new Conflict('The retention schedule lets nobody override this rule.');
  return { inRightOf: overrider, visibility: found.visibility };
}

const versionOf = (ground: Ground): number => (ground.kind === 'rule' ? ground.version : 0);

async function groundsNamed(trx: Transaction, erasure: ErasureRow, name: string): Promise<readonly Ground[]> {
  const rows: { weighed: StoredGround }[] = await currentDecisions(trx, erasure)
    .joinRaw('CROSS JOIN LATERAL jsonb_array_elements(decisions.grounds) AS weighed')
    .whereRaw(
      `? IN (weighed->'ground'->>'ruleId', weighed->'ground'->>'exception', weighed->'ground'->>'holdId',
       weighed->'ground'->>'overrideId')`,
      [name],
    )
    .distinct('weighed');
  return weighedFrom(rows.map(({ weighed }) => weighed)).map(({ ground }) => ground);
}

function badGround(detail: string): Error {
  return new InvalidInput('The ground cannot be overridden so.', { fields: [{ pointer: '/ground', detail }] });
}

/** The person gets to know that data is kept, not that somebody has decided so. Throws InvalidInput when the review is about no record of the collection. */
export async function requireRecordOfReview(
  trx: Transaction,
  erasure: ErasureRow,
  { collection }: HeldRecord,
): Promise<Overridable> {
  const found = await currentDecisions(trx, erasure).where({ collection }).first('id');
  if (found !== undefined) return { inRightOf: 'controller', visibility: 'controller' };
  const fields = [{ pointer: '/record/collection', detail: 'This review is about no record of this collection.' }];
  throw new InvalidInput('The record is not in the review.', { fields });
}
