/** Makes the sample CRM: schema, rows, objects. A run that was cut short is recognised and begun again. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { ClientBase } from 'pg';
import { migrateFolder } from '../../platform/migrate.ts';
import { copyRows } from './copy.ts';
import { DOCUMENT_TABLES, mediaOf } from './document-rows.ts';
import type { Row } from './copy.ts';
import { readVideo } from './media.ts';
import { WORKSPACES, personAt } from './people.ts';
import type { Person, SampleWorkspace } from './people.ts';
import { PERSON_TABLES } from './person-rows.ts';
import type { PersonRows } from './person-rows.ts';
import { Random } from './random.ts';
import { RECORD_TABLES } from './record-rows.ts';
import { WORKSPACE_TABLES } from './workspace-rows.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations/sample-crm', import.meta.url));
const DEFAULT_SEED = 1;
const DEFAULT_PEOPLE = 20_000;
/** Objects written at a time. */
const MEDIA_AT_ONCE = 32;

export interface SampleOptions {
  /** A role that owns the database. */
  readonly url: string;
  readonly mediaFolder: string;
  readonly seed?: number;
  readonly people?: number;
  readonly log: (line: string) => void;
}

/** Idempotent: finished data stays as it is, whatever seed and number are asked for now. */
export async function createSampleCrm(options: SampleOptions): Promise<{ workspaces: readonly SampleWorkspace[] }> {
  await migrateFolder(options.url, MIGRATIONS, 'sample_crm_migrations');
  const client = new pg.Client({ connectionString: options.url });
  // A server that goes away fails the statement under way, which says so; the event alone would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    if (!(await isFinished(client))) await generate(client, options);
    return { workspaces: WORKSPACES };
  } finally {
    await client.end();
  }
}

async function isFinished(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ finished: boolean }>('SELECT count(*) > 0 AS finished FROM app.sample_state');
  return rows[0]?.finished === true;
}

async function generate(client: ClientBase, options: SampleOptions): Promise<void> {
  const { seed = DEFAULT_SEED, people = DEFAULT_PEOPLE, log } = options;
  const started = performance.now();
  log(`Sample CRM: writing ${people.toLocaleString('en')} people …`);
  await client.query('TRUNCATE app.workspaces CASCADE');
  await writeMedia(options.mediaFolder, seed, people);
  let rows = 0;
  for (const [table, rowsOf] of WORKSPACE_TABLES) rows += await copyRows(client, table, rowsOf());
  for (const [table, rowsOf] of [...PERSON_TABLES, ...RECORD_TABLES, ...DOCUMENT_TABLES]) {
    rows += await copyRows(client, table, rowsOfAll(table, rowsOf, seed, people));
  }
  await tieKnots(client);
  await client.query('INSERT INTO app.sample_state (seed, people) VALUES ($1, $2)', [seed, people]);
  await client.query('ANALYZE');
  log(`Sample CRM: ${rows.toLocaleString('en')} rows in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function* everybody(seed: number, people: number): Generator<Person> {
  for (let index = 0; index < people; index += 1) yield personAt(seed, index);
}

function* rowsOfAll(table: string, rowsOf: PersonRows, seed: number, people: number): Generator<Row> {
  for (const person of everybody(seed, people)) yield* rowsOf(person, new Random(table, seed, person.index));
}

/** References that point at rows written later: to one's own deal, and to whom one was referred by. */
async function tieKnots(client: ClientBase): Promise<void> {
  await client.query(`
    UPDATE app.contacts c SET primary_deal_id = d.id
      FROM app.deals d WHERE d.workspace_id = c.workspace_id AND d.contact_id = c.id AND d.stage IN ('offer', 'under contract')`);
  await client.query(`
    UPDATE app.contacts c SET referred_by = r.id
      FROM app.contacts r
      WHERE r.workspace_id = c.workspace_id AND r.external_id = 'mls-' || (right(c.external_id, 6)::int - 1)::text
        AND c.external_id LIKE 'mls-1%7'`);
}

async function writeMedia(folder: string, seed: number, people: number): Promise<void> {
  const video = await readVideo();
  let batch: Promise<void>[] = [];
  for (const person of everybody(seed, people)) {
    if (!person.hasMedia) continue;
    for (const { key, content } of mediaOf(person)) {
      batch.push(writeObject(join(folder, key), content === 'video' ? video : content));
      if (batch.length < MEDIA_AT_ONCE) continue;
      await Promise.all(batch);
      batch = [];
    }
  }
  await Promise.all(batch);
}

async function writeObject(file: string, content: Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, content, { mode: 0o600 });
}
