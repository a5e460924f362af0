/**
 * The data sources: the product's databases and the folders or buckets with its files. `withSource` is the only door to
 * SQL in them.
 */
import { DatabaseError, Pool } from 'pg';
import type { PoolClient } from 'pg';
import { InvalidDataMap, SourceFailed, StewardError, Unavailable } from '../domain/errors.ts';
import type { SourceSettings } from './config.ts';
import { isAway } from './database.ts';
import { openStorage } from './storage/open.ts';
import type { ObjectStorage } from './storage/storage.ts';

export interface Sources {
  /**
   * Runs `work` with a connection to a source of kind postgres. A connection on which something failed is not used again,
   * so `work` may leave a transaction or a COPY unfinished by throwing. Throws InvalidDataMap when no such source is
   * configured, Unavailable when it is away, SourceFailed with the SQLSTATE when it refuses a statement; what `work` throws
   * of its own passes. When `signal` is aborted, the statement under way is cancelled on the server, which would otherwise go
   * on with it for nobody.
   */
  withSource<T>(name: string, work: (client: PoolClient) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /**
   * The same as the role that may delete and update. Throws InvalidDataMap when the source is not configured to be erased.
   */
  withEraser<T>(name: string, work: (client: PoolClient) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Whether the source is configured to be erased. */
  canErase(name: string): boolean;
  /** How the key sets of a search in a source of kind postgres are carried. Throws InvalidDataMap like `withSource`. */
  carrierOf(name: string): CarrierName;
  /** The files of a source of kind folder or s3. Throws InvalidDataMap when no such source is configured. */
  objectStore(name: string): ObjectStorage;
  close(): Promise<void>;
}

export type CarrierName = NonNullable<Extract<SourceSettings, { kind: 'postgres' }>['carrier']>;

/** A worker takes on four pieces of bulk work at a time. */
const CONNECTIONS = 8;

/** Connects at the first use. */
export function openSources(settings: readonly SourceSettings[]): Sources {
  const pools = new Map<string, Pool>();
  const erasers = new Map<string, Pool>();
  const carriers = new Map<string, CarrierName>();
  const stores = new Map<string, ObjectStorage>();
  for (const source of settings) {
    if (source.kind === 'postgres') {
      pools.set(source.name, openPool(source.url));
      carriers.set(source.name, source.carrier ?? 'temp_tables');
      if (source.eraseUrl !== undefined) erasers.set(source.name, openPool(source.eraseUrl));
    } else stores.set(source.name, openStorage(source));
  }
  return {
    withSource: async (name, work, signal) => {
      const pool = required(pools, name, 'postgres');
      if (signal === undefined) return withPool(name, pool, work);
      const stoppable = carriers.get(name) === 'bound_arrays' ? closing(work, signal) : cancellable(pool, work, signal);
      return withPool(name, pool, stoppable);
    },
    withEraser: async (name, work, signal) => {
      const pool = required(erasers, name, 'postgres with an eraseUrl');
      return withPool(name, pool, signal === undefined ? work : cancellable(pool, work, signal));
    },
    canErase: (name) => erasers.has(name),
    carrierOf: (name) => required(carriers, name, 'postgres'),
    objectStore: (name) => required(stores, name, 'folder or s3'),
    close: async () => {
      await Promise.all([...pools.values(), ...erasers.values()].map((pool) => pool.end()));
    },
  };
}

function openPool(url: string): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: 'steward',
    max: CONNECTIONS,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}

async function withPool<T>(name: string, pool: Pool, work: Work<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => fail(name, error));
  // The statement under way fails too, and tells whoever waits for it.
  client.on('error', ignore);
  let isOurs = true;
  const release = (isBroken: boolean): void => {
    if (isOurs) client.release(isBroken);
    isOurs = false;
  };
  try {
    const result = await work(client, () => release(true));
    release(false);
    return result;
  } catch (error) {
    release(true);
    return fail(name, error);
  } finally {
    client.off('error', ignore);
  }
}

const ignore = (): void => undefined;

type Work<T> = (client: PoolClient, close: () => void) => Promise<T>;

function cancellable<T>(pool: Pool, work: Work<T>, signal: AbortSignal): Work<T> {
  return async (client, close) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    signal.throwIfAborted();
    const cancel = (): void => {
      pool.query('SELECT pg_cancel_backend($1)', [rows[0]?.pid]).catch(ignore);
    };
    signal.addEventListener('abort', cancel);
    try {
      return await work(client, close);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}

/**
 * Behind a pooler the process of one statement is another's at the next, so no process may be cancelled by its id. What was
 * under way fails with the connection, and the server stops at its next page.
 */
function closing<T>(work: Work<T>, signal: AbortSignal): Work<T> {
  return async (client, close) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', close);
    try {
      return await work(client, close);
    } finally {
      signal.removeEventListener('abort', close);
    }
  };
}

function fail(name: string, error: unknown): never {
  throw sourceFailure(name, error);
}

/**
 * A failure of a source in our own words, since those of the server can quote a row; any other error as it is. `refused`
 * says what the source was asked to do.
 */
export function sourceFailure(name: string, error: unknown, refused = 'a statement'): unknown {
  if (error instanceof StewardError) return error;
  if (isAway(error)) {
    return new Unavailable(`The source ${name} is not reachable.`, { service: 'source', retryAfterSeconds: 5 });
  }
  if (error instanceof DatabaseError) {
    return new SourceFailed(`The source ${name} refused ${refused}: SQLSTATE ${error.code ?? 'unknown'}.`);
  }
  return error;
}

function required<T>(opened: ReadonlyMap<string, T>, name: string, kind: string): T {
  const found = opened.get(name);
  if (found === undefined) throw new InvalidDataMap(`There is no source ${name} of kind ${kind} in the settings.`);
  return found;
}
