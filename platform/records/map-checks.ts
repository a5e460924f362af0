/** What is known to the whole platform about the data map: checks of it, and the keys by which sources know workspaces. */
import { randomUUID } from 'node:crypto';
import { NotFound } from '../../domain/errors.ts';
import { summaryOf } from '../../domain/map-check.ts';
import type { MapCheck, MapCheckSummary, MapFinding } from '../../domain/map-check.ts';
import type { Principal } from '../../domain/parties.ts';
import { PLATFORM_CHAIN, STEWARD_ITSELF, appendAudit } from '../audit.ts';
import type { Database } from '../database.ts';
import { readPage } from './paging.ts';
import type { Page, PageRequest } from './paging.ts';

export interface MapCheckRecord extends MapCheck, MapCheckSummary {
  readonly id: string;
  readonly at: Date;
}

interface MapCheckRow {
  readonly id: string;
  readonly created_at: Date;
  readonly map_version: string;
  readonly tables: number;
  readonly columns: number;
  readonly errors: number;
  readonly warnings: number;
  readonly findings: readonly MapFinding[];
}

/** Source name to the values of its tenant columns that stand for workspaces. */
export async function readTenantKeys(db: Database): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await db.withPlatform((trx) =>
    trx('workspace_sources').select<{ source: string; tenant_key: string }[]>('source', 'tenant_key'),
  );
  const groups = Map.groupBy(rows, ({ source }) => source);
  return new Map([...groups].map(([source, own]) => [source, own.map(({ tenant_key }) => tenant_key)]));
}

/** Keeps a finished check, and says so in the platform's audit log. */
export async function saveMapCheck(db: Database, check: MapCheck): Promise<MapCheckSummary> {
  const summary = summaryOf(check);
  await db.withPlatform(async (trx) => {
    const id = randomUUID();
    const { mapVersion, tables, columns, findings } = check;
    await trx('map_checks').insert({
      id,
      created_at: new Date(),
      map_version: mapVersion,
      tables,
      columns,
      ...summary,
      findings: JSON.stringify(findings),
    });
    await appendAudit(trx, PLATFORM_CHAIN, {
      actor: STEWARD_ITSELF,
      action: 'data_map.checked',
      subject: { kind: 'map_check', id },
      details: { mapVersion, ...summary },
    });
  });
  return summary;
}

/** The newest first, without their findings. */
export async function listMapChecks(db: Database, page: PageRequest): Promise<Page<Omit<MapCheckRecord, 'findings'>>> {
  return db.withPlatform(async (trx) => {
    const columns = ['id', 'created_at', 'map_version', 'tables', 'columns', 'errors', 'warnings'];
    const query = trx('map_checks').select(columns);
    const { rows, last } = await readPage<Omit<MapCheckRow, 'findings'>>(query, 'map_checks', page);
    return { rows: rows.map(toRecord), last };
  });
}

/** Throws NotFound. */
export async function readMapCheck(db: Database, id: string): Promise<MapCheckRecord> {
  const row = await db.withPlatform((trx) => trx('map_checks').where({ id }).first<MapCheckRow | undefined>());
  if (!row) throw new NotFound(`There is no check ${id} of the data map.`);
  return { ...toRecord(row), findings: row.findings };
}

/** In the platform's audit log: somebody asked for a check out of turn. */
export async function recordMapCheckAsked(db: Database, principal: Principal): Promise<void> {
  await db.withPlatform((trx) =>
    appendAudit(trx, PLATFORM_CHAIN, {
      actor: principal,
      action: 'data_map.check_asked',
      subject: { kind: 'data_map', id: 'data_map' },
    }),
  );
}

function toRecord(row: Omit<MapCheckRow, 'findings'>): Omit<MapCheckRecord, 'findings'> {
  const { id, created_at, map_version, tables, columns, errors, warnings } = row;
  return { id, at: created_at, mapVersion: map_version, tables, columns, errors, warnings };
}
