/**
 * Wrapped copies of data keys, each an object of its own outside every backup. A restored database takes its keys from here,
 * so that a key which was destroyed is gone from all that was ever backed up.
 */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { SealBroken } from '../../domain/errors.ts';
import type { Database, Transaction } from '../database.ts';
import { listWorkspaceIds } from '../records/unsearched-erasures.ts';
import { ObjectMissing } from '../storage/storage.ts';
import type { ObjectStorage } from '../storage/storage.ts';

const PREFIX = 'data-keys/';
const BATCH = 200;

const stored = z.object({ wrapped: z.base64(), wrappingKeyId: z.string(), createdAt: z.iso.datetime() });

export interface KeyCopy extends z.infer<typeof stored> {
  readonly workspaceId: string;
  readonly id: string;
}

const keyOf = (workspaceId: string, id: string): string => `${PREFIX}${workspaceId}/${id}`;

interface KeyRow {
  readonly id: string;
  readonly wrapped: Buffer;
  readonly wrapping_key_id: string;
  readonly created_at: Date;
}

/**
 * Copies the keys that have no copy yet, and removes the copies of those that were destroyed. What a backup or an entry of the
 * journal refers to must have been copied before it is of use to anybody. Of all workspaces, when none are named. Answers how
 * many of both there were.
 */
export async function copyDataKeys(
  db: Database,
  storage: ObjectStorage,
  workspaces?: readonly string[],
): Promise<{ copied: number; removed: number }> {
  const done = { copied: 0, removed: 0 };
  for (const workspaceId of workspaces ?? (await listWorkspaceIds(db))) {
    for (;;) {
      const copied = await db.withTenant(workspaceId, (trx) => copyBatch(trx, storage, workspaceId));
      const removed = await db.withTenant(workspaceId, (trx) => removeBatch(trx, storage, workspaceId));
      done.copied += copied;
      done.removed += removed;
      if (copied < BATCH && removed < BATCH) break;
    }
  }
  return done;
}

const keysOf = (trx: Transaction, workspaceId: string) =>
  trx('data_keys').withSchema('keys').where({ workspace_id: workspaceId });

async function copyBatch(trx: Transaction, storage: ObjectStorage, workspaceId: string): Promise<number> {
  // Locked, so that none is destroyed between its copy and the note that there is one.
  const rows = await keysOf(trx, workspaceId)
    .whereNull('copied_at')
    .whereNotNull('wrapped')
    .limit(BATCH)
    .forUpdate()
    .select<KeyRow[]>('id', 'wrapped', 'wrapping_key_id', 'created_at');
  for (const { id, wrapped, wrapping_key_id: wrappingKeyId, created_at: createdAt } of rows) {
    const content = JSON.stringify({ wrapped: wrapped.toString('base64'), wrappingKeyId, createdAt });
    await storage.put(keyOf(workspaceId, id), Readable.from([Buffer.from(content)]));
  }
  await mark(trx, workspaceId, rows, new Date());
  return rows.length;
}

async function removeBatch(trx: Transaction, storage: ObjectStorage, workspaceId: string): Promise<number> {
  const rows = await keysOf(trx, workspaceId)
    .whereNotNull('copied_at')
    .whereNull('wrapped')
    .limit(BATCH)
    .forUpdate()
    .select<{ id: string }[]>('id');
  for (const { id } of rows) await storage.deleteVersions(keyOf(workspaceId, id));
  await mark(trx, workspaceId, rows, null);
  return rows.length;
}

async function mark(trx: Transaction, workspaceId: string, rows: readonly { id: string }[], at: Date | null) {
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) await keysOf(trx, workspaceId).whereIn('id', ids).update({ copied_at: at });
}

/**
 * In a database that was restored with its keys: those whose copy is gone were destroyed since, and are again. Answers how many.
 */
export async function destroyGoneKeys(db: Database, storage: ObjectStorage): Promise<number> {
  let destroyed = 0;
  for (const workspaceId of await listWorkspaceIds(db)) {
    const there: string[] = [];
    for await (const { key } of storage.list(`${PREFIX}${workspaceId}/`)) there.push(key.split('/').at(-1) ?? '');
    destroyed += await db.withTenant(workspaceId, (trx) =>
      keysOf(trx, workspaceId)
        .whereNotNull('copied_at')
        .whereNotNull('wrapped')
        .whereRaw('NOT id = ANY (?::uuid[])', [there])
        .update({ wrapped: null, destroyed_at: new Date(), copied_at: null }),
    );
  }
  return destroyed;
}

export async function* readKeyCopies(storage: ObjectStorage): AsyncGenerator<KeyCopy> {
  for await (const { key } of storage.list(PREFIX)) {
    const [, workspaceId = '', id = ''] = key.split('/');
    const copy = await readKeyCopy(storage, workspaceId, id);
    if (copy) yield copy;
  }
}

/** Undefined when the key was destroyed. */
export async function readKeyCopy(
  storage: ObjectStorage,
  workspaceId: string,
  id: string,
): Promise<KeyCopy | undefined> {
  try {
    const { stream } = await storage.get(keyOf(workspaceId, id));
    return { workspaceId, id, ...stored.parse(JSON.parse((await buffer(stream)).toString('utf8'))) };
  } catch (error) {
    if (error instanceof ObjectMissing) return undefined;
    if (error instanceof z.ZodError || error instanceof SyntaxError)
      throw new SealBroken(`What is stored as the copy of the data key ${id} is none.`);
    throw error;
  }
}
