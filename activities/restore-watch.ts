/** Looks whether a source was restored while Steward runs. */
import type { RestoresReplayed } from '../domain/backups.ts';
import { currentControl } from './packaging/control.ts';
import { replayRestores } from './replaying/replay-restores.ts';
import type { RestoreDeps } from './replaying/replay-restores.ts';

export type RestoreWatchActivities = ReturnType<typeof createRestoreWatchActivities>;

export function createRestoreWatchActivities(deps: RestoreDeps) {
  return {
    /** Safe to be repeated. Throws Unavailable when a source that was restored is away. */
    async watchRestores(): Promise<RestoresReplayed> {
      const control = currentControl();
      const stopBeating = control.beat(() => undefined);
      try {
        return await replayRestores(deps, control.signal);
      } finally {
        stopBeating();
      }
    },
  };
}
