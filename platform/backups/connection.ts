/** A connection of a backup or a restore: as a role that reads everything, or owns it. */
import { Client } from 'pg';
import { StewardError, Unavailable } from '../../domain/errors.ts';
import { DatabaseFailure, isAway } from '../database.ts';

/**
 * What `work` throws of ours passes. Throws Unavailable when the server is away, and DatabaseFailure with the SQLSTATE when it
 * refuses: its own words can quote a row. When `signal` is aborted the connection ends, and with it what it does.
 */
export async function withConnection<T>(
  url: string,
  work: (client: Client) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  const client = new Client({
    connectionString: url,
    application_name: 'steward-backup',
    connectionTimeoutMillis: 5_000,
  });
  // What is under way fails too, and tells whoever waits for it.
  client.on('error', () => undefined);
  const end = (): void => void client.end().catch(() => undefined);
  signal?.addEventListener('abort', end);
  try {
    await client.connect();
    await client.query("SET client_encoding = 'UTF8'");
    return await work(client);
  } catch (error) {
    throw withoutValues(error);
  } finally {
    signal?.removeEventListener('abort', end);
    await client.end().catch(() => undefined);
  }
}

function withoutValues(error: unknown): unknown {
  if (error instanceof StewardError || error instanceof DatabaseFailure) return error;
  if (isAway(error))
    return new Unavailable('A database is not reachable.', { service: 'database', retryAfterSeconds: 5 });
  if (!(error instanceof Error) || !('severity' in error)) return error;
  const { code, constraint } = error as { readonly code?: unknown; readonly constraint?: unknown };
  return new DatabaseFailure(String(code), typeof constraint === 'string' ? constraint : undefined);
}

/** The same server's other database. */
export function inDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}
