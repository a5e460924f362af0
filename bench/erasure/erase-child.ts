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
  /** Of the erasing alone, which searches, weighs and freezes once more. */
  readonly erasingSeconds: number;
  readonly planningSeconds: number;
}

export type EraseWork = typeof work;

const control: Control = { signal: new AbortController().signal, beat: () => () => undefined };

async function work(task: EraseTask): Promise<EraseMeasurement> {
  const config = configOf(task);
  const deps = await openDependencies(config);
  const app = openDatabase(config.database.appUrl, { maxConnections: 1 });
  try {
    await erase(deps, app, task.warmUp);
    let erased = { rows: 0, erasingSeconds: 0, planningSeconds: 0 };
    const measured = await measure(async () => {
      erased = await erase(deps, app, task.request);
    });
    return { ...measured, ...erased };
  } finally {
    await Promise.all([app.close(), deps.close()]);
  }
}

perform(work);

async function erase(deps: Dependencies, app: Database, ref: RequestRef) {
  const begun = performance.now();
  await planErasure(deps, ref, control);
  const planned = performance.now();
  await approveAll(app, ref);
  await beginErasing(deps.db, ref);
  const approved = performance.now();
  const { outcome, erased } = await eraseRecords(deps, ref, control, preparing(deps, ref));
  if (outcome !== 'erased') throw new Error('The plan went out of date.');
  const ended = performance.now();
  await endErasure(deps, ref, control);
  return { rows: erased, planningSeconds: (planned - begun) / 1000, erasingSeconds: (ended - approved) / 1000 };
}
