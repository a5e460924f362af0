/** An export's beginning, each new beginning of a source, and its withdrawal. */
import { InvalidDataMap } from '../../domain/errors.ts';
import type { ExportOrder, ExportRef, ExportResult, SourceRef } from '../../domain/workspace-export.ts';
import { STEWARD_ITSELF, appendAudit } from '../../platform/audit.ts';
import type { Transaction } from '../../platform/database.ts';
import { moveExport, recordExportEvent } from '../../platform/records/export-progress.ts';
import type { ObjectStorage } from '../../platform/storage/storage.ts';
import type { ExportDeps } from './export-facts.ts';
import { exportFolder, ofSource, readExportFacts, requireRunning } from './export-facts.ts';

/**
 * Answers what is to be gone through; undefined when the instruction is no longer in force, and then the export is withdrawn.
 * Throws Conflict when it has ended; InvalidDataMap when no source of the map knows the workspace.
 */
export async function beginExport(deps: ExportDeps, ref: ExportRef): Promise<ExportOrder | undefined> {
  const { db, ring, map, exports } = deps;
  return db.withTenant(ref.workspaceId, async (trx) => {
    const facts = await readExportFacts(trx, ring, ref);
    if (!(await isInForce(trx, ref, facts.instruction))) {
      await recordExportEvent(trx, ref, { kind: 'instruction_not_in_force', dedupe: 'instruction_not_in_force' });
      return undefined;
    }
    await moveExport(trx, ref, 'exporting');
    const sources = await knownSources(trx, ref, [...new Set(map.datasets.map(({ source }) => source))]);
    await trx('workspace_exports')
      .where({ workspace_id: ref.workspaceId, id: ref.exportId })
      .update({ map_version: map.version });
    await trx('export_sources')
      .insert(sources.map((source) => ({ workspace_id: ref.workspaceId, export_id: ref.exportId, source })))
      .onConflict(['workspace_id', 'export_id', 'source'])
      .ignore();
    return { sources, window: exports.parallel };
  });
}

async function isInForce(
  trx: Transaction,
  ref: ExportRef,
  instruction: { id: string; version: number },
): Promise<boolean> {
  const found = await trx('instructions')
    .where({ workspace_id: ref.workspaceId, ...instruction })
    .whereNull('revoked_at')
    .where('valid_from', '<=', trx.fn.now())
    .whereRaw("coalesce(valid_until, 'infinity') > now()")
    .first('id');
  return found !== undefined;
}

async function knownSources(trx: Transaction, ref: ExportRef, mapped: readonly string[]): Promise<readonly string[]> {
  const rows = await trx('workspace_sources')
    .where({ workspace_id: ref.workspaceId })
    .whereIn('source', [...mapped])
    .orderBy('source')
    .select<{ source: string }[]>('source');
  if (rows.length === 0) throw new InvalidDataMap(`No source of the data map knows the workspace ${ref.workspaceId}.`);
  return rows.map(({ source }) => source);
}

/**
 * Opens a generation of a source: what the one before has made is removed, all of it, and it is said that it was lost. A
 * repeat changes nothing.
 */
export async function beginGeneration(deps: ExportDeps, ref: SourceRef): Promise<void> {
  await deps.db.withTenant(ref.workspaceId, async (trx) => {
    await requireRunning(trx, deps.ring, ref);
    const row = await trx('export_sources')
      .where(ofSource(ref))
      .forUpdate()
      .first<{ generation: number } | undefined>('generation');
    if (row === undefined || row.generation >= ref.generation) return;
    const lost = await trx('export_parts')
      .where({ ...ofSource(ref), state: 'stored' })
      .count<{ count: string }[]>();
    await trx('export_parts').where(ofSource(ref)).delete();
    await trx('export_sources')
      .where(ofSource(ref))
      .update({ generation: ref.generation, snapshot_id: null, snapshot_at: null, plan: null });
    if (ref.generation > 1) await sayRestarted(trx, ref, Number(lost[0]?.count ?? 0));
  });
  await removeGenerationsBefore(deps.storage, ref);
}

async function sayRestarted(trx: Transaction, ref: SourceRef, partsLost: number): Promise<void> {
  const { source, generation } = ref;
  const details = { source, generation, partsLost };
  await recordExportEvent(trx, ref, { kind: 'source_restarted', details, dedupe: `restarted:${source}:${generation}` });
  await appendAudit(trx, ref.workspaceId, {
    actor: STEWARD_ITSELF,
    action: 'workspace_export.source_restarted',
    subject: { kind: 'workspace_export', id: ref.exportId },
    details,
  });
}

async function removeGenerationsBefore(storage: ObjectStorage, ref: SourceRef): Promise<void> {
  const folder = `${exportFolder(ref)}${ref.source}/`;
  for await (const { key } of storage.list(folder)) {
    const [generation] = key.slice(folder.length).split('/');
    if (Number(generation) < ref.generation) await storage.delete(key);
  }
}

/** Ends an export that was cancelled: nothing of it stays. When it had ended before, that stands. */
export async function withdrawExport(deps: ExportDeps, ref: ExportRef): Promise<ExportResult> {
  const { status } = await deps.db.withTenant(ref.workspaceId, (trx) => readExportFacts(trx, deps.ring, ref));
  if (status === 'completed') return { status };
  await deps.db.withTenant(ref.workspaceId, async (trx) => {
    await moveExport(trx, ref, 'cancelled');
    await trx('export_parts').where({ workspace_id: ref.workspaceId, export_id: ref.exportId }).delete();
  });
  for await (const { key } of deps.storage.list(exportFolder(ref))) await deps.storage.delete(key);
  return { status: 'cancelled' };
}
