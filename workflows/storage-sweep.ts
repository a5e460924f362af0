/** Daily: removes what crashes have left in the object storage. */
import type { SweepResult } from '../domain/runs.ts';
import { storageSwept } from '../domain/summaries.ts';
import { sweeps } from './activity-proxies.ts';
import { Progress } from './progress.ts';

export async function storageSweep(): Promise<SweepResult> {
  const result = await sweeps.sweepStorage();
  new Progress().say(storageSwept(result.uploads, result.objects));
  return result;
}
