/** Searches of systems that are not connected: people are asked, and the request waits until each has said what was found. */
import type { DataMap, Dataset } from '../data-map/model.ts';
import type { ManualSearches, RequestRef } from '../domain/runs.ts';
import type { Database, Transaction } from '../platform/database.ts';
import { countSearches, openTasks } from '../platform/records/manual-tasks.ts';
import type { NewTask } from '../platform/records/manual-tasks.ts';
import { moveRequest } from '../platform/records/request-progress.ts';

export interface ManualTaskDeps {
  readonly db: Database;
  readonly map: DataMap;
}

export type ManualTaskActivities = ReturnType<typeof createManualTaskActivities>;

export function createManualTaskActivities({ db, map }: ManualTaskDeps) {
  return {
    /** Opens a task for each system that is searched by hand and by what the request names; answers how many are open. */
    async openManualTasks(ref: RequestRef): Promise<number> {
      return db.withTenant(ref.workspaceId, async (trx) => {
        const types = await identityTypesOf(trx, ref);
        return openTasks(
          trx,
          ref,
          map.datasets.flatMap((dataset) => taskFor(dataset, types)),
        );
      });
    },

    /** How the searches stand; with any open, the request waits for them. Throws Conflict when it has moved on. */
    async gatherManualTasks(ref: RequestRef): Promise<ManualSearches> {
      return db.withTenant(ref.workspaceId, async (trx) => {
        const searches = await countSearches(trx, ref);
        if (searches.open > 0) await moveRequest(trx, ref, { to: 'gathering' });
        return searches;
      });
    },
  };
}

async function identityTypesOf(trx: Transaction, ref: RequestRef): Promise<ReadonlySet<string>> {
  const rows = await trx('request_identities')
    .where({ workspace_id: ref.workspaceId, request_id: ref.requestId })
    .distinct<{ type: string }[]>('type');
  return new Set(rows.map(({ type }) => type));
}

/** A system that none of the identities is known in cannot be searched by them, so nobody is asked to. */
function taskFor({ key, manual }: Dataset, types: ReadonlySet<string>): readonly NewTask[] {
  const identityTypes = manual?.identities.filter((type) => types.has(type)) ?? [];
  if (manual === undefined || identityTypes.length === 0) return [];
  const { title, instructions, assignee } = manual;
  return [{ dataset: key, title, instructions, assignee, identityTypes }];
}
