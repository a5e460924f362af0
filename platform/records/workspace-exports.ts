/** Exports of a workspace as the API files, steers and shows them. */
import { randomUUID } from 'node:crypto';
import { WAYS_OUT } from '../../domain/blockers.ts';
import { Conflict, NotFound } from '../../domain/errors.ts';
import type { ExportFormat, ExportStatus } from '../../domain/workspace-export.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import type { Caller } from './caller.ts';
import { createDataKey } from './data-keys.ts';
import { recordExportEvent } from './export-progress.ts';
import { auditChoice, chooseInstruction } from './instruction-choice.ts';
import type { InstructionChoice } from './instruction-choice.ts';
import type { InstructionRef } from './instructions.ts';
import { readPage } from './paging.ts';
import type { Page, PageRequest } from './paging.ts';
import { claimKey } from './repeats.ts';
import type { Repeat } from './repeats.ts';
import type { RequestRecord } from './requests.ts';

export interface ExportFiling {
  readonly formats: readonly ExportFormat[];
  readonly includeRedacted: boolean;
  readonly instruction: InstructionChoice;
  /** Kept beside the audit log. */
  readonly note?: string | undefined;
}

export interface ExportRecord {
  readonly id: string;
  readonly status: ExportStatus;
  readonly formats: readonly ExportFormat[];
  readonly includeRedacted: boolean;
  readonly instruction: InstructionRef;
  readonly mapVersion: string | null;
  /** What is stored by now, of what is planned by now. */
  readonly progress: {
    readonly parts: number;
    readonly plannedParts: number;
    readonly rows: number;
    readonly plannedRows: number;
    readonly files: number;
    readonly missingFiles: number;
    readonly bytes: number;
  };
  /** How often a source was begun again because its snapshot was lost. */
  readonly restarts: number;
  readonly blockedBy: RequestRecord['blockedBy'];
  readonly blockedSince: Date | null;
  readonly wayOut: string | null;
  readonly needsAttention: boolean;
  readonly createdAt: Date;
  readonly closedAt: Date | null;
}

/** What a finished export is downloaded as, part 0 with the manifest first. */
interface DownloadablePart {
  readonly part: number;
  readonly packageId: string;
  readonly status: 'ready' | 'expired' | 'deleted';
  readonly bytes: number;
  readonly sha256: string;
  readonly expiresAt: Date;
}

interface ExportEventRecord {
  readonly at: Date;
  readonly kind: string;
  readonly actor: string | null;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

export interface ExportDetails extends ExportRecord {
  readonly parts: readonly DownloadablePart[];
  readonly events: readonly ExportEventRecord[];
}

/**
 * Files an export and the message that starts its run; answers its id, which is the earlier one's for a repeat. Throws
 * Conflict, with the id of the export that is running, when there is one; InvalidInput when the instruction cannot be used.
 */
export async function fileExport(
  db: Database,
  ring: KeyRing,
  caller: Caller,
  filing: ExportFiling,
  repeat: Repeat,
): Promise<string> {
  requireWholeWorkspace(caller);
  return db.withTenant(caller.workspaceId, async (trx) => {
    const exportId = randomUUID();
    const earlier = await claimKey(trx, caller, repeat, exportId);
    if (earlier !== undefined) return earlier;
    await refuseSecond(trx, caller);
    await enter(trx, ring, caller, exportId, filing);
    return exportId;
  });
}

/** The lock makes two calls at once take turns; the index behind it would answer with an error of its own. */
async function refuseSecond(trx: Transaction, { workspaceId }: Caller): Promise<void> {
  await trx.raw('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [`workspace export ${workspaceId}`]);
  const running = await trx('workspace_exports')
    .where({ workspace_id: workspaceId })
    .whereNull('closed_at')
    .first<{ id: string } | undefined>('id');
  if (running)
    throw new Conflict('An export of this workspace is running; wait for it, or cancel it.', {
      resourceId: running.id,
    });
}

async function enter(trx: Transaction, ring: KeyRing, caller: Caller, id: string, filing: ExportFiling): Promise<void> {
  const { workspaceId, principal } = caller;
  const instruction = await chooseInstruction(trx, caller, filing.instruction, {
    type: 'workspace_export',
    pointer: '/instruction/id',
  });
  const dataKey = await createDataKey(trx, ring, workspaceId);
  const now = new Date();
  await trx('workspace_exports').insert({
    id,
    workspace_id: workspaceId,
    status: 'received',
    formats: [...filing.formats],
    include_redacted: filing.includeRedacted,
    instruction_id: instruction.ref.id,
    instruction_version: instruction.ref.version,
    filed_by: principal.id,
    data_key_id: dataKey.id,
    created_at: now,
    updated_at: now,
  });
  const details = { formats: filing.formats.join(','), includeRedacted: filing.includeRedacted };
  await recordExportEvent(trx, { workspaceId, exportId: id }, { kind: 'received', actor: principal.id, details });
  await trx('outbox').insert({ workspace_id: workspaceId, export_id: id, message: 'start' });
  await auditChoice(trx, caller, instruction);
  await appendAudit(trx, workspaceId, {
    actor: principal,
    action: 'workspace_export.received',
    subject: { kind: 'workspace_export', id },
    instruction: instruction.ref,
    details,
    ...(filing.note === undefined ? {} : { note: filing.note }),
  });
}

/** Asks for the end of an export; asking again changes nothing. Throws NotFound, and Conflict when it has ended. */
export async function cancelExport(db: Database, caller: Caller, id: string): Promise<void> {
  requireWholeWorkspace(caller);
  const ref = { workspaceId: caller.workspaceId, exportId: id };
  await db.withTenant(caller.workspaceId, async (trx) => {
    const row = await requireRow(trx, caller, id);
    if (row.closed_at !== null) throw new Conflict(`The export is ${row.status}: there is nothing left to cancel.`);
    const event = { kind: 'cancel_requested', actor: caller.principal.id, dedupe: 'cancel_requested' };
    if (!(await recordExportEvent(trx, ref, event))) return;
    await trx('outbox').insert({ workspace_id: caller.workspaceId, export_id: id, message: 'cancel' });
    await appendAudit(trx, caller.workspaceId, {
      actor: caller.principal,
      action: 'workspace_export.cancel_requested',
      subject: { kind: 'workspace_export', id },
    });
  });
}

/** Newest first. */
export async function listExports(db: Database, caller: Caller, page: PageRequest): Promise<Page<ExportRecord>> {
  requireWholeWorkspace(caller);
  return db.withTenant(caller.workspaceId, async (trx) => {
    const query = withProgress(trx).where({ 'workspace_exports.workspace_id': caller.workspaceId });
    const { rows, last } = await readPage<ExportRow>(query, 'workspace_exports', page);
    return { rows: rows.map(toRecord), last };
  });
}

/** Throws NotFound. */
export async function readExport(db: Database, caller: Caller, id: string): Promise<ExportDetails> {
  requireWholeWorkspace(caller);
  const owner = { workspace_id: caller.workspaceId, export_id: id };
  return db.withTenant(caller.workspaceId, async (trx) => ({
    ...toRecord(await requireRow(trx, caller, id)),
    parts: await readParts(trx, owner),
    events: await trx('export_events')
      .where(owner)
      .orderBy('id')
      .select<ExportEventRecord[]>('at', 'kind', 'actor', 'details'),
  }));
}

async function readParts(trx: Transaction, owner: object): Promise<readonly DownloadablePart[]> {
  const rows = await trx('packages').where(owner).orderBy('part').select<
    {
      id: string;
      part: number;
      status: DownloadablePart['status'];
      bytes: string;
      sha256: Buffer;
      expires_at: Date;
    }[]
  >('id', 'part', 'status', 'bytes', 'sha256', 'expires_at');
  return rows.map((row) => ({
    part: row.part,
    packageId: row.id,
    status: row.status === 'ready' && row.expires_at <= new Date() ? 'expired' : row.status,
    bytes: Number(row.bytes),
    sha256: row.sha256.toString('hex'),
    expiresAt: row.expires_at,
  }));
}

/** A team's key sees its team's requests, and no export: that holds every team's rows. */
function requireWholeWorkspace({ principal }: Caller): void {
  if (principal.teamId !== undefined)
    throw new NotFound('There are no exports for the key of a team: an export holds the whole workspace.');
}

interface ExportRow {
  readonly id: string;
  readonly status: ExportStatus;
  readonly formats: readonly ExportFormat[];
  readonly include_redacted: boolean;
  readonly instruction_id: string;
  readonly instruction_version: number;
  readonly map_version: string | null;
  readonly needs_attention: boolean;
  readonly blocked_by: ExportRecord['blockedBy'];
  readonly blocked_since: Date | null;
  readonly created_at: Date;
  readonly closed_at: Date | null;
  readonly progress: ExportRecord['progress'];
  readonly restarts: number;
}

function withProgress(trx: Transaction) {
  const stored = `FILTER (WHERE state = 'stored')`;
  const progress = `(SELECT json_build_object('parts', count(*) ${stored}, 'plannedParts', count(*),
      'rows', coalesce(sum(rows) ${stored}, 0), 'plannedRows', coalesce(sum(planned_rows), 0),
      'files', coalesce(sum(files), 0), 'missingFiles', coalesce(sum(missing_files), 0), 'bytes', coalesce(sum(bytes), 0))
    FROM export_parts part WHERE (part.workspace_id, part.export_id) = (workspace_exports.workspace_id, workspace_exports.id)
    ) AS progress`;
  const restarts = `(SELECT coalesce(sum(greatest(generation - 1, 0)), 0)::integer FROM export_sources source
    WHERE (source.workspace_id, source.export_id) = (workspace_exports.workspace_id, workspace_exports.id)) AS restarts`;
  return trx('workspace_exports').select('workspace_exports.*', trx.raw(progress), trx.raw(restarts));
}

async function requireRow(trx: Transaction, { workspaceId }: Caller, id: string): Promise<ExportRow> {
  const row = await withProgress(trx)
    .where({ 'workspace_exports.workspace_id': workspaceId, 'workspace_exports.id': id })
    .first<ExportRow | undefined>();
  if (!row) throw new NotFound(`There is no export ${id} of this workspace.`);
  return row;
}

function toRecord(row: ExportRow): ExportRecord {
  return {
    id: row.id,
    status: row.status,
    formats: row.formats,
    includeRedacted: row.include_redacted,
    instruction: { id: row.instruction_id, version: row.instruction_version },
    mapVersion: row.map_version,
    progress: row.progress,
    restarts: row.restarts,
    blockedBy: row.blocked_by,
    blockedSince: row.blocked_since,
    wayOut: row.blocked_by && WAYS_OUT[row.blocked_by],
    needsAttention: row.needs_attention,
    createdAt: row.created_at,
    closedAt: row.closed_at,
  };
}
