/** Builds one package as a worker does, after a small one that nobody looks at. */
import { buildPackage } from '../../activities/packaging/build-package.ts';
import type { Control } from '../../activities/packaging/control.ts';
import { openDependencies } from '../../activities/workers.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { loadConfig } from '../../platform/config.ts';
import { perform } from '../support/child.ts';
import { measure } from '../support/measure.ts';
import type { Measurement } from '../support/measure.ts';

interface BuildTask {
  readonly configFile: string;
  /** Of a small package, so that what is compiled and connected at the first use is there. */
  readonly warmUp: RequestRef;
  readonly request: RequestRef;
  readonly rows: number;
}

export type BuildWork = typeof work;

async function work({ configFile, warmUp, request, rows }: BuildTask): Promise<Measurement> {
  const deps = await openDependencies(loadConfig({ ...process.env, STEWARD_CONFIG: configFile }));
  try {
    await buildPackage(deps, warmUp, watched().control);
    const { control, bytes } = watched();
    return await measure(async () => {
      const built = await buildPackage(deps, request, control);
      if (built.rows !== rows) throw new Error(`The package has ${built.rows} rows, not ${rows}.`);
    }, bytes);
  } finally {
    await deps.close();
  }
}

perform(work);

/** A control that says how large the archive is by now. */
function watched(): { readonly control: Control; readonly bytes: () => number } {
  let report: () => unknown = () => undefined;
  const bytes = (): number => {
    const progress = report();
    return typeof progress === 'object' && progress !== null && 'bytes' in progress ? Number(progress.bytes) : 0;
  };
  const beat = (each: () => unknown) => {
    report = each;
    return () => undefined;
  };
  return { control: { signal: new AbortController().signal, beat }, bytes };
}
