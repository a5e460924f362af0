/** Makes the sample CRM: schema, rows, objects. A run that was cut short is recognised and begun again. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { ClientBase } from 'pg';
import { InvalidConfiguration } from '../../domain/errors.ts';
import { migrateFolder } from '../../platform/migrate.ts';
import { loadInBulk } from './bulk-load.ts';
import { copyRows } from './copy.ts';
import type { Row } from './copy.ts';
import { DEALING_TABLES } from './dealing-rows.ts';
import { DOCUMENT_TABLES, mediaOf } from './document-rows.ts';
import type { MediaObject } from './document-rows.ts';
import { readVideo } from './media.ts';
import { MOST_PEOPLE, WORKSPACES, everybody } from './people.ts';
import type { Person, SampleWorkspace } from './people.ts';
import { PERSON_TABLES } from './person-rows.ts';
import { Random } from './random.ts';
import { RECORD_TABLES } from './record-rows.ts';
import type { PersonRows } from './row-parts.ts';
import { WORKSPACE_TABLES, propertyPhotos } from './workspace-rows.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations/sample-crm', import.meta.url));
const DEFAULT_SEED = 1;
const DEFAULT_PEOPLE = 20_000;
/** For whom rows are written at a time. */
const PEOPLE_AT_ONCE = 5_000;
/** Objects written at a time. */
const MEDIA_AT_ONCE = 32;

export interface SampleOptions {
  /** A role that owns the database. */
  readonly url: string;
  readonly mediaFolder: string;
  readonly seed?: number;
  /** Of the default workspace; the other has a tenth as many. Some fourteen rows each. */
  readonly people?: number;
  readonly log: (line: string) => void;
}

/**
 * Idempotent: finished data stays as it is, whatever seed and number are asked for now. Memory does not grow with the
 * number of people. Throws InvalidConfiguration when there are to be more than the keys allow.
 */
export async function createSampleCrm(options: SampleOptions): Promise<{ workspaces: readonly SampleWorkspace[] }> {
  const { seed = DEFAULT_SEED, people = DEFAULT_PEOPLE, mediaFolder, log } = options;
  if (people > MOST_PEOPLE) throw new InvalidConfiguration(`The sample CRM has at most ${MOST_PEOPLE} people.`);
  await migrateFolder(options.url, MIGRATIONS, 'sample_crm_migrations');
  const client = new pg.Client({ connectionString: options.url });
  // A server that goes away fails the statement under way, which says so; the event alone would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    if (await isFinished(client)) return { workspaces: WORKSPACES };
    log(`Sample CRM: writing ${people.toLocaleString('en')} people …`);
    const started = performance.now();
    await writeMedia(mediaFolder, seed, people);
    const rows = await writeRows(client, seed, people);
    log(`Sample CRM: ${rows.toLocaleString('en')} rows in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    return { workspaces: WORKSPACES };
  } finally {
    await client.end();
  }
}

async function isFinished(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ finished: boolean }>('SELECT count(*) > 0 AS finished FROM app.sample_state');
  return rows[0]?.finished === true;
}

async function writeRows(client: ClientBase, seed: number, people: number): Promise<number> {
  let count = 0;
  await client.query('TRUNCATE app.workspaces CASCADE');
  await loadInBulk(client, async () => {
    for (const [table, rowsOf] of WORKSPACE_TABLES) count += await copyRows(client, table, rowsOf());
    for (const block of blocksOf(everybody(seed, people))) {
      for (const [table, rowsOf] of [...PERSON_TABLES, ...DEALING_TABLES, ...DOCUMENT_TABLES, ...RECORD_TABLES]) {
        count += await copyRows(client, table, rowsOfAll(table, rowsOf, block));
      }
    }
    await client.query('INSERT INTO app.sample_state (seed, people) VALUES ($1, $2)', [seed, people]);
  });
  await client.query('ANALYZE');
  return count;
}

/** Each person is made once for all tables, and no more of them than a block are in memory. */
function* blocksOf(people: Iterable<Person>): Generator<readonly Person[]> {
  let block: Person[] = [];
  for (const person of people) {
    block.push(person);
    if (block.length < PEOPLE_AT_ONCE) continue;
    yield block;
    block = [];
  }
  yield block;
}

function* rowsOfAll(table: string, rowsOf: PersonRows, people: readonly Person[]): Generator<Row> {
  for (const person of people) yield* rowsOf(person, new Random(table, person.seed, person.index));
}

function* everyObject(seed: number, people: number): Generator<MediaObject> {
  yield* propertyPhotos();
  for (const person of everybody(seed, people)) yield* mediaOf(person);
}

/** Objects come before rows: a row in the database never waits for its object. */
async function writeMedia(folder: string, seed: number, people: number): Promise<void> {
  const video = await readVideo();
  let batch: Promise<void>[] = [];
  for (const { key, content } of everyObject(seed, people)) {
    batch.push(writeObject(join(folder, key), content === 'video' ? video : content));
    if (batch.length < MEDIA_AT_ONCE) continue;
    await Promise.all(batch);
    batch = [];
  }
  await Promise.all(batch);
}

async function writeObject(file: string, content: Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, content, { mode: 0o600 });
}
