/** What Steward's database says of an export and of one of its sources; every step reads it afresh. */
import { Conflict, InvalidDataMap, NotFound, SnapshotLost } from '../../domain/errors.ts';
import type { ExportFormat, ExportRef, ExportStatus, SourceRef } from '../../domain/workspace-export.ts';
import type { DataMap } from '../../data-map/model.ts';
import type { ExportedCollection } from '../../data-map/workspace-sql.ts';
import type { Config } from '../../platform/config.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { openDataKey } from '../../platform/records/data-keys.ts';
import type { Sources } from '../../platform/sources.ts';
import type { ObjectStorage } from '../../platform/storage/storage.ts';

export interface ExportDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly map: DataMap;
  readonly sources: Sources;
  readonly storage: ObjectStorage;
  readonly packages: Config['packages'];
  readonly exports: Config['exports'];
}

export interface ExportFacts {
  readonly status: ExportStatus;
  readonly formats: readonly ExportFormat[];
  readonly includeRedacted: boolean;
  readonly instruction: { readonly id: string; readonly version: number };
  readonly workspaceName: string;
  readonly mapVersion: string | null;
  readonly dataKey: { readonly id: string; readonly bytes: Buffer };
}

/** What is read of a source, and what is not. */
export interface SourcePlan {
  readonly collections: readonly (ExportedCollection & { readonly rows: number })[];
  readonly leftOut: readonly { readonly collection: string; readonly reason: string }[];
}

export interface SourceFacts {
  readonly tenantKey: string;
  readonly snapshotId: string | null;
  readonly snapshotAt: Date | null;
  readonly plan: SourcePlan | null;
}

interface ExportRow {
  readonly status: ExportStatus;
  readonly formats: readonly ExportFormat[];
  readonly include_redacted: boolean;
  readonly instruction_id: string;
  readonly instruction_version: number;
  readonly data_key_id: string;
  readonly map_version: string | null;
  readonly workspace_name: string;
}

/** Throws NotFound; SealBroken when the data key was destroyed. */
export async function readExportFacts(trx: Transaction, ring: KeyRing, ref: ExportRef): Promise<ExportFacts> {
  const row = await trx('workspace_exports')
    .join('workspaces', { 'workspaces.id': 'workspace_exports.workspace_id' })
    .where({ 'workspace_exports.workspace_id': ref.workspaceId, 'workspace_exports.id': ref.exportId })
    .first<ExportRow | undefined>('workspace_exports.*', { workspace_name: 'workspaces.name' });
  if (!row) throw new NotFound(`There is no export ${ref.exportId}.`);
  return {
    status: row.status,
    formats: row.formats,
    includeRedacted: row.include_redacted,
    instruction: { id: row.instruction_id, version: row.instruction_version },
    workspaceName: row.workspace_name,
    mapVersion: row.map_version,
    dataKey: { id: row.data_key_id, bytes: await openDataKey(trx, ring, ref.workspaceId, row.data_key_id) },
  };
}

/** Throws Conflict when the export has ended, as by a cancellation. */
export async function requireRunning(trx: Transaction, ring: KeyRing, ref: ExportRef): Promise<ExportFacts> {
  const facts = await readExportFacts(trx, ring, ref);
  if (facts.status !== 'exporting') throw new Conflict(`The export ${ref.exportId} is ${facts.status}.`);
  return facts;
}

interface SourceRow {
  readonly generation: number;
  readonly snapshot_id: string | null;
  readonly snapshot_at: Date | null;
  readonly plan: SourcePlan | null;
  readonly tenant_key: string | null;
}

/** Throws SnapshotLost when the source has begun again meanwhile: what belongs to an older snapshot must not go on. */
export async function readSourceFacts(trx: Transaction, ref: SourceRef): Promise<SourceFacts> {
  const row = await trx('export_sources')
    .leftJoin('workspace_sources', {
      'workspace_sources.workspace_id': 'export_sources.workspace_id',
      'workspace_sources.source': 'export_sources.source',
    })
    .where({
      'export_sources.workspace_id': ref.workspaceId,
      'export_sources.export_id': ref.exportId,
      'export_sources.source': ref.source,
    })
    .first<SourceRow | undefined>('export_sources.*', 'workspace_sources.tenant_key');
  if (!row) throw new NotFound(`The export ${ref.exportId} has no source ${ref.source}.`);
  if (row.generation !== ref.generation)
    throw new SnapshotLost(`The source ${ref.source} of the export ${ref.exportId} has begun again.`);
  if (row.tenant_key === null) throw new InvalidDataMap(`The source ${ref.source} does not know the workspace.`);
  return { tenantKey: row.tenant_key, snapshotId: row.snapshot_id, snapshotAt: row.snapshot_at, plan: row.plan };
}

/** Where everything of an export is stored. */
export const exportFolder = ({ workspaceId, exportId }: ExportRef): string => `exports/${workspaceId}/${exportId}/`;

/** The filter of a source's rows. */
export const ofSource = ({ workspaceId, exportId, source }: SourceRef) => ({
  workspace_id: workspaceId,
  export_id: exportId,
  source,
});
