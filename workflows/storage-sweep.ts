/** Removes what crashes have left in the object storage. */
import { setCurrentDetails } from '@temporalio/workflow';
import { storageSwept } from '../domain/summaries.ts';
import { sweeps } from './activity-proxies.ts';

export async function storageSweep(): Promise<void> {
  const { uploads, objects } = await sweeps.sweepStorage();
  setCurrentDetails(storageSwept(uploads, objects));
}
