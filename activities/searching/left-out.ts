/** How much of what was found is not handed over, and how much of what is names other people. */
import { createInterface } from 'node:readline';
import { leftOutReading } from '../../data-map/copy.ts';
import type { PlannedCollection } from '../../data-map/plan.ts';
import type { Snapshot } from '../plan-runner.ts';

export interface LeftOut {
  /** Rows that were found and are left out. */
  readonly withheld: number;
  /** Rows handed over in which others are named: taken out, or left in, as the map's policy has it. */
  readonly mixed: number;
}

const NOTHING: LeftOut = { withheld: 0, mixed: 0 };

/** Reads those rows alone, and of each only which of the two it is. */
export async function countLeftOut(snapshot: Snapshot, collection: PlannedCollection): Promise<LeftOut> {
  const reading = leftOutReading(collection);
  if (reading === undefined) return NOTHING;
  let { withheld, mixed } = NOTHING;
  for await (const line of createInterface({ input: snapshot.read(collection, reading) })) {
    const row = JSON.parse(line) as { readonly withheld: boolean; readonly mixed: boolean };
    if (row.withheld) withheld += 1;
    if (row.mixed) mixed += 1;
  }
  return { withheld, mixed };
}
