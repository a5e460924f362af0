/** Whom a hold is about: identities sealed with a data key of the hold's own, and found again by their blind indexes. */
import { holdIdentityContext } from '../../domain/contexts.ts';
import { SealBroken } from '../../domain/errors.ts';
import type { HoldRef } from '../../domain/holds.ts';
import type { Identity } from '../../domain/identities.ts';
import type { Transaction } from '../database.ts';
import { openText, sealText } from '../envelope.ts';
import type { KeyRing } from '../keys.ts';
import { blindIndex, blindIndexes } from '../pseudonyms.ts';
import { openDataKeys } from './data-keys.ts';
import type { DataKey } from './data-keys.ts';
import type { CheckedIdentity } from './identities.ts';

export async function insertHoldIdentities(
  trx: Transaction,
  ring: KeyRing,
  { workspaceId, holdId, dataKey }: HoldRef & { readonly dataKey: DataKey },
  identities: readonly CheckedIdentity[],
): Promise<void> {
  await trx('hold_identities').insert(
    identities.map(({ type, value, canonical }, ordinal) => ({
      workspace_id: workspaceId,
      hold_id: holdId,
      ordinal,
      type,
      sealed_value: sealText(dataKey.bytes, value, holdIdentityContext(holdId)),
      blind_index: blindIndex(ring, workspaceId, type, canonical),
    })),
  );
}

interface SealedRow {
  readonly hold_id: string;
  readonly type: string;
  readonly sealed_value: Buffer;
}

/** By hold, each given with its data key. Throws SealBroken when a key is gone, or nobody is there whom a hold is about. */
export async function openHoldIdentities(
  trx: Transaction,
  ring: KeyRing,
  workspaceId: string,
  keyOfHold: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, readonly Identity[]>> {
  const rows = await trx('hold_identities')
    .where({ workspace_id: workspaceId })
    .whereIn('hold_id', [...keyOfHold.keys()])
    .orderBy(['hold_id', 'ordinal'])
    .select<SealedRow[]>('hold_id', 'type', 'sealed_value');
  const byHold = Map.groupBy(rows, (row) => row.hold_id);
  const keys = await openDataKeys(trx, ring, workspaceId, [...keyOfHold.values()]);
  return new Map(
    [...keyOfHold].map(([holdId, keyId]) => {
      const [key, sealed] = [keys.get(keyId), byHold.get(holdId)];
      if (!key || !sealed) throw new SealBroken(`The identities of the hold ${holdId} are gone.`);
      return [holdId, sealed.map((row) => open(row, key))];
    }),
  );
}

function open({ hold_id, type, sealed_value }: SealedRow, key: Buffer): Identity {
  return { type, value: openText(key, sealed_value, holdIdentityContext(hold_id)) };
}

/** The active holds that name a person by any of the identities, by the identity. */
export async function findHoldsNaming(
  trx: Transaction,
  ring: KeyRing,
  workspaceId: string,
  identities: readonly CheckedIdentity[],
): Promise<ReadonlyMap<CheckedIdentity, readonly string[]>> {
  const indexes = new Map(identities.map((each) => [each, hexIndexes(ring, workspaceId, each)] as const));
  const wanted = [...new Set([...indexes.values()].flat())].map((hex) => Buffer.from(hex, 'hex'));
  const rows = await trx('hold_identities')
    .join('holds', { 'holds.workspace_id': 'hold_identities.workspace_id', 'holds.id': 'hold_identities.hold_id' })
    .where({ 'hold_identities.workspace_id': workspaceId })
    .whereNot({ 'holds.state': 'released' })
    .whereRaw('blind_index = ANY (?)', [wanted])
    .select<{ hold_id: string; blind_index: Buffer }[]>('hold_identities.hold_id', 'blind_index');
  const byIndex = Map.groupBy(rows, ({ blind_index }) => blind_index.toString('hex'));
  const holdsOf = (hexes: readonly string[]) =>
    hexes.flatMap((hex) => (byIndex.get(hex) ?? []).map(({ hold_id }) => hold_id));
  return new Map([...indexes].map(([identity, hexes]) => [identity, holdsOf(hexes)]));
}

const hexIndexes = (ring: KeyRing, workspaceId: string, { type, canonical }: CheckedIdentity): readonly string[] =>
  blindIndexes(ring, workspaceId, type, canonical).map((index) => index.toString('hex'));
