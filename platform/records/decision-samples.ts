/**
 * Sample rows of decisions, masked, and sealed all the same: initials are a person's too. They are for reviewing, and are
 * removed when the erasing begins.
 */
import { sampleContext } from '../../domain/contexts.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Transaction } from '../database.ts';
import { openText, sealText } from '../envelope.ts';
import type { KeyRing } from '../keys.ts';
import { openRequestKey } from './data-keys.ts';

/** Column names to texts. */
export interface SampleRow {
  readonly key: Readonly<Record<string, string>>;
  readonly columns: Readonly<Record<string, string>>;
}

const ofRequest = ({ workspaceId, requestId }: RequestRef) => ({ workspace_id: workspaceId, request_id: requestId });

/** Puts samples, by the ids of their decisions, in the place of those that the request has. Throws SealBroken. */
export async function storeSamples(
  trx: Transaction,
  ring: KeyRing,
  ref: RequestRef,
  samples: ReadonlyMap<string, readonly SampleRow[]>,
): Promise<void> {
  await removeSamples(trx, ref);
  if (samples.size === 0) return;
  const dataKey = await openRequestKey(trx, ring, ref.workspaceId, ref.requestId);
  const rows = [...samples].flatMap(([id, some]) =>
    some.map((row, ordinal) => ({
      ...ofRequest(ref),
      decision_id: id,
      ordinal,
      sealed_row: sealText(dataKey, JSON.stringify(row), sampleContext(id)),
    })),
  );
  await trx.batchInsert('decision_samples', rows, 500);
}

/** By the ids of their decisions. Throws SealBroken when the request's data key was destroyed. */
export async function readStoredSamples(
  trx: Transaction,
  ring: KeyRing,
  ref: RequestRef,
  decisionIds: readonly string[],
): Promise<ReadonlyMap<string, readonly SampleRow[]>> {
  const rows = await trx('decision_samples')
    .where(ofRequest(ref))
    .whereIn('decision_id', [...decisionIds])
    .orderBy(['decision_id', 'ordinal'])
    .select<{ decision_id: string; sealed_row: Buffer }[]>('decision_id', 'sealed_row');
  if (rows.length === 0) return new Map();
  const dataKey = await openRequestKey(trx, ring, ref.workspaceId, ref.requestId);
  const opened = rows.map(({ decision_id: id, sealed_row: sealed }) => ({
    id,
    row: JSON.parse(openText(dataKey, sealed, sampleContext(id))) as SampleRow,
  }));
  return new Map([...Map.groupBy(opened, ({ id }) => id)].map(([id, all]) => [id, all.map(({ row }) => row)]));
}

export async function removeSamples(trx: Transaction, ref: RequestRef): Promise<void> {
  await trx('decision_samples').where(ofRequest(ref)).delete();
}
