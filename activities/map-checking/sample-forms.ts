/** Looks at a few values of each text column for the form that they have. Values are dropped at once; forms are kept. */
import type { ClientBase } from 'pg';
import type { Catalogue, CatalogueTable } from '../../data-map/catalogue/model.ts';
import { formOf } from '../../data-map/drafting/guesses.ts';
import type { ValueForm } from '../../data-map/drafting/guesses.ts';
import { column, quoteName } from '../../data-map/sql-text.ts';

const ROWS = 100;
/** No form that is looked for is longer. */
const CHARACTERS = 320;

/** By `schema.table.column`. Tables and columns that our role may not read are left out. */
export async function sampleForms(client: ClientBase, { tables }: Catalogue): Promise<ReadonlyMap<string, ValueForm>> {
  const forms = new Map<string, ValueForm>();
  await client.query('BEGIN READ ONLY');
  for (const table of tables.filter(({ kind }) => kind !== 'view'))
    for (const [name, form] of await formsIn(client, table)) forms.set(`${table.schema}.${table.name}.${name}`, form);
  await client.query('ROLLBACK');
  return forms;
}

async function formsIn(client: ClientBase, table: CatalogueTable): Promise<readonly (readonly [string, ValueForm])[]> {
  const columns = table.columns.filter(({ family, list, selectable }) => family === 'text' && !list && selectable);
  if (columns.length === 0) return [];
  const picked = columns.map(({ name }) => `left(${column('t', name)}::text, ${CHARACTERS})`);
  const { rows } = await client.query<(string | null)[]>({
    text: `SELECT ${picked.join(', ')} FROM ${quoteName(table.schema)}.${quoteName(table.name)} t LIMIT ${ROWS}`,
    rowMode: 'array',
  });
  return columns.flatMap(({ name }, index) => {
    const form = formOf(rows.map((row) => row[index] ?? null));
    return form === undefined ? [] : [[name, form] as const];
  });
}
