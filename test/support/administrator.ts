/** A look into the databases of a stack past all of Steward, by PostgreSQL's administrator. */
import { Client } from 'pg';

export async function withAdmin<T>(
  adminUrl: string,
  database: 'steward' | 'crm',
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  const client = new Client(url.href);
  // A server that is stopped fails the statement under way, which says so.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
