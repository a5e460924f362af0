/** People of a given number of rows each, in a sample CRM that others are in as well. */
import type { ClientBase } from 'pg';
import { loadInBulk } from '../../dev/sample-crm/bulk-load.ts';
import { createSampleCrm } from '../../dev/sample-crm/create.ts';
import { grantReader } from '../../dev/databases.ts';
import { uuidOf } from '../../dev/sample-crm/random.ts';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import { ACTIVITY_KINDS, CITIES, FIRST_NAMES, SENTENCES, STREETS, USER_AGENTS } from '../../dev/sample-crm/words.ts';
import { withConnection } from '../support/site.ts';
import type { Site } from '../support/site.ts';

export interface BenchPerson {
  readonly rows: number;
  readonly workspaceId: string;
  readonly contactId: string;
  readonly email: string;
}

const BACKGROUND_PEOPLE = 2_000;
const { workspaceId } = SHOWCASE_PERSON;

export function personOf(rows: number): BenchPerson {
  return { rows, workspaceId, contactId: uuidOf('bench', rows), email: `bench.${rows}@example.org` };
}

/** Tables of a person's rows beside the one contact, and their share. What is left over goes to the last. */
const TABLES = [
  { table: 'notes', share: 0.3 },
  { table: 'audit_events', share: 0.2 },
  { table: 'recipients', share: 0.1 },
  { table: 'activities', share: 0.4 },
] as const;

type Table = (typeof TABLES)[number]['table'];

export const PERSON_TABLES: readonly Table[] = TABLES.map(({ table }) => table);

function rowsIn(table: Table, { rows }: BenchPerson): number {
  const [last] = TABLES.slice(-1);
  const others = TABLES.slice(0, -1).map(({ share }) => Math.floor(rows * share));
  const index = TABLES.findIndex((each) => each.table === table);
  if (table !== last?.table) return others[index] ?? 0;
  return rows - 1 - others.reduce((sum, each) => sum + each, 0);
}

/** Writes the sample CRM with these people in it. */
export async function loadPeople({ databases, home }: Site, people: readonly BenchPerson[]): Promise<void> {
  const url = databases.crm_owner;
  const mediaFolder = home.path('crm-media');
  await createSampleCrm({ url, mediaFolder, people: BACKGROUND_PEOPLE, log: () => undefined });
  await grantReader(url);
  await withConnection(url, async (client) => {
    await loadInBulk(client, async () => {
      for (const person of people) await insertPerson(client, person);
    });
    await client.query('VACUUM (FREEZE, ANALYZE)');
  });
}

async function insertPerson(client: ClientBase, person: BenchPerson): Promise<void> {
  await client.query(
    `INSERT INTO app.contacts (id, workspace_id, team_id, first_name, last_name, email, created_at)
     SELECT $1, workspace_id, id, 'Bench', 'Person', $3, '2026-06-30' FROM app.teams WHERE workspace_id = $2 LIMIT 1`,
    [person.contactId, person.workspaceId, person.email],
  );
  for (const table of PERSON_TABLES) {
    await client.query(`INSERT INTO app.${table} ${SELECTS[table]}`, [
      person.contactId,
      person.workspaceId,
      rowsIn(table, person),
      person.rows,
      wordsFor(table),
    ]);
  }
}

/** The row's number, and what it has by chance: always the same, and of no order. */
const NUMBERED = `
  FROM generate_series(1, $3::int) n,
       LATERAL (SELECT md5($4::int || ' ' || n) AS hash) h,
       LATERAL (SELECT ('x' || left(hash, 8))::bit(32)::bigint AS chance) c`;
const ID = '$4::bigint * 100000000 + n';
const WORD = '($5::text[])[1 + chance % cardinality($5::text[])]';
/** As long as people write, of words without a pattern. */
const TEXT = `(SELECT string_agg(($5::text[])[1 + abs(hashint4((chance % 1000000)::int * 64 + w)) % cardinality($5::text[])], ' ')
                   FROM generate_series(1, 12 + (chance % 24)::int) w)`;
const MOMENT = `timestamptz '2022-07-01' + (chance % 126000000) * interval '1 second'`;

/** One statement takes the same five values as another, so each has a use for all. */
const SELECTS: Readonly<Record<Table, string>> = {
  notes: `(id, workspace_id, contact_id, body, created_at)
    SELECT hash::uuid, $2::uuid, $1::uuid, ${TEXT}, ${MOMENT} ${NUMBERED}`,
  audit_events: `(id, workspace_id, contact_id, action, details, at)
    SELECT ${ID}, $2::uuid, $1::uuid, 'contact.viewed',
           jsonb_build_object('fields', jsonb_build_array('email', 'phone'), 'agent', ${WORD}), ${MOMENT} ${NUMBERED}`,
  recipients: `(id, workspace_id, contact_id, campaign_id, email, merge_fields, delivered_at)
    SELECT ${ID}, $2::uuid, $1::uuid,
           (SELECT id FROM app.campaigns WHERE workspace_id = $2::uuid ORDER BY id LIMIT 1),
           'bench.' || $4::int || '@example.org', jsonb_build_object('first_name', 'Bench', 'remark', ${WORD}), ${MOMENT} ${NUMBERED}`,
  activities: `(id, workspace_id, contact_id, kind, payload, at)
    SELECT ${ID}, $2::uuid, $1::uuid, ${WORD},
           jsonb_build_object('by', 'agent.' || chance % 12 || '@staff.example', 'minutes', chance % 90, 'reference', hash),
           ${MOMENT} ${NUMBERED}`,
};

function wordsFor(table: Table): readonly string[] {
  if (table === 'activities') return ACTIVITY_KINDS;
  if (table === 'notes')
    return [...SENTENCES, ...FIRST_NAMES, ...STREETS, ...CITIES].flatMap((text) => text.split(' '));
  return table === 'audit_events' ? USER_AGENTS : SENTENCES;
}
