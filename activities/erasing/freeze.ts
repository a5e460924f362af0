/**
 * Writes down in a source what is to be erased there, in the transaction in which it was found and weighed. Nothing that
 * nobody approved is written: a combination of grounds that is new, or has more records than were approved, makes the whole
 * plan stale.
 */
import { ALL_BUT_MENTIONS, changesNothing } from '../../data-map/erasing/masks.ts';
import { beginFreezing, dropUntouched, freeze, freezeObjects, writeDecided } from '../../data-map/erasing/targets.ts';
import type { DecidedGroup, Freezing } from '../../data-map/erasing/targets.ts';
import type { PlannedCollection } from '../../data-map/plan.ts';
import type { ErasureAction } from '../../domain/erasure.ts';
import { Statements } from '../searching/statements.ts';
import type { Erasable } from './erasable.ts';
import type { ClientBase } from 'pg';

/** A combination of grounds in a collection, with how many records have it. */
export interface FoundGroup {
  readonly source: string;
  readonly collection: PlannedCollection;
  readonly combination: string;
  readonly decision: { readonly decision: ErasureAction; readonly keeps: readonly string[] };
  readonly rows: number;
  /** Records of others in which the person is only mentioned: they lose the mention alone, and are not restricted. */
  readonly isOthers?: boolean;
}

/** A decision of the present plan that needs nobody's word any more. */
export interface ApprovedDecision {
  readonly source: string;
  /** Its name in the map. */
  readonly collection: string;
  readonly combination: string;
  readonly decision: ErasureAction;
  readonly keeps: readonly string[];
  readonly rows: number;
}

/** Whether every group was approved as it is now. Fewer records than were approved are no news. */
export function areApproved(groups: readonly FoundGroup[], approved: readonly ApprovedDecision[]): boolean {
  const known = new Map(approved.map((each) => [nameOf(each.source, each.collection, each.combination), each]));
  return groups.every(({ source, collection, combination, decision: { decision, keeps }, rows }) => {
    const found = known.get(nameOf(source, collection.ref, combination));
    if (rows === 0) return true;
    return found?.decision === decision && found.rows >= rows && sameNames(found.keeps, keeps);
  });
}

const nameOf = (...parts: readonly string[]): string => JSON.stringify(parts);
const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted());

export interface Frozen extends Freezing {
  readonly groups: readonly FoundGroup[];
}

/**
 * In the open transaction of the weighing, which commits it. Answers false when the plan was frozen before, by an attempt
 * that died afterwards. Throws InvalidDataMap when rows cannot be erased or masked.
 */
export async function freezeSource(client: ClientBase, erasable: Erasable, frozen: Frozen): Promise<boolean> {
  const { plan } = erasable;
  const statements = new Statements(client, plan.source);
  const { rowCount } = await statements.run(beginFreezing(frozen));
  if (rowCount === 0) return false;
  await statements.run(dropUntouched(frozen));
  const decided = frozen.groups.flatMap((group) => decidedGroup(erasable, group));
  for (const each of writeDecided(decided)) await statements.run(each);
  for (const collection of plan.collections) {
    await statements.run(freeze(collection, frozen));
    for (const each of freezeObjects(collection, frozen)) await statements.run(each);
  }
  return true;
}

/** Masked before anything is written, so that a row which cannot be is said at once. */
function decidedGroup(erasable: Erasable, { collection, combination, decision, ...group }: FoundGroup): DecidedGroup[] {
  if (group.rows === 0) return [];
  const named = { collection, combination };
  if (decision.decision === 'erase') return [{ ...named, fate: 'delete', keeps: [] }];
  if (decision.decision === 'pseudonymise') {
    const keeps = group.isOthers === true ? [ALL_BUT_MENTIONS] : decision.keeps;
    const isChanged = !changesNothing(erasable.masking(collection, keeps));
    return isChanged ? [{ ...named, fate: 'pseudonymise', keeps }] : [];
  }
  const isMarked = collection.restriction !== undefined && group.isOthers !== true;
  return isMarked ? [{ ...named, fate: 'restrict', keeps: [] }] : [];
}
