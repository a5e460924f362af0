/** Reads sample rows of a combination of grounds from its source, masked before they leave this process. */
import type { ClientBase } from 'pg';
import { sampleRows } from '../../data-map/erasing/sample-sql.ts';
import type { SampledGroup } from '../../data-map/erasing/sample-sql.ts';
import type { SampleRow } from '../../platform/records/decision-samples.ts';
import { maskedRow } from './masking.ts';

const SAMPLES = 3;

/** In the transaction that weighed the rows; to be stored by `storeSamples` under the decision's id. */
export async function readSamples(client: ClientBase, group: SampledGroup): Promise<readonly SampleRow[]> {
  const { text, values } = sampleRows(group, SAMPLES);
  const { rows } = await client.query<SampleRow>({ text, values: [...values] });
  return rows.map((row) => maskedRow(group.collection, row));
}
