/** The steps of a workspace's export. */
import { Context } from '@temporalio/activity';
import { SIGNALS } from '../domain/ids.ts';
import type {
  ExportOrder,
  ExportRef,
  ExportResult,
  PartRef,
  PartsPlan,
  SourceRef,
  StoredPart,
} from '../domain/workspace-export.ts';
import type { ExportDeps } from './exporting/export-facts.ts';
import { finishExport } from './exporting/finish-export.ts';
import { planParts } from './exporting/plan-parts.ts';
import { holdSnapshot } from './exporting/snapshot.ts';
import type { Holding } from './exporting/snapshot.ts';
import { beginExport, beginGeneration, withdrawExport } from './exporting/steer-export.ts';
import { writePart } from './exporting/write-part.ts';
import { currentControl } from './packaging/control.ts';

export type WorkspaceExportActivities = ReturnType<typeof createWorkspaceExportActivities>;

export function createWorkspaceExportActivities(deps: ExportDeps) {
  return {
    /** Undefined when the instruction is no longer in force: then there is nothing to be done but to withdraw. */
    async beginExport(ref: ExportRef): Promise<ExportOrder | undefined> {
      return beginExport(deps, ref);
    },

    /** Removes what the generation before has made. */
    async beginGeneration(ref: SourceRef): Promise<void> {
      await beginGeneration(deps, ref);
    },

    /** For the queue steward-snapshots: runs until it is cancelled. Throws SnapshotLost, which only a new generation mends. */
    async holdSnapshot(ref: SourceRef): Promise<void> {
      await holdSnapshot(deps, ref, currentHolding(ref));
    },

    async planParts(ref: SourceRef): Promise<PartsPlan> {
      return planParts(deps, ref, currentControl());
    },

    async exportPart(ref: PartRef): Promise<StoredPart> {
      return writePart(deps, ref, currentControl());
    },

    async finishExport(ref: ExportRef): Promise<void> {
      await finishExport(deps, ref, currentControl());
    },

    async withdrawExport(ref: ExportRef): Promise<ExportResult> {
      return withdrawExport(deps, ref);
    },
  };
}

/** The signal goes to the run that the activity belongs to, by the worker's own connection. */
function currentHolding({ generation }: SourceRef): Holding {
  const context = Context.current();
  const { workflowExecution } = context.info;
  return {
    signal: context.cancellationSignal,
    alive: () => context.heartbeat({ generation }),
    opened: async () => {
      if (workflowExecution === undefined) return;
      await context.client.workflow.getHandle(workflowExecution.workflowId).signal(SIGNALS.snapshotOpened);
    },
  };
}
