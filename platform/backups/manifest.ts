/**
 * The manifest of a backup, written last: a backup without one is unfinished. It has names of tables, counts and digests, no
 * value of a row, so it lies open; its signature lies beside it.
 */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { BACKUP_FORMAT, BACKUP_WAYS } from '../../domain/backups.ts';
import type { BackupManifest } from '../../domain/backups.ts';
import { NotFound, SealBroken } from '../../domain/errors.ts';
import type { KeyRing } from '../keys.ts';
import { jwsText, publicKeySet, signDetached, verifyDetached } from '../signing.ts';
import { ObjectMissing } from '../storage/storage.ts';
import type { ObjectStorage } from '../storage/storage.ts';
import { prefixOf } from './sealed-parts.ts';

const MANIFEST = 'manifest.json';
const SIGNATURE = 'manifest.jws.json';

const count = z.int().nonnegative();
const object = z.strictObject({ name: z.string(), bytes: count, sha256: z.hex().length(64), storedBytes: count });

const manifest = z.strictObject({
  format: z.literal(BACKUP_FORMAT),
  backupId: z.uuid(),
  source: z.string().nullable(),
  way: z.enum(BACKUP_WAYS),
  snapshotAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  serverVersion: z.string(),
  programVersion: z.string().nullable(),
  migrations: z.array(z.string()),
  tables: z.array(
    z.strictObject({ table: z.string(), rows: count, columns: z.array(z.string()), object: object.nullable() }),
  ),
  partitions: z.array(z.strictObject({ name: z.string(), parent: z.string(), bound: z.string() })),
  sequences: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  archive: object.nullable(),
  keyId: z.string(),
  leftOut: z.array(z.string()),
  totals: z.strictObject({ tables: count, rows: count, bytes: count, storedBytes: count }),
});

export async function storeManifest(storage: ObjectStorage, ring: KeyRing, made: BackupManifest): Promise<void> {
  const prefix = prefixOf(made.source, made.backupId);
  const document = Buffer.from(`${JSON.stringify(made, null, 2)}\n`);
  const signature = Buffer.from(jwsText(await signDetached(ring, document)));
  await storage.put(`${prefix}/${SIGNATURE}`, Readable.from([signature]));
  await storage.put(`${prefix}/${MANIFEST}`, Readable.from([document]));
}

/** Throws NotFound; SealBroken when it is none of ours; SignatureInvalid when its signature is not by a key of the ring. */
export async function readManifest(storage: ObjectStorage, ring: KeyRing, prefix: string): Promise<BackupManifest> {
  const document = await readObject(storage, `${prefix}/${MANIFEST}`);
  const signature = await readObject(storage, `${prefix}/${SIGNATURE}`);
  await verifyDetached(document, parsed(signature), publicKeySet(ring));
  const read = manifest.safeParse(parsed(document));
  if (!read.success || prefixOf(read.data.source, read.data.backupId) !== prefix)
    throw new SealBroken('What is stored as the manifest of a backup is none that this version knows.');
  return read.data;
}

/** Prefixes of the backups that are whole, in no particular order. */
export async function* listBackups(storage: ObjectStorage): AsyncGenerator<string> {
  for await (const { key } of storage.list('backups/'))
    if (key.endsWith(`/${MANIFEST}`)) yield key.slice(0, -MANIFEST.length - 1);
}

/** The manifest first, so that what is half deleted is no backup any more. */
export async function deleteBackup(storage: ObjectStorage, prefix: string): Promise<void> {
  await storage.deleteVersions(`${prefix}/${MANIFEST}`);
  const keys: string[] = [];
  for await (const { key } of storage.list(`${prefix}/`)) keys.push(key);
  for (const key of keys) await storage.deleteVersions(key);
}

async function readObject(storage: ObjectStorage, key: string): Promise<Buffer> {
  try {
    const { stream } = await storage.get(key);
    return await buffer(stream);
  } catch (error) {
    if (error instanceof ObjectMissing) throw new NotFound('There is no such backup in the object storage.');
    throw error;
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
