/** Hourly: deletes the packages whose time is over, of all workspaces. */
import type { ExpiryResult } from '../domain/runs.ts';
import { packagesDeleted } from '../domain/summaries.ts';
import { sweeps } from './activity-proxies.ts';
import { Progress } from './progress.ts';

export async function packageExpiry(): Promise<ExpiryResult> {
  const progress = new Progress();
  const result = await sweeps.expirePackages();
  progress.say(packagesDeleted(result.deleted, result.failed));
  progress.needsAttention(result.failed > 0);
  return result;
}
