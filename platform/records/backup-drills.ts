/** Trial restores as Steward records them. */
import type { DrillReport, DrillResult } from '../../domain/backups.ts';
import type { Database } from '../database.ts';
import { databaseOf, note } from './backup-audit.ts';
import { readPage } from './paging.ts';
import type { Page, PageRequest } from './paging.ts';

export interface DrillRecord {
  readonly id: string;
  readonly backupId: string;
  readonly source: string | null;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly result: DrillResult;
  readonly report: DrillReport;
}

export async function saveDrill(db: Database, drill: DrillRecord): Promise<void> {
  const { id, backupId, source, startedAt, finishedAt, result, report } = drill;
  await db.withPlatform(async (trx) => {
    await trx('backup_drills').insert({
      id,
      backup_id: backupId,
      source,
      created_at: startedAt,
      finished_at: finishedAt,
      result,
      report: JSON.stringify(report),
    });
    const { tables, rows, chains, problems } = report;
    const details = { database: databaseOf(source), backupId, result, tables, rows, chains, problems: problems.length };
    await note(trx, 'backup.drilled', id, details);
  });
}

interface DrillRow {
  readonly id: string;
  readonly backup_id: string;
  readonly source: string | null;
  readonly created_at: Date;
  readonly finished_at: Date;
  readonly result: DrillResult;
  readonly report: DrillReport;
}

export async function listDrills(db: Database, page: PageRequest): Promise<Page<DrillRecord>> {
  return db.withPlatform(async (trx) => {
    const { rows, last } = await readPage<DrillRow>(trx('backup_drills').select('*'), 'backup_drills', page);
    return {
      last,
      rows: rows.map(({ backup_id: backupId, created_at: startedAt, finished_at: finishedAt, ...row }) => ({
        ...row,
        backupId,
        startedAt,
        finishedAt,
      })),
    };
  });
}
