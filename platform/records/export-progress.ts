/** Moves of a workspace export along its statuses, each with its event and its line in the audit log. */
import { Conflict } from '../../domain/errors.ts';
import type { ExportRef, ExportStatus } from '../../domain/workspace-export.ts';
import { STEWARD_ITSELF, appendAudit } from '../audit.ts';
import type { Transaction } from '../database.ts';

export interface ExportEvent {
  readonly kind: string;
  readonly actor?: string;
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
  /** An event with the same word is written once, however often its activity runs. */
  readonly dedupe?: string;
}

/** Writes an event; answers whether it was new. */
export async function recordExportEvent(trx: Transaction, ref: ExportRef, event: ExportEvent): Promise<boolean> {
  const written = await trx('export_events')
    .insert({
      workspace_id: ref.workspaceId,
      export_id: ref.exportId,
      kind: event.kind,
      actor: event.actor ?? null,
      details: JSON.stringify(event.details ?? {}),
      dedupe: event.dedupe ?? null,
    })
    .onConflict(['workspace_id', 'export_id', 'dedupe'])
    .ignore()
    .returning<{ id: string }[]>('id');
  return written.length > 0;
}

/** From which statuses each can come; an end has none after it. */
const BEFORE: Readonly<Record<Exclude<ExportStatus, 'received'>, readonly ExportStatus[]>> = {
  exporting: ['received'],
  completed: ['exporting'],
  cancelled: ['received', 'exporting'],
};

/** Being there already is no error, for activities are repeated. Throws Conflict when the export has ended otherwise. */
export async function moveExport(
  trx: Transaction,
  ref: ExportRef,
  to: Exclude<ExportStatus, 'received'>,
  details: ExportEvent['details'] = {},
): Promise<void> {
  const now = new Date();
  const moved = await trx('workspace_exports')
    .where({ workspace_id: ref.workspaceId, id: ref.exportId })
    .whereIn('status', [...BEFORE[to]])
    .update({ status: to, closed_at: to === 'exporting' ? null : now, updated_at: now });
  if (moved === 0) return requireStatus(trx, ref, to);
  await recordExportEvent(trx, ref, { kind: to, details });
  await appendAudit(trx, ref.workspaceId, {
    actor: STEWARD_ITSELF,
    action: `workspace_export.${to}`,
    subject: { kind: 'workspace_export', id: ref.exportId },
    details,
  });
}

async function requireStatus(trx: Transaction, ref: ExportRef, status: ExportStatus): Promise<void> {
  const row = await trx('workspace_exports')
    .where({ workspace_id: ref.workspaceId, id: ref.exportId })
    .first<{ status: ExportStatus } | undefined>('status');
  if (row?.status !== status)
    throw new Conflict(`The export ${ref.exportId} is ${row?.status ?? 'gone'} and cannot become ${status}.`);
}
