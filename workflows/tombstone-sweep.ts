/** Removes tombstones whose purpose or time is over. */
import { setCurrentDetails } from '@temporalio/workflow';
import { tombstonesSwept } from '../domain/summaries.ts';
import { sweeps } from './activity-proxies.ts';

export async function tombstoneSweep(): Promise<void> {
  const { deleted } = await sweeps.sweepTombstones();
  setCurrentDetails(tombstonesSwept(deleted));
}
