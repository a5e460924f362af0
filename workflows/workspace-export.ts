/**
 * The export of a whole workspace: each source in one snapshot, then one manifest over all parts. A snapshot that is lost
 * begins its source again, all of it, under a new generation.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  condition,
  executeChild,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { exportPartsId } from '../domain/ids.ts';
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';
import * as summaries from '../domain/summaries.ts';
import type { ExportOrder, ExportRef, ExportResult, SourceRef } from '../domain/workspace-export.ts';
import { cleaning, core, holding, parts } from './activity-proxies.ts';
import { exportParts } from './export-parts.ts';
import { cancelRequested, snapshotOpened } from './messages.ts';

export async function workspaceExport(ref: ExportRef): Promise<ExportResult> {
  return new ExportInProgress(ref).execute();
}

const NOTHING = { parts: 0, rows: 0, bytes: 0 };

class ExportInProgress {
  private readonly ref: ExportRef;
  private readonly scope = new CancellationScope();
  private withdrawn = false;
  private snapshotIsOpen = false;
  private stored = NOTHING;

  constructor(ref: ExportRef) {
    this.ref = ref;
    setHandler(snapshotOpened, () => {
      this.snapshotIsOpen = true;
    });
    setHandler(cancelRequested, () => {
      this.withdrawn = true;
      this.scope.cancel();
    });
  }

  async execute(): Promise<ExportResult> {
    try {
      return await this.scope.run(() => this.carryOut());
    } catch (error) {
      if (!this.withdrawn || !isCancellation(error)) throw error;
      return await this.withdraw();
    }
  }

  private async carryOut(): Promise<ExportResult> {
    const order = await core.beginExport(this.ref);
    if (order === undefined) return this.withdraw();
    this.enter('exporting');
    for (const [index, source] of order.sources.entries()) await this.exportSource(order, source, index + 1);
    setCurrentDetails(summaries.writingManifest());
    await parts.finishExport(this.ref);
    this.enter('completed');
    setCurrentDetails(summaries.exported(new Date()));
    return { status: 'completed' };
  }

  private async exportSource(order: ExportOrder, source: string, ordinal: number): Promise<void> {
    const before = this.stored;
    for (let generation = 1; ; generation += 1) {
      this.stored = before;
      setCurrentDetails(summaries.readingSource(ordinal, order.sources.length, generation));
      try {
        return await this.readSource({ ...this.ref, source, generation }, order.window, ordinal);
      } catch (error) {
        if (!isSnapshotLost(error)) throw error;
      }
    }
  }

  /** Whichever fails first, the holding or the reading, ends the other. */
  private async readSource(ref: SourceRef, window: number, ordinal: number): Promise<void> {
    await cleaning.beginGeneration(ref);
    this.snapshotIsOpen = false;
    const scope = new CancellationScope();
    let rowParts = 0;
    let all = 0;
    try {
      await scope.run(async () => {
        const held = holding.holdSnapshot(ref);
        const read = async (): Promise<void> => {
          await condition(() => this.snapshotIsOpen);
          ({ rowParts, parts: all } = await parts.planParts(ref));
          await this.write(ref, { ordinal, window, kind: 'rows', next: 1, last: rowParts });
        };
        await Promise.race([held, read()]);
      });
    } finally {
      scope.cancel();
    }
    // Objects are no part of the snapshot: it is not held any longer than the rows need it.
    await this.write(ref, { ordinal, window, kind: 'files', next: rowParts + 1, last: all });
  }

  private async write(
    ref: SourceRef,
    range: {
      readonly ordinal: number;
      readonly window: number;
      readonly kind: 'rows' | 'files';
      readonly next: number;
      readonly last: number;
    },
  ): Promise<void> {
    if (range.next > range.last) return;
    this.stored = await executeChild(exportParts, {
      workflowId: exportPartsId(ref.exportId, range.ordinal, ref.generation, range.kind),
      args: [
        {
          ...ref,
          next: range.next,
          last: range.last,
          window: range.window,
          grows: range.kind === 'files',
          stored: this.stored,
        },
      ],
      staticSummary: summaries.exportLine(ref.exportId),
    });
  }

  private enter(status: 'exporting' | 'completed' | 'cancelled'): void {
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.status, value: status }]);
  }

  private withdraw(): Promise<ExportResult> {
    return CancellationScope.nonCancellable(async () => {
      const result = await cleaning.withdrawExport(this.ref);
      this.enter(result.status);
      setCurrentDetails(summaries.cancelled(new Date()));
      return result;
    });
  }
}

/** From the holder itself, or through the run that writes the parts. */
function isSnapshotLost(error: unknown): boolean {
  const inner = error instanceof ChildWorkflowFailure ? error.cause : error;
  return (
    inner instanceof ActivityFailure &&
    inner.cause instanceof ApplicationFailure &&
    inner.cause.type === 'snapshot-lost'
  );
}
