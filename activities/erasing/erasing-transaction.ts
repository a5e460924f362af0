/**
 * Transactions that erase: short, behind the fence, and out of the product's way. One that waits too long for a lock gives
 * up and is tried again, smaller.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { Unavailable } from '../../domain/errors.ts';
import { passFence } from '../../platform/erasure/fence.ts';

export interface Guard {
  readonly source: string;
  readonly tenantKey: string;
  readonly epoch: bigint;
  readonly signal: AbortSignal;
}

/** READ COMMITTED, or the fence would be asked in a snapshot from before its wait. */
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
  SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = '20s'; SET LOCAL idle_in_transaction_session_timeout = '60s'`;

/** Throws FenceRaised when a hold came; whatever else `work` throws, with the transaction rolled back. */
export async function inErasingTransaction<T>(client: ClientBase, guard: Guard, work: () => Promise<T>): Promise<T> {
  guard.signal.throwIfAborted();
  await client.query(BEGIN);
  try {
    await passFence(client, guard.tenantKey, guard.epoch);
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** lock_not_available, query_canceled by its timeout, serialization_failure, deadlock_detected. */
const PASSING = new Set(['55P03', '57014', '40001', '40P01']);
const FOREIGN_KEY = '23503';
const UNIQUE = '23505';

/** Also when another worker has written the same batch into the ledger. */
export function isPassing(error: unknown): boolean {
  const { code, schema } = refusalOf(error);
  return (code !== undefined && PASSING.has(code)) || (code === UNIQUE && schema === 'steward');
}

/** Something refers to a row of the batch: it came after the plan. */
export const isReferred = (error: unknown): boolean => refusalOf(error).code === FOREIGN_KEY;

interface Refusal {
  readonly code?: string;
  readonly schema?: string;
}

/** SQLSTATE and schema of what the server refused. */
function refusalOf(error: unknown): Refusal {
  if (!(error instanceof Error)) return {};
  const { code, schema } = error as { readonly code?: unknown; readonly schema?: unknown };
  return { ...(typeof code === 'string' && { code }), ...(typeof schema === 'string' && { schema }) };
}

const MOST_BLOCKS = 40;
const FIRST_BLOCKS = 20;
/** A batch should not keep the product waiting longer; one that is much quicker can be larger. */
const AIM_MS = 400;
const ATTEMPTS = 12;

/** How many blocks a batch takes: what the product's locks and the source's speed admit. */
export class Pace {
  #blocks = FIRST_BLOCKS;
  #failures = 0;

  get blocks(): number {
    return this.#blocks;
  }

  took(milliseconds: number): void {
    this.#failures = 0;
    if (milliseconds > AIM_MS) this.#blocks = Math.max(1, Math.floor(this.#blocks / 2));
    else if (milliseconds < AIM_MS / 2) this.#blocks = Math.min(MOST_BLOCKS, this.#blocks * 2);
  }

  /** Waits, ever longer; throws Unavailable when even the smallest batch does not get through. */
  async failed({ source, signal }: Pick<Guard, 'source' | 'signal'>): Promise<void> {
    this.#failures += 1;
    this.#blocks = Math.max(1, Math.floor(this.#blocks / 4));
    if (this.#failures >= ATTEMPTS)
      throw new Unavailable(`Rows to be erased in ${source} stay locked by others.`, {
        service: 'source',
        retryAfterSeconds: 30,
      });
    await delay(Math.min(2_000, 50 * 2 ** this.#failures) * (0.5 + Math.random()), undefined, { signal });
  }
}
