/** Exports a workspace as a worker does, step by step as its workflow would, with as many parts at a time. */
import type { ExportDeps } from '../../activities/exporting/export-facts.ts';
import { finishExport } from '../../activities/exporting/finish-export.ts';
import { planParts } from '../../activities/exporting/plan-parts.ts';
import { holdSnapshot } from '../../activities/exporting/snapshot.ts';
import { beginExport, beginGeneration } from '../../activities/exporting/steer-export.ts';
import { writePart } from '../../activities/exporting/write-part.ts';
import type { Control } from '../../activities/packaging/control.ts';
import { openDependencies } from '../../activities/workers.ts';
import type { ExportRef, SourceRef } from '../../domain/workspace-export.ts';
import { loadConfig } from '../../platform/config.ts';
import { perform } from '../support/child.ts';
import { measureServed } from '../support/server-time.ts';
import type { ServedMeasurement } from '../support/server-time.ts';

interface ExportTask {
  readonly configFile: string;
  /** The source's database, in place of the configured one. */
  readonly url: string;
  readonly ref: ExportRef;
}

/** `rows` is how many were exported. */
export type ExportMeasurement = ServedMeasurement & { readonly rows: number };

export type ExportWork = typeof work;

const control: Control = { signal: new AbortController().signal, beat: () => () => undefined };

async function work({ configFile, url, ref }: ExportTask): Promise<ExportMeasurement> {
  const config = loadConfig({ ...process.env, STEWARD_CONFIG: configFile });
  const sources = config.sources.map((source) => (source.kind === 'postgres' ? { ...source, url } : source));
  const deps = await openDependencies({ ...config, sources });
  try {
    let rows = 0;
    const measured = await measureServed(url, async () => {
      rows = await exportAll(deps, ref);
    });
    return { ...measured, rows };
  } finally {
    await deps.close();
  }
}

async function exportAll(deps: ExportDeps, ref: ExportRef): Promise<number> {
  const order = await beginExport(deps, ref);
  if (!order) throw new Error('The instruction is not in force.');
  let rows = 0;
  for (const source of order.sources) rows += await exportSource(deps, { ...ref, source, generation: 1 }, order.window);
  await finishExport(deps, ref, control);
  return rows;
}

async function exportSource(deps: ExportDeps, ref: SourceRef, window: number): Promise<number> {
  await beginGeneration(deps, ref);
  const snapshot = await openSnapshot(deps, ref);
  const { rowParts, parts } = await planParts(deps, ref, control);
  const rows = await writeParts(deps, ref, { next: 1, last: rowParts }, window);
  await snapshot.release();
  await writeParts(deps, ref, { next: rowParts + 1, last: parts }, window);
  return rows;
}

async function openSnapshot(deps: ExportDeps, ref: SourceRef) {
  const stop = new AbortController();
  const isOpen = Promise.withResolvers<void>();
  const held = holdSnapshot(deps, ref, {
    signal: stop.signal,
    alive: () => undefined,
    opened: async () => isOpen.resolve(),
  });
  await Promise.race([isOpen.promise, held]);
  return {
    release: async () => {
      stop.abort();
      await held.catch(() => undefined);
    },
  };
}

/** As one ends the next begins. Of files a part may become several. Answers the rows. */
async function writeParts(
  deps: ExportDeps,
  ref: SourceRef,
  range: { next: number; last: number },
  window: number,
): Promise<number> {
  let rows = 0;
  const oneAfterTheOther = async (): Promise<void> => {
    while (range.next <= range.last) {
      const stored = await writePart(deps, { ...ref, ordinal: range.next++ }, control);
      rows += stored.rows;
      if (stored.rows === 0) range.last = Math.max(range.last, stored.parts);
    }
  };
  await Promise.all(Array.from({ length: window }, oneAfterTheOther));
  return rows;
}

perform(work);
