/** Time, processor time and memory of a piece of work in this process. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Point } from './statistics.ts';

export interface Measurement {
  readonly seconds: number;
  /** Of this process, on all cores. */
  readonly cpuSeconds: number;
  /** Resident memory just before the work. */
  readonly idleBytes: number;
  /** The most resident memory while the work lasted. */
  readonly peakBytes: number;
  /** Resident bytes over progress, in the order taken. */
  readonly memory: readonly Point[];
}

const SAMPLE_MS = 50;

/** `progress` says how far the work is, in a unit of its own. */
export async function measure(work: () => Promise<void>, progress: () => number = () => 0): Promise<Measurement> {
  resetPeak();
  const memory: Point[] = [];
  const sampler = setInterval(() => memory.push([progress(), process.memoryUsage.rss()]), SAMPLE_MS);
  const idleBytes = process.memoryUsage.rss();
  const cpu = process.cpuUsage();
  const started = performance.now();
  try {
    await work();
  } finally {
    clearInterval(sampler);
  }
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6, idleBytes, peakBytes: peak(), memory };
}

/** Linux keeps the most that a process ever had, start-up included, until it is told to begin again. */
function resetPeak(): void {
  if (process.platform === 'linux') writeFileSync('/proc/self/clear_refs', '5');
}

function peak(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kibibytes) * 1024;
}
