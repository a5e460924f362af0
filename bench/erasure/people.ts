/** People of a given number of rows each, among others in the generated tables. */
import { randomUUID } from 'node:crypto';
import type { ClientBase } from 'pg';
import { loadInBulk } from '../../dev/sample-crm/bulk-load.ts';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import { PEOPLE, RECORD_TABLES, referenceOf } from './tables.ts';
import type { BenchTable } from './tables.ts';

export interface ErasedPerson {
  readonly id: string;
  readonly workspaceId: string;
  readonly email: string;
  /** With that of the person. */
  readonly rows: number;
  /** How many rows are in which table, beside the one of the person. */
  readonly tables: readonly PersonTable[];
}

export interface PersonTable {
  readonly name: string;
  readonly parent: string | undefined;
  readonly rows: number;
}

/** `all` the tables, or those alone on whose rows nothing hangs. */
export type Spread = 'all' | 'childless';

const { workspaceId } = SHOWCASE_PERSON;

/** Somebody new. The rows are spread evenly. */
export function newPerson(rows: number, spread: Spread = 'all'): ErasedPerson {
  const id = randomUUID();
  const tables = spread === 'all' ? RECORD_TABLES : RECORD_TABLES.filter(isChildless);
  const share = (index: number): number => Math.floor((rows - 1 + tables.length - 1 - index) / tables.length);
  return {
    id,
    workspaceId,
    email: `${id}@example.org`,
    rows,
    tables: tables.map(({ name, parent }, index) => ({ name, parent, rows: share(index) })).filter(hasRows),
  };
}

const isChildless = ({ parent, hasChildren }: BenchTable): boolean => parent === undefined && !hasChildren;
const hasRows = ({ rows }: PersonTable): boolean => rows > 0;

/** Others in the same workspace, so that a person's rows are few among many. */
export async function loadBackground(client: ClientBase, people: number, rowsEach: number): Promise<void> {
  await loadInBulk(client, async () => {
    await client.query(
      `INSERT INTO app.${PEOPLE} (id, workspace_id, full_name, email, created_at)
       SELECT md5('person ' || n)::uuid, $1, 'Person ' || n, 'person.' || n || '@example.org', now()
         FROM generate_series(1, $2::int) n`,
      [workspaceId, people],
    );
    for (const table of RECORD_TABLES) {
      const parents =
        table.parent === undefined
          ? `SELECT id, row_number() OVER () AS place FROM app.${PEOPLE}`
          : `SELECT id, row_number() OVER () AS place FROM app.${table.parent}`;
      await client.query(
        `WITH parents AS (${parents}) INSERT INTO app.${table.name} (${COLUMNS(table)})
         SELECT $1, p.id, ${VALUES} FROM generate_series(1, $2::int) n
           JOIN parents p ON p.place = 1 + n % (SELECT count(*) FROM parents)`,
        [workspaceId, people * rowsEach],
      );
    }
  });
  await client.query('VACUUM (FREEZE, ANALYZE)');
}

const COLUMNS = (table: BenchTable): string => `workspace_id, ${referenceOf(table)}, kind, body, details, created_at`;
/** Of about 150 bytes. */
const VALUES = `'kind ' || n % 20, md5(n::text) || ' ' || md5((n + 1)::text), jsonb_build_object('seen', n % 90),
  timestamptz '2024-01-01' + n * interval '1 second'`;

/** Written, and brought to rest: what an insert leaves to whoever comes next is done before anybody is timed. */
export async function insertPerson(client: ClientBase, person: ErasedPerson): Promise<void> {
  await client.query(
    `INSERT INTO app.${PEOPLE} (id, workspace_id, full_name, email, created_at) VALUES ($1, $2, 'Bench Person', $3, now())`,
    [person.id, person.workspaceId, person.email],
  );
  for (const table of RECORD_TABLES) {
    const own = person.tables.find(({ name }) => name === table.name);
    if (own) await insertRows(client, person, table, own.rows);
  }
  const tables = [PEOPLE, ...person.tables.map(({ name }) => name)].map((name) => `app.${name}`);
  await client.query(`VACUUM (FREEZE, ANALYZE) ${tables.join(', ')}`);
}

async function insertRows(client: ClientBase, person: ErasedPerson, table: BenchTable, rows: number): Promise<void> {
  const parents =
    table.parent === undefined
      ? 'SELECT $2::uuid AS id, 1::bigint AS place'
      : `SELECT id, row_number() OVER (ORDER BY id) AS place FROM app.${table.parent} WHERE workspace_id = $1 AND person_id = $2`;
  const { rowCount } = await client.query(
    `WITH parents AS MATERIALIZED (${parents}) INSERT INTO app.${table.name} (${COLUMNS(table)})
     SELECT $1, p.id, ${VALUES} FROM generate_series(1, $3::int) n
       JOIN parents p ON p.place = 1 + n % (SELECT count(*) FROM parents)`,
    [person.workspaceId, person.id, rows],
  );
  if (rowCount !== rows) throw new Error(`${table.name} got ${rowCount} rows, not ${rows}.`);
}
