/** Erases one person as a worker does: planned, approved, erased, ended; after a small one that nobody looks at. */
import { planErasure } from '../../activities/erasure-plan.ts';
import { preparing } from '../../activities/erase-records.ts';
import { eraseRecords } from '../../activities/erasing/carry-out.ts';
import { endErasure } from '../../activities/erasing/conclude.ts';
import type { Control } from '../../activities/packaging/control.ts';
import { openDependencies } from '../../activities/workers.ts';
import type { Dependencies } from '../../activities/workers.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import { perform } from '../support/child.ts';
import { measure } from '../support/measure.ts';
import type { Measurement } from '../support/measure.ts';
import { approveAll, beginErasing } from './approvals.ts';
import { configOf } from './source-config.ts';
import type { SourceConfig } from './source-config.ts';

interface EraseTask extends SourceConfig {
  readonly warmUp: RequestRef;
  readonly request: RequestRef;
}

export interface EraseMeasurement extends Measurement {
  readonly rows: number;
  /** Of `planErasure`, for the review. */
  readonly planningSeconds: number;
  /** Of `eraseRecords`, which searches, weighs and freezes once more, and has a ledger of its batches. */
  readonly erasingSeconds: number;
  /** Of `endErasure`, which brings the keyed hashes into the journal. */
  readonly endingSeconds: number;
  /** When `eraseRecords` began and ended, in ms of the epoch. */
  readonly erasingFrom: number;
  readonly erasingTo: number;
}

export type EraseWork = typeof work;

const control: Control = { signal: new AbortController().signal, beat: () => () => undefined };

async function work(task: EraseTask): Promise<EraseMeasurement> {
  const config = configOf(task);
  const deps = await openDependencies(config);
  const app = openDatabase(config.database.appUrl, { maxConnections: 1 });
  try {
    await erase(deps, app, task.warmUp);
    let erased: Erased | undefined;
    const measured = await measure(async () => {
      erased = await erase(deps, app, task.request);
    });
    if (erased === undefined) throw new TypeError('Nothing was measured.');
    return { ...measured, ...erased };
  } finally {
    await Promise.all([app.close(), deps.close()]);
  }
}

perform(work);

type Erased = Omit<EraseMeasurement, keyof Measurement>;

async function erase(deps: Dependencies, app: Database, ref: RequestRef): Promise<Erased> {
  const planning = await timed(() => planErasure(deps, ref, control));
  await approveAll(app, ref);
  await beginErasing(deps.db, ref);
  const erasing = await timed(() => eraseRecords(deps, ref, control, preparing(deps, ref)));
  if (erasing.answer.outcome !== 'erased') throw new Error('The plan went out of date.');
  const ending = await timed(() => endErasure(deps, ref, control));
  return {
    rows: erasing.answer.erased,
    planningSeconds: planning.seconds,
    erasingSeconds: erasing.seconds,
    endingSeconds: ending.seconds,
    erasingFrom: erasing.from,
    erasingTo: erasing.to,
  };
}

/** `from` and `to` in ms of the epoch. */
async function timed<T>(step: () => Promise<T>) {
  const from = performance.timeOrigin + performance.now();
  const answer = await step();
  const to = performance.timeOrigin + performance.now();
  return { answer, from, to, seconds: (to - from) / 1000 };
}
