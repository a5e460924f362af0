/** Leaves tombstones behind an erasure, and removes those whose purpose or time is over. */
import { metricMeter } from '@temporalio/activity';
import type { RequestRef } from '../domain/runs.ts';
import { ownIdentifiers } from '../domain/tombstones.ts';
import type { TombstonesSwept } from '../domain/tombstones.ts';
import type { Config } from '../platform/config.ts';
import type { Database } from '../platform/database.ts';
import type { KeyRing } from '../platform/keys.ts';
import { deleteEnded, plant } from '../platform/records/tombstones.ts';
import { readPerson } from './inquiry.ts';
import { currentControl } from './packaging/control.ts';

export interface TombstoneDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly backups: Pick<Config['backups'], 'expireDays'>;
  readonly tombstones: Config['tombstones'];
}

/** How long backups are taken to live where nobody has stated it. */
const BACKUP_DAYS = 35;

export type TombstoneActivities = ReturnType<typeof createTombstoneActivities>;

export function createTombstoneActivities({ db, ring, backups, tombstones }: TombstoneDeps) {
  return {
    /**
     * After the records were erased. Safe to be repeated: the answer is how many stand for this erasure. Throws NotFound when
     * the request has no erasure.
     */
    async plantTombstones(ref: RequestRef): Promise<{ planted: number }> {
      const days = { backups: backups.expireDays ?? BACKUP_DAYS, suppression: tombstones.suppressionDays };
      return db.withTenant(ref.workspaceId, async (trx) => {
        const { identities, own } = await readPerson(trx, ring, ref);
        return { planted: await plant(trx, ring, ref, { identifiers: ownIdentifiers([...identities, ...own]), days }) };
      });
    },

    /** Of all workspaces. Throws Unavailable while the database is away; what was deleted until then stays deleted. */
    async sweepTombstones(): Promise<TombstonesSwept> {
      const counter = metricMeter.createCounter('steward_tombstones_deleted', '', 'Tombstones deleted as they ended');
      const control = currentControl();
      const result = { deleted: 0 };
      const stopBeating = control.beat(() => result);
      try {
        for await (const deleted of deleteEnded(db)) {
          result.deleted += deleted;
          counter.add(deleted);
          control.signal.throwIfAborted();
        }
        return { ...result };
      } finally {
        stopBeating();
      }
    },
  };
}
