/** Runs the SQL that makes a source ready to be erased in, as its administrator. */
import pg from 'pg';
import { InvalidConfiguration } from '../../domain/errors.ts';

/** In one transaction, so that a failure leaves the source as it was. Throws InvalidConfiguration. */
export async function installInSource(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect().catch((error: unknown) => {
    throw new InvalidConfiguration(`The source cannot be reached: ${codeOf(error)}.`);
  });
  try {
    await client.query(`BEGIN;\n${sql}\nCOMMIT;`);
  } catch (error) {
    throw new InvalidConfiguration(`The source refused it: ${codeOf(error)}. Nothing was changed.`);
  } finally {
    await client.end();
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
