/** The holds of a workspace as a plan weighs them. */
import type { ActiveHold, HoldPurpose } from '../../domain/holds.ts';
import type { Party } from '../../domain/parties.ts';
import type { Audience } from '../../domain/retention/words.ts';
import type { Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import { openHoldIdentities } from './hold-identities.ts';
import type { StoredScope } from './holds.ts';

interface ActiveRow {
  readonly id: string;
  readonly purpose: HoldPurpose;
  readonly party: Party;
  readonly visibility: Audience;
  readonly scope: StoredScope;
  readonly data_key_id: string | null;
}

/**
 * Those that are not released, pending ones included, in the order in which they were placed. To be read after the fences'
 * epochs (design rule 3). Throws SealBroken when it cannot be told any more whom a hold is about: then nothing is erased.
 */
export async function readActiveHolds(
  trx: Transaction,
  ring: KeyRing,
  workspaceId: string,
): Promise<readonly ActiveHold[]> {
  const rows = await trx('holds')
    .where({ workspace_id: workspaceId })
    .whereNot({ state: 'released' })
    .orderBy(['created_at', 'id'])
    .select<ActiveRow[]>('id', 'purpose', 'party', 'visibility', 'scope', 'data_key_id');
  // By their ids: a hold that is released meanwhile must not lose whom it is about, and so become one on everything.
  const keyOfHold = new Map(rows.flatMap(({ id, data_key_id: key }) => (key === null ? [] : [[id, key] as const])));
  const subjects = await openHoldIdentities(trx, ring, workspaceId, keyOfHold);
  return rows.map(({ id, purpose, party, visibility, scope }) => {
    const subject = subjects.get(id);
    return { holdId: id, purpose, party, visibility, scope: subject ? { ...scope, subject } : scope };
  });
}
