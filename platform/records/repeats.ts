/** Recognises that a call is a repeat of an earlier one, by the key that the caller gave it. */
import { IdempotencyConflict } from '../../domain/errors.ts';
import type { Transaction } from '../database.ts';
import type { Caller } from './caller.ts';

export interface Repeat {
  readonly operation: string;
  /** The caller's `Idempotency-Key`. */
  readonly key: string | undefined;
  /**
   * Of everything that was sent, under the current key and the ones before it. Keyed, for a body holds identifiers, which
   * could be guessed back from a plain digest.
   */
  readonly digests: readonly [Buffer, ...Buffer[]];
}

/**
 * Takes the key for `resourceId`, as the first statement of the transaction that makes it: a second call with the key waits
 * here until the first has ended. Answers the id that an earlier call made, or undefined when this is the first (or there
 * is no key). Throws IdempotencyConflict when the earlier call sent something else.
 */
export async function claimKey(
  trx: Transaction,
  caller: Caller,
  repeat: Repeat,
  resourceId: string,
): Promise<string | undefined> {
  if (repeat.key === undefined) return undefined;
  const row = {
    workspace_id: caller.workspaceId,
    principal_id: caller.principal.id,
    operation: repeat.operation,
    key: repeat.key,
  };
  const claimed = await trx('idempotency_keys')
    .insert({ ...row, body_digest: repeat.digests[0], resource_id: resourceId })
    .onConflict(['workspace_id', 'principal_id', 'operation', 'key'])
    .ignore()
    .returning<{ resource_id: string }[]>('resource_id');
  if (claimed.length > 0) return undefined;
  return earlierResource(trx, row, repeat);
}

async function earlierResource(trx: Transaction, row: object, repeat: Repeat): Promise<string> {
  const earlier = await trx('idempotency_keys')
    .where(row)
    .first<{ resource_id: string; body_digest: Buffer }>('resource_id', 'body_digest');
  if (repeat.digests.some((digest) => digest.equals(earlier.body_digest))) return earlier.resource_id;
  throw new IdempotencyConflict(
    'This idempotency key came with another body before; use a new key for a new request.',
    {
      resourceId: earlier.resource_id,
    },
  );
}
