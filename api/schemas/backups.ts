import { z } from 'zod';
import { BACKUP_FAILURES, BACKUP_STATUSES, BACKUP_WAYS, DRILL_RESULTS } from '../../domain/backups.ts';
import { id, shownInstant } from './common.ts';

const database = z.string().meta({ description: "`steward`, Steward's own database, or the name of a source." });
const way = z.enum(BACKUP_WAYS).meta({
  description:
    "`copy`: a logical copy of the rows of Steward's own tables, of one moment; the schema comes from the migrations. `pg_dump`: by PostgreSQL's own program.",
});
const failure = z.enum(BACKUP_FAILURES).nullable().meta({
  description: '`no_pg_dump`: no pg_dump that fits the server is installed, so the source is not backed up.',
});
const count = z.int().nonnegative();

export const shownBackup = z
  .object({
    id: z.uuid(),
    database,
    way,
    status: z.enum(BACKUP_STATUSES),
    failure,
    startedAt: shownInstant,
    finishedAt: shownInstant.nullable(),
    expiresAt: shownInstant.nullable(),
    deletedAt: shownInstant.nullable(),
    totals: z.object({ tables: count, rows: count, bytes: count, storedBytes: count }).nullable(),
  })
  .meta({ id: 'Backup' });

export const shownBackupWithManifest = shownBackup
  .extend({
    storagePrefix: z.string(),
    manifest: z
      .looseObject({ format: z.string() })
      .nullable()
      .meta({ description: 'As it lies, signed, in the storage.' }),
  })
  .meta({ id: 'BackupWithManifest' });

export const shownCoverage = z
  .object({
    items: z.array(
      z.object({
        database,
        backedUp: z.boolean(),
        reason: z
          .enum(['not_opted_in', 'no_database', 'switched_off', 'not_configured'])
          .nullable()
          .meta({ description: 'Why it is not backed up, where it is not.' }),
        way: way.nullable(),
        newest: z.object({ id: z.uuid(), startedAt: shownInstant, expiresAt: shownInstant.nullable() }).nullable(),
        failedSince: z.object({ id: z.uuid(), startedAt: shownInstant, failure }).nullable(),
        overdue: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'BackupCoverage' });

export const shownDrill = z
  .object({
    id: z.uuid(),
    backupId: z.uuid(),
    database,
    startedAt: shownInstant,
    finishedAt: shownInstant,
    result: z.enum(DRILL_RESULTS),
    tables: count,
    rows: count,
    chains: count.meta({ description: 'Chains of the audit log that were checked, event by event.' }),
    problems: z.array(z.string()).readonly(),
  })
  .meta({ id: 'BackupDrill' });

export const ofBackup = z.object({ backupId: id });
