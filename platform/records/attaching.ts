/** Puts a file to a search by hand, or takes it away again. It is sealed as it streams in: no plaintext is written. */
import { randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { attachmentContext } from '../../domain/contexts.ts';
import { NotFound, StewardError } from '../../domain/errors.ts';
import type { Database, Transaction } from '../database.ts';
import { sealText } from '../envelope.ts';
import type { KeyRing } from '../keys.ts';
import { sealStream } from '../sealed-stream.ts';
import { Meter } from '../storage/meter.ts';
import type { ObjectStorage, StoredObject } from '../storage/storage.ts';
import { attachmentFolder, listAttachments } from './attachments.ts';
import type { AttachmentRecord } from './attachments.ts';
import type { Caller } from './caller.ts';
import { openDataKey } from './data-keys.ts';
import { lockOpenTask, noteTask } from './manual-tasks.ts';
import { claimKey } from './repeats.ts';
import type { Repeat } from './repeats.ts';

export interface AttachDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly storage: ObjectStorage;
}

export interface TaskRef {
  readonly requestId: string;
  readonly taskId: string;
}

export interface Upload {
  readonly name: string;
  readonly mediaType: string;
  /** Begins to read. Checked as it flows: it fails with what is wrong with it. */
  readonly open: () => Readable;
  /** How a repeat is recognised, when the digest of the content is known. */
  readonly repeatOf: (content: StoredObject) => Repeat;
}

interface Stored {
  readonly id: string;
  readonly storageKey: string;
  readonly plain: StoredObject;
  readonly dataKey: Buffer;
}

/** Throws NotFound and Conflict before anything is read, and what the content fails with; then nothing stays. */
export async function attachFile(
  deps: AttachDeps,
  caller: Caller,
  task: TaskRef,
  upload: Upload,
): Promise<AttachmentRecord> {
  const dataKey = await deps.db.withTenant(caller.workspaceId, async (trx) => {
    const { request } = await lockOpenTask(trx, caller, task.requestId, task.taskId);
    return openDataKey(trx, deps.ring, caller.workspaceId, request.data_key_id);
  });
  const id = randomUUID();
  const ref = { workspaceId: caller.workspaceId, requestId: task.requestId };
  const storageKey = `${attachmentFolder(ref)}${id}`;
  const plain = await store(deps.storage, storageKey, upload.open(), sealStream(dataKey, attachmentContext(id)));
  try {
    const { record, isNew } = await deps.db.withTenant(caller.workspaceId, (trx) =>
      enter(trx, deps.ring, caller, task, upload, { id, storageKey, plain, dataKey }),
    );
    if (!isNew) await deps.storage.delete(storageKey);
    return record;
  } catch (error) {
    await deps.storage.delete(storageKey).catch(() => undefined);
    throw error;
  }
}

/** One failure tears down every stage; the typed one is the cause. */
async function store(
  storage: ObjectStorage,
  key: string,
  content: Readable,
  sealed: ReturnType<typeof sealStream>,
): Promise<StoredObject> {
  const meter = new Meter();
  const outcomes = await Promise.allSettled([storage.put(key, sealed), pipeline(meter.read(content), sealed)]);
  const reasons = outcomes.flatMap((outcome): unknown[] => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (reasons.length > 0) throw reasons.find((reason) => reason instanceof StewardError) ?? reasons[0];
  return meter.result();
}

async function enter(
  trx: Transaction,
  ring: KeyRing,
  caller: Caller,
  { requestId, taskId }: TaskRef,
  { name, mediaType, repeatOf }: Upload,
  { id, storageKey, plain, dataKey }: Stored,
): Promise<{ readonly record: AttachmentRecord; readonly isNew: boolean }> {
  const ref = { workspaceId: caller.workspaceId, requestId };
  const earlier = await claimKey(trx, caller, repeatOf(plain), id);
  if (earlier !== undefined) return { record: await requireAttachment(trx, ring, ref, earlier), isNew: false };
  const { request, task } = await lockOpenTask(trx, caller, requestId, taskId);
  await trx('attachments').insert({
    id,
    workspace_id: caller.workspaceId,
    request_id: requestId,
    task_id: taskId,
    sealed_name: sealText(dataKey, name, attachmentContext(id)),
    media_type: mediaType,
    bytes: plain.bytes,
    sha256: Buffer.from(plain.sha256, 'hex'),
    storage_key: storageKey,
    created_by: caller.principal.id,
    created_at: new Date(),
  });
  const record = await requireAttachment(trx, ring, ref, id);
  const details = { taskId, dataset: task.dataset, attachmentId: id, bytes: plain.bytes };
  await noteTask(trx, caller, request, { kind: 'file_attached', action: 'attachment.added', details });
  return { record, isNew: true };
}

async function requireAttachment(
  trx: Transaction,
  ring: KeyRing,
  ref: { readonly workspaceId: string; readonly requestId: string },
  id: string,
): Promise<AttachmentRecord> {
  const found = (await listAttachments(trx, ring, ref)).find((each) => each.id === id);
  if (!found) throw new NotFound(`There is no attachment ${id}.`);
  return found;
}

/** Takes a file away while its task is open. Throws NotFound and Conflict. */
export async function removeAttachment(
  { db, ring, storage }: AttachDeps,
  caller: Caller,
  { requestId, taskId }: TaskRef,
  id: string,
): Promise<void> {
  const ref = { workspaceId: caller.workspaceId, requestId };
  await db.withTenant(caller.workspaceId, async (trx) => {
    const { request, task } = await lockOpenTask(trx, caller, requestId, taskId);
    const found = await requireAttachment(trx, ring, ref, id);
    if (found.taskId !== taskId) throw new NotFound(`There is no attachment ${id}.`);
    await trx('attachments')
      .where({ workspace_id: caller.workspaceId, id })
      .update({ removed_by: caller.principal.id, removed_at: new Date() });
    const details = { taskId, dataset: task.dataset, attachmentId: id };
    await noteTask(trx, caller, request, { kind: 'file_removed', action: 'attachment.removed', details });
  });
  // What a failure leaves here goes with the request's end.
  await storage.delete(`${attachmentFolder(ref)}${id}`);
}
