/** A product that goes on writing while somebody is erased beside it. */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import type { Site } from '../support/site.ts';
import { RECORD_TABLES, referenceOf } from './tables.ts';

/** How long a write took, and when it began, in ms of the epoch. */
interface Wait {
  readonly at: number;
  readonly ms: number;
}

export interface Writer {
  /** Ends it, and answers what it waited for. */
  close(): Promise<readonly Wait[]>;
}

const EVERY_MS = 10;

/** Writes one row after the other, in all tables in turn, those of others and never the person's. */
export async function openWriter({ databases }: Site): Promise<Writer> {
  const client = new pg.Client({ connectionString: databases.crm_owner });
  await client.connect();
  const others = await readOthers(client);
  const waits: Wait[] = [];
  const over = new AbortController();
  const writing = (async () => {
    for (let turn = 0; !over.signal.aborted; turn += 1) {
      const at = performance.timeOrigin + performance.now();
      await write(client, others[turn % others.length]);
      const ms = performance.timeOrigin + performance.now() - at;
      waits.push({ at, ms });
      await delay(Math.max(0, EVERY_MS - ms));
    }
  })();
  // Whoever closes it hears of its failure.
  writing.catch(() => undefined);
  return {
    close: async () => {
      over.abort();
      try {
        await writing;
        return waits;
      } finally {
        await client.end();
      }
    },
  };
}

interface Other {
  readonly table: string;
  readonly reference: string;
  readonly id: string;
  /** What the row hangs on. */
  readonly of: string;
}

/** Fifty rows of each table. */
async function readOthers(client: pg.Client): Promise<readonly Other[]> {
  const ofTables: (readonly Other[])[] = [];
  for (const table of RECORD_TABLES) {
    const reference = referenceOf(table);
    const { rows } = await client.query<{ id: string; of: string }>(
      `SELECT id, ${reference} AS of FROM app.${table.name} ORDER BY id LIMIT 50`,
    );
    ofTables.push(rows.map((row): Other => ({ ...row, table: table.name, reference })));
  }
  return Array.from({ length: 50 }, (_, index) => ofTables.flatMap((rows) => rows.slice(index, index + 1))).flat();
}

async function write(client: pg.Client, other: Other | undefined): Promise<void> {
  if (other === undefined) throw new RangeError('There is nobody else.');
  const { table, reference, id, of } = other;
  await client.query('BEGIN');
  await client.query(`UPDATE app.${table} SET body = md5(random()::text) WHERE id = $1`, [id]);
  await client.query(
    `INSERT INTO app.${table} (workspace_id, ${reference}, kind, body, details, created_at)
     VALUES ($1, $2, 'written', 'beside', '{}', now())`,
    [SHOWCASE_PERSON.workspaceId, of],
  );
  await client.query('COMMIT');
}
