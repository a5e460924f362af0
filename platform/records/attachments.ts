/** Files attached to searches by hand: rows that name them, and their sealed content in the object storage. */
import type { Readable } from 'node:stream';
import { attachmentContext } from '../../domain/contexts.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Transaction } from '../database.ts';
import { openText } from '../envelope.ts';
import type { KeyRing } from '../keys.ts';
import { openStream } from '../sealed-stream.ts';
import type { ObjectStorage } from '../storage/storage.ts';
import { openDataKey } from './data-keys.ts';

export interface AttachmentRecord {
  readonly id: string;
  readonly taskId: string;
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  /** Lower-case hex, of the file as it was handed in. */
  readonly sha256: string;
  readonly createdBy: string;
  readonly createdAt: Date;
}

interface AttachmentRow {
  readonly id: string;
  readonly task_id: string;
  readonly sealed_name: Buffer;
  readonly media_type: string;
  readonly bytes: string;
  readonly sha256: Buffer;
  readonly storage_key: string;
  readonly created_by: string;
  readonly created_at: Date;
}

interface StoredAttachment extends AttachmentRecord {
  readonly storageKey: string;
}

/** Everything that was attached to a request's tasks lies under this prefix, also what a broken upload has left. */
export const attachmentFolder = ({ workspaceId, requestId }: RequestRef): string =>
  `attachments/${workspaceId}/${requestId}/`;

/** Those of all tasks of a request, in the order attached. Throws SealBroken when the request's data key was destroyed. */
export async function listAttachments(
  trx: Transaction,
  ring: KeyRing,
  ref: RequestRef,
): Promise<readonly AttachmentRecord[]> {
  return (await findAttachments(trx, ring, ref)).map(({ storageKey: _, ...record }) => record);
}

/** The same, with where each lies. */
export async function findAttachments(
  trx: Transaction,
  ring: KeyRing,
  { workspaceId, requestId }: RequestRef,
): Promise<readonly StoredAttachment[]> {
  const rows = await trx('attachments')
    .where({ workspace_id: workspaceId, request_id: requestId })
    .whereNull('removed_at')
    .orderBy(['created_at', 'id'])
    .select<AttachmentRow[]>('*');
  if (rows.length === 0) return [];
  const request = await trx('requests')
    .where({ workspace_id: workspaceId, id: requestId })
    .first<{ data_key_id: string }>('data_key_id');
  const dataKey = await openDataKey(trx, ring, workspaceId, request.data_key_id);
  return rows.map((row) => toRecord(row, dataKey));
}

/** The content of an attachment. Throws ObjectMissing and Unavailable; the stream fails with SealBroken. */
export async function openAttachment(
  storage: ObjectStorage,
  dataKey: Buffer,
  { id, storageKey }: Pick<StoredAttachment, 'id' | 'storageKey'>,
): Promise<Readable> {
  const { stream } = await storage.get(storageKey);
  const opened = openStream(dataKey, attachmentContext(id));
  stream.on('error', (error) => opened.destroy(error));
  opened.on('close', () => stream.destroy());
  return stream.pipe(opened);
}

/** What was attached is in the package, or of no use: with the request's end its content goes. */
export async function deleteAttachments(storage: ObjectStorage, ref: RequestRef): Promise<void> {
  for await (const { key } of storage.list(attachmentFolder(ref))) await storage.delete(key);
}

function toRecord(row: AttachmentRow, dataKey: Buffer): StoredAttachment {
  return {
    id: row.id,
    taskId: row.task_id,
    name: openText(dataKey, row.sealed_name, attachmentContext(row.id)),
    mediaType: row.media_type,
    bytes: Number(row.bytes),
    sha256: row.sha256.toString('hex'),
    createdBy: row.created_by,
    createdAt: row.created_at,
    storageKey: row.storage_key,
  };
}
