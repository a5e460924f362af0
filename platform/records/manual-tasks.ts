/** Searches of systems that are not connected: each is a task of a request, which somebody does and closes. */
import { randomUUID } from 'node:crypto';
import { identityContext, statementContext } from '../../domain/contexts.ts';
import { Conflict, NotFound } from '../../domain/errors.ts';
import type { Identity, IdentityFormat } from '../../domain/identities.ts';
import type { TaskOutcome, TaskStatus } from '../../domain/release.ts';
import { isFinal } from '../../domain/request.ts';
import type { ManualSearches, RequestRef } from '../../domain/runs.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import { openText, sealText } from '../envelope.ts';
import type { KeyRing } from '../keys.ts';
import { leaveMessage } from '../outbox.ts';
import { listAttachments } from './attachments.ts';
import type { AttachmentRecord } from './attachments.ts';
import type { Caller } from './caller.ts';
import { openDataKey } from './data-keys.ts';
import { countOf } from './paging.ts';
import { claimKey } from './repeats.ts';
import type { Repeat } from './repeats.ts';
import { recordEvent } from './request-progress.ts';
import { lockRequest, readRequest } from './requests.ts';
import type { RequestRow } from './requests.ts';

export interface NewTask {
  /** The dataset of the data map that it is about. */
  readonly dataset: string;
  readonly title: string;
  readonly instructions: string;
  readonly assignee: string | undefined;
  readonly identityTypes: readonly string[];
}

export interface TaskRecord {
  readonly id: string;
  readonly dataset: string;
  readonly title: string;
  readonly instructions: string;
  readonly assignee: string | null;
  /** By which of the request's identities the system can be searched; their values are revealed one task at a time. */
  readonly identityTypes: readonly string[];
  readonly status: TaskStatus;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  readonly closedBy: string | null;
  readonly attachments: readonly AttachmentRecord[];
}

export interface TaskRow {
  readonly id: string;
  readonly request_id: string;
  readonly dataset: string;
  readonly title: string;
  readonly instructions: string;
  readonly assignee: string | null;
  readonly identity_types: readonly string[];
  readonly status: TaskStatus;
  readonly sealed_statement: Buffer | null;
  readonly opened_at: Date;
  readonly closed_at: Date | null;
  readonly closed_by: string | null;
}

/** Opens the tasks that the request does not have yet; answers how many are open. */
export async function openTasks(trx: Transaction, ref: RequestRef, tasks: readonly NewTask[]): Promise<number> {
  const now = new Date();
  const rows = tasks.map((task) => ({
    id: randomUUID(),
    workspace_id: ref.workspaceId,
    request_id: ref.requestId,
    dataset: task.dataset,
    title: task.title,
    instructions: task.instructions,
    assignee: task.assignee ?? null,
    identity_types: [...task.identityTypes],
    status: 'open',
    opened_at: now,
  }));
  if (rows.length === 0) return 0;
  const opened = await trx('manual_tasks')
    .insert(rows)
    .onConflict(['workspace_id', 'request_id', 'dataset'])
    .ignore()
    .returning<{ id: string; dataset: string }[]>(['id', 'dataset']);
  for (const { id, dataset } of opened)
    await recordEvent(trx, ref, { kind: 'task_opened', details: { taskId: id, dataset } });
  return (await countSearches(trx, ref)).open;
}

export async function countSearches(trx: Transaction, ref: RequestRef): Promise<ManualSearches> {
  const ofRequest = { workspace_id: ref.workspaceId, request_id: ref.requestId };
  const open = await countOf(trx('manual_tasks').where({ ...ofRequest, status: 'open' }));
  const attachments = await countOf(trx('attachments').where(ofRequest).whereNull('removed_at'));
  return { open, attachments };
}

/** All tasks of a request, in the order opened. */
export async function findTasks(trx: Transaction, ref: RequestRef): Promise<readonly TaskRow[]> {
  return trx('manual_tasks')
    .where({ workspace_id: ref.workspaceId, request_id: ref.requestId })
    .orderBy(['opened_at', 'dataset'])
    .select<TaskRow[]>('*');
}

/** With the request's end nobody needs to search any more. */
export async function cancelTasks(trx: Transaction, ref: RequestRef): Promise<void> {
  await trx('manual_tasks')
    .where({ workspace_id: ref.workspaceId, request_id: ref.requestId, status: 'open' })
    .update({ status: 'cancelled', closed_at: new Date() });
}

/** Throws NotFound when there is no such request. */
export async function listTasks(
  db: Database,
  ring: KeyRing,
  caller: Caller,
  requestId: string,
): Promise<readonly TaskRecord[]> {
  const ref = { workspaceId: caller.workspaceId, requestId };
  return db.withTenant(caller.workspaceId, async (trx) => {
    await readRequest(trx, caller, requestId);
    const attachments = Map.groupBy(await listAttachments(trx, ring, ref), ({ taskId }) => taskId);
    return (await findTasks(trx, ref)).map((row) => toRecord(row, attachments.get(row.id) ?? []));
  });
}

export interface RevealedIdentity extends Identity {
  readonly format: IdentityFormat;
}

/**
 * The identities that a system can be searched by, for whoever searches it. Every reveal is in the audit log and in the
 * timeline. Throws NotFound; Conflict when the task is closed.
 */
export async function revealIdentities(
  db: Database,
  ring: KeyRing,
  caller: Caller,
  requestId: string,
  taskId: string,
): Promise<readonly RevealedIdentity[]> {
  return db.withTenant(caller.workspaceId, async (trx) => {
    const { request, task } = await lockOpenTask(trx, caller, requestId, taskId);
    const dataKey = await openDataKey(trx, ring, caller.workspaceId, request.data_key_id);
    const rows = await trx('request_identities')
      .where({ workspace_id: caller.workspaceId, request_id: requestId })
      .whereIn('type', [...task.identity_types])
      .orderBy('ordinal')
      .select<{ type: string; format: IdentityFormat; sealed_value: Buffer }[]>('type', 'format', 'sealed_value');
    const details = { taskId, dataset: task.dataset, identities: rows.length };
    await noteTask(trx, caller, request, { kind: 'identities_revealed', action: 'task.identities_revealed', details });
    return rows.map(({ type, format, sealed_value: sealed }) => ({
      type,
      format,
      value: openText(dataKey, sealed, identityContext(requestId)),
    }));
  });
}

export interface TaskClosing {
  readonly outcome: TaskOutcome;
  /** For the person to read, in the package. */
  readonly statement?: string | undefined;
  /** Kept beside the audit log. */
  readonly note?: string | undefined;
}

/**
 * Closes a task and tells the request's run. Throws NotFound; Conflict when the task is closed already, or when files are
 * attached to what found nothing, or none to what was found.
 */
export async function closeTask(
  db: Database,
  ring: KeyRing,
  caller: Caller,
  requestId: string,
  taskId: string,
  { outcome, statement, note }: TaskClosing,
  repeat: Repeat,
): Promise<void> {
  const ref = { workspaceId: caller.workspaceId, requestId };
  await db.withTenant(caller.workspaceId, async (trx) => {
    if ((await claimKey(trx, caller, repeat, taskId)) !== undefined) return;
    const { request, task } = await lockOpenTask(trx, caller, requestId, taskId);
    const attachments = (await listAttachments(trx, ring, ref)).filter((each) => each.taskId === taskId).length;
    requireAgreement(outcome, attachments, statement);
    const dataKey = await openDataKey(trx, ring, caller.workspaceId, request.data_key_id);
    await trx('manual_tasks')
      .where({ workspace_id: caller.workspaceId, id: taskId })
      .update({
        status: outcome,
        sealed_statement: statement === undefined ? null : sealText(dataKey, statement, statementContext(taskId)),
        closed_by: caller.principal.id,
        closed_at: new Date(),
      });
    await leaveMessage(trx, ref, 'review');
    const details = { taskId, dataset: task.dataset, outcome, attachments };
    await noteTask(trx, caller, request, { kind: 'task_closed', action: 'task.closed', details, note });
  });
}

function requireAgreement(outcome: TaskOutcome, attachments: number, statement: string | undefined): void {
  if (outcome === 'nothing_found' && attachments > 0)
    throw new Conflict('Files are attached to this task; remove them, or close it as found.');
  if (outcome === 'found' && attachments === 0 && statement === undefined)
    throw new Conflict('Nothing is attached to this task; attach what was found, or say it in a statement.');
}

/** A task that can still be worked on, with its request locked. Throws NotFound and Conflict. */
export async function lockOpenTask(
  trx: Transaction,
  caller: Caller,
  requestId: string,
  taskId: string,
): Promise<{ readonly request: RequestRow; readonly task: TaskRow }> {
  const request = await lockRequest(trx, caller, requestId);
  const task = await trx('manual_tasks')
    .where({ workspace_id: caller.workspaceId, request_id: requestId, id: taskId })
    .forUpdate()
    .first<TaskRow | undefined>();
  if (!task) throw new NotFound(`Request ${requestId} has no task ${taskId}.`);
  if (isFinal(request.status)) throw new Conflict(`The request is ${request.status}.`);
  if (task.status !== 'open') throw new Conflict(`The task is closed: ${task.status}.`);
  return { request, task };
}

interface TaskNote {
  readonly kind: string;
  readonly action: string;
  readonly details: Readonly<Record<string, string | number>>;
  readonly note?: string | undefined;
}

/** The timeline's and the audit log's line of something done in a task; last in the transaction. */
export async function noteTask(
  trx: Transaction,
  { workspaceId, principal }: Caller,
  request: RequestRow,
  { kind, action, details, note }: TaskNote,
): Promise<void> {
  await recordEvent(trx, { workspaceId, requestId: request.id }, { kind, actor: principal.id, details });
  await appendAudit(trx, workspaceId, {
    actor: principal,
    action,
    subject: { kind: 'request', id: request.id },
    details,
    ...(request.instruction_id !== null && request.instruction_version !== null
      ? { instruction: { id: request.instruction_id, version: request.instruction_version } }
      : {}),
    ...(note === undefined ? {} : { note }),
  });
}

function toRecord(row: TaskRow, attachments: readonly AttachmentRecord[]): TaskRecord {
  return {
    id: row.id,
    dataset: row.dataset,
    title: row.title,
    instructions: row.instructions,
    assignee: row.assignee,
    identityTypes: row.identity_types,
    status: row.status,
    openedAt: row.opened_at,
    closedAt: row.closed_at,
    closedBy: row.closed_by,
    attachments,
  };
}
