/** What deleting a person's rows costs without Steward: by hand in batches with the keys answered, or bare and at once. */
import type { ClientBase } from 'pg';
import { perform } from '../support/child.ts';
import { measure } from '../support/measure.ts';
import type { Measurement } from '../support/measure.ts';
import { withConnection } from '../support/site.ts';
import type { ErasedPerson, PersonTable } from './people.ts';
import { PEOPLE } from './tables.ts';

export type Way = 'keys' | 'bare';

interface ReferenceTask {
  readonly url: string;
  readonly way: Way;
  readonly warmUp: ErasedPerson;
  readonly person: ErasedPerson;
}

/** `rows` is how many were deleted. */
export type ReferenceMeasurement = Measurement & { readonly rows: number };

export type ReferenceWork = typeof work;

/** As many as a batch of ours has when nobody keeps it waiting. */
const BATCH_ROWS = 20_000;

function work({ url, way, warmUp, person }: ReferenceTask): Promise<ReferenceMeasurement> {
  const erase = way === 'keys' ? deleteInBatches : deleteAtOnce;
  return withConnection(url, async (client) => {
    await erase(client, warmUp);
    let rows = 0;
    const measured = await measure(async () => {
      rows = await erase(client, person);
    });
    return { ...measured, rows };
  });
}

perform(work);

/** What hangs on other rows goes first. */
const inOrder = ({ tables }: ErasedPerson): readonly PersonTable[] => [
  ...tables.filter(({ parent }) => parent !== undefined),
  ...tables.filter(({ parent }) => parent === undefined),
];

/** A batch is a statement, which is a transaction of its own. */
async function deleteInBatches(client: ClientBase, person: ErasedPerson): Promise<number> {
  let deleted = 0;
  for (const table of inOrder(person)) {
    for (let batch = BATCH_ROWS; batch === BATCH_ROWS; deleted += batch) {
      const { rows } = await client.query<{ id: string }>(
        `DELETE FROM app.${table.name} WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM ${rowsOf(table)} LIMIT ${BATCH_ROWS}))
           RETURNING id`,
        [person.workspaceId, person.id],
      );
      batch = rows.length;
    }
  }
  return deleted + (await deletePerson(client, person));
}

async function deleteAtOnce(client: ClientBase, person: ErasedPerson): Promise<number> {
  let deleted = 0;
  await client.query('BEGIN');
  for (const table of inOrder(person)) {
    const { rowCount } = await client.query(bareDelete(table), [person.workspaceId, person.id]);
    deleted += rowCount ?? 0;
  }
  deleted += await deletePerson(client, person);
  await client.query('COMMIT');
  return deleted;
}

const bareDelete = ({ name, parent }: PersonTable): string =>
  parent === undefined
    ? `DELETE FROM app.${name} WHERE workspace_id = $1 AND person_id = $2`
    : `DELETE FROM app.${name} t USING app.${parent} p
        WHERE (p.workspace_id, p.person_id) = ($1, $2) AND (t.workspace_id, t.record_id) = (p.workspace_id, p.id)`;

/** Over the alias `t`. */
const rowsOf = ({ name, parent }: PersonTable): string =>
  parent === undefined
    ? `app.${name} t WHERE t.workspace_id = $1 AND t.person_id = $2`
    : `app.${name} t JOIN app.${parent} p ON (t.workspace_id, t.record_id) = (p.workspace_id, p.id)
        WHERE (p.workspace_id, p.person_id) = ($1, $2)`;

async function deletePerson(client: ClientBase, { workspaceId, id }: ErasedPerson): Promise<number> {
  const { rows } = await client.query(`DELETE FROM app.${PEOPLE} WHERE workspace_id = $1 AND id = $2 RETURNING id`, [
    workspaceId,
    id,
  ]);
  return rows.length;
}
