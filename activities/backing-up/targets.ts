/** Which databases are backed up, as the settings say it. */
import { keepDaysOf } from '../../platform/config.ts';
import type { Config, SourceSettings } from '../../platform/config.ts';

export interface BackupTarget {
  /** Null: Steward's own database. */
  readonly source: string | null;
  /** Of a role that reads everything; undefined when none is named. */
  readonly url: string | undefined;
  /** Of a role that may create databases on the same server; undefined when none is named. */
  readonly drillUrl: string | undefined;
}

/** None when the settings say that there are no backups (`expireDays` 0): a certificate must not be made untrue. */
export function backupTargets(settings: Pick<Config, 'database' | 'backups'>, sources: readonly SourceSettings[]) {
  if (keepDaysOf(settings.backups) === 0) return [];
  const { backupUrl, ownerUrl, drillUrl } = settings.database;
  const own: BackupTarget = { source: null, url: backupUrl ?? ownerUrl, drillUrl };
  const others = sources.flatMap((each): readonly BackupTarget[] =>
    each.kind === 'postgres' && each.backupUrl !== undefined
      ? [{ source: each.name, url: each.backupUrl, drillUrl: each.drillUrl }]
      : [],
  );
  return [own, ...others];
}
