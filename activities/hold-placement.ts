/** What the runs of a hold do: tell the sources of it, and after its release have what it kept looked at again. */
import { Context } from '@temporalio/activity';
import type { FencesRaised, HoldConfirmed, HoldRef, ReleaseSettled } from '../domain/holds.ts';
import type { Database } from '../platform/database.ts';
import type { Mailer } from '../platform/mail.ts';
import { confirmEffective } from '../platform/records/hold-fences.ts';
import { settleReleased } from '../platform/records/hold-release.ts';
import type { Sources } from '../platform/sources.ts';
import { raiseFences } from './holding/raise-fences.ts';
import { tellRelease } from './holding/tell-release.ts';

export interface HoldPlacementDeps {
  readonly db: Database;
  readonly sources: Sources;
  readonly mailer: Mailer;
}

export type HoldPlacementActivities = ReturnType<typeof createHoldPlacementActivities>;

export function createHoldPlacementActivities(deps: HoldPlacementDeps) {
  return {
    /** Raises the fence in each source that does not know of the hold yet; answers how many could not be told. */
    async raiseFences(ref: HoldRef): Promise<FencesRaised> {
      const failed = await raiseFences(deps, ref);
      for (const { source, problem } of failed)
        Context.current().log.warn(`${source} was not told of a hold: ${problem}`);
      return { pending: failed.length };
    },

    /** Records that every source knows of the hold, if it still stands. */
    async confirmHold(ref: HoldRef): Promise<HoldConfirmed> {
      return { state: await deps.db.withTenant(ref.workspaceId, (trx) => confirmEffective(trx, ref)) };
    },

    /** Has what the hold kept come up for review; answers for how many erasures that must be done again when they end. */
    async settleRelease(ref: HoldRef): Promise<ReleaseSettled> {
      return { waiting: await deps.db.withTenant(ref.workspaceId, (trx) => settleReleased(trx, ref)) };
    },

    /** Tells whoever is to know of the release, once. */
    async tellRelease(ref: HoldRef): Promise<void> {
      await tellRelease(deps, ref);
    },
  };
}
