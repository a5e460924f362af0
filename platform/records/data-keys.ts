/** Data keys as they lie in the database: wrapped, each bound to its own id. */
import { randomUUID } from 'node:crypto';
import { dataKeyContext } from '../../domain/contexts.ts';
import { SealBroken } from '../../domain/errors.ts';
import type { Transaction } from '../database.ts';
import { newDataKey, unwrapDataKey, wrapDataKey } from '../envelope.ts';
import type { KeyRing } from '../keys.ts';

export interface DataKey {
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Buffer;
}

export async function createDataKey(trx: Transaction, ring: KeyRing, workspaceId: string): Promise<DataKey> {
  const key = freshDataKey();
  await saveDataKey(trx, ring, workspaceId, key);
  return key;
}

/** To seal something before the transaction that records it. */
export const freshDataKey = (): DataKey => ({ id: randomUUID(), bytes: newDataKey() });

export async function saveDataKey(trx: Transaction, ring: KeyRing, workspaceId: string, key: DataKey): Promise<void> {
  const wrapped = wrapDataKey(ring, key.bytes, dataKeyContext(key.id));
  await trx('data_keys')
    .withSchema('keys')
    .insert({ id: key.id, workspace_id: workspaceId, wrapped: wrapped.bytes, wrapping_key_id: wrapped.keyId });
}

/** Throws SealBroken when the key was destroyed, or does not open with the ring. */
export async function openDataKey(trx: Transaction, ring: KeyRing, workspaceId: string, id: string): Promise<Buffer> {
  const row = await trx('data_keys')
    .withSchema('keys')
    .where({ workspace_id: workspaceId, id })
    .first<{ wrapped: Buffer | null; wrapping_key_id: string } | undefined>('wrapped', 'wrapping_key_id');
  if (!row?.wrapped) throw new SealBroken(`The data key ${id} was destroyed.`);
  return unwrapDataKey(ring, { keyId: row.wrapping_key_id, bytes: row.wrapped }, dataKeyContext(id));
}

/** The key that a request's texts are sealed with. Throws SealBroken. */
export async function openRequestKey(
  trx: Transaction,
  ring: KeyRing,
  workspaceId: string,
  requestId: string,
): Promise<Buffer> {
  const request = await trx('requests')
    .where({ workspace_id: workspaceId, id: requestId })
    .first<{ data_key_id: string }>('data_key_id');
  return openDataKey(trx, ring, workspaceId, request.data_key_id);
}

/** Several at once, by id. Throws SealBroken like `openDataKey`. */
export async function openDataKeys(
  trx: Transaction,
  ring: KeyRing,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Buffer>> {
  const rows = await trx('data_keys')
    .withSchema('keys')
    .where({ workspace_id: workspaceId })
    .whereIn('id', [...ids])
    .select<{ id: string; wrapped: Buffer | null; wrapping_key_id: string }[]>('id', 'wrapped', 'wrapping_key_id');
  const found = new Map(rows.map((row) => [row.id, row]));
  return new Map(
    ids.map((id) => {
      const row = found.get(id);
      if (!row?.wrapped) throw new SealBroken(`The data key ${id} was destroyed.`);
      return [id, unwrapDataKey(ring, { keyId: row.wrapping_key_id, bytes: row.wrapped }, dataKeyContext(id))];
    }),
  );
}
