/**
 * Steward's own database. `withTenant` and `withPlatform` are the only doors: each opens a transaction in which
 * row-level security shows one workspace, or only what belongs to none.
 */
import knexFactory from 'knex';
import type { Knex } from 'knex';
import { StewardError, Unavailable } from '../domain/errors.ts';

export type Transaction = Knex.Transaction;

export interface Database {
  /** Runs `work` in a transaction that sees the rows of one workspace. Throws Unavailable when the server is away. */
  withTenant<T>(workspaceId: string, work: (trx: Transaction) => Promise<T>): Promise<T>;
  /** Runs `work` in a transaction that sees what belongs to no workspace: the processor's keys, sessions, workspaces. */
  withPlatform<T>(work: (trx: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly maxConnections?: number;
  readonly applicationName?: string;
}

const SILENT = { warn() {}, error() {}, deprecate() {}, debug() {} };

export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const knex = knexFactory({
    client: 'pg',
    connection: {
      connectionString: url,
      application_name: options.applicationName ?? 'steward',
      connectionTimeoutMillis: 3_000,
    },
    searchPath: ['steward'],
    acquireConnectionTimeout: 5_000,
    // It writes to standard output, past our log; what matters of it reaches us as an error.
    log: SILENT,
    pool: { min: 0, max: options.maxConnections ?? 10 },
  });
  const run = <T>(setting: string, value: string, work: (trx: Transaction) => Promise<T>) =>
    translateFailures(() =>
      knex.transaction(async (trx) => {
        await trx.raw('SELECT set_config(?, ?, true)', [setting, value]);
        return work(trx);
      }),
    );
  return {
    withTenant: (workspaceId, work) => run('steward.workspace', workspaceId, work),
    withPlatform: (work) => run('steward.platform', 'on', work),
    close: () => knex.destroy(),
  };
}

/** SQLSTATE classes and socket errors that mean "the server is away", not "the statement is wrong". */
const AWAY = /^(08|53|57P)|^(ECONN|EPIPE|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH)/;

export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return AWAY.test(code);
  if (error instanceof AggregateError) return error.errors.some(isAway);
  return /timeout|terminated|not queryable|connection.*(closed|ended)/i.test(`${error.name} ${error.message}`);
}

async function translateFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StewardError) throw error;
    if (isAway(error))
      throw new Unavailable('The database is not reachable.', { service: 'database', retryAfterSeconds: 5 });
    throw withoutValues(error);
  }
}

/** A server's error can quote the row it failed on; what goes on from here is its SQLSTATE and the constraint's name. */
function withoutValues(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return new DatabaseFailure(String(code), typeof constraint === 'string' ? constraint : undefined);
}

export class DatabaseFailure extends Error {
  readonly code: string;
  readonly constraint: string | undefined;
  constructor(code: string, constraint: string | undefined) {
    super(`The database refused a statement: SQLSTATE ${code}${constraint ? `, constraint ${constraint}` : ''}.`);
    this.name = 'DatabaseFailure';
    this.code = code;
    this.constraint = constraint;
  }
}
