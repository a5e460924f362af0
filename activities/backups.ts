/** Backups that come round by themselves, and whether they can be restored. */
import { metricMeter } from '@temporalio/activity';
import type { BackupsMade, DrillsDone } from '../domain/backups.ts';
import { drillBackups } from './backing-up/drill.ts';
import { makeBackups } from './backing-up/make-backups.ts';
import type { BackupDeps } from './backing-up/make-backups.ts';
import { currentControl } from './packaging/control.ts';

export type BackupActivities = ReturnType<typeof createBackupActivities>;

export function createBackupActivities(deps: BackupDeps) {
  return {
    /** Of every database; `missingOnly` for a repeat, which leaves out those that have one of this round. */
    async makeBackups({ missingOnly }: { readonly missingOnly: boolean }): Promise<BackupsMade> {
      const made = await makeBackups(deps, missingOnly, currentControl());
      metricMeter
        .createGauge('steward_backups_overdue', 'int', '', 'Databases without a backup in time')
        .set(made.overdue);
      metricMeter.createCounter('steward_backups_failed', '', 'Backups that could not be made').add(made.failed);
      return made;
    },

    drillBackups: (): Promise<DrillsDone> => drillBackups(deps, currentControl()),
  };
}
