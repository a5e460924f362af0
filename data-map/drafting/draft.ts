/**
 * A first data map of a database that nobody has mapped yet, for a person to finish. It parses, and what only a person can
 * know stands in it as `fides_meta.steward.questions`, which `steward map check` lists until they are answered.
 */
import { Document } from 'yaml';
import type { Catalogue, CatalogueColumn } from '../catalogue/model.ts';
import { mayNameObject } from './guesses.ts';
import { looksLikeReference, questionsOfTable } from './questions.ts';
import type { DraftLink, DraftTable, Forms } from './subject.ts';
import { draftLinks, draftTables } from './subject.ts';
import { guessTenant } from './tenant.ts';
import type { TenantGuess } from './tenant.ts';

/** YAML. One dataset a schema. No sampled value is in it. */
export function draftMap(source: string, catalogue: Catalogue, forms: Forms): string {
  const tenant = guessTenant(catalogue.tables.filter(({ kind }) => kind !== 'view'));
  const tables = draftTables(catalogue, tenant?.column, forms);
  const links = draftLinks(catalogue, tables);
  const schemas = [...new Set(tables.map(({ table }) => table.schema))];
  const keyOf = (schema: string): string => (schemas.length === 1 ? source : `${source}_${schema}`);
  const document = new Document({
    dataset: schemas.map((schema) => ({
      fides_key: keyOf(schema),
      name: keyOf(schema),
      fides_meta: { steward: { source, schema, ...questionsOfTenant(tenant) } },
      collections: tables
        .filter(({ table }) => table.schema === schema)
        .map((table) => draftCollection(table, { tables, links, keyOf })),
    })),
  });
  document.commentBefore = headOf(source, tenant);
  return document.toString({ lineWidth: 120 });
}

function questionsOfTenant(tenant: TenantGuess | undefined): { readonly questions?: readonly string[] } {
  const ask = tenant
    ? `Is ${tenant.column} the column that tells the customers' workspaces apart?`
    : "Which column tells the customers' workspaces apart? Name it in each collection's fides_meta.steward.tenant.";
  return { questions: [`${ask} Take this question away when it is answered.`] };
}

function headOf(source: string, tenant: TenantGuess | undefined): string {
  const guessed = tenant
    ? `The tenant column ${tenant.column} is a guess: ${tenant.tables} of ${tenant.of} tables have it.`
    : 'No column is in most of the tables, so no tenant column was guessed, and no collection can be searched yet.';
  return [
    ` Drafted from the source ${source}. Names, types, keys and foreign keys are the database's own; identities, data_categories`,
    ' and the directions of references are guesses. To finish it: answer each entry of steward.questions and take it away,',
    ' read through the categories, and run `steward map check` until it agrees.',
    ` ${guessed}`,
  ].join('\n');
}

interface Context {
  readonly tables: readonly DraftTable[];
  readonly links: readonly DraftLink[];
  readonly keyOf: (schema: string) => string;
}

function draftCollection(draft: DraftTable, context: Context): object {
  const own = context.links.filter(({ from }) => from === draft);
  const personal = draft.guesses.size > 0 || isReached(draft, context.links);
  return {
    name: draft.table.name,
    fides_meta: {
      ...(!draft.walkable && { skip_processing: true }),
      steward: {
        ...(draft.tenant !== undefined && { tenant: draft.tenant }),
        ...questions(questionsOfTable(draft, own, personal)),
      },
    },
    fields: draft.table.columns.map((column) => draftField(column, draft, { ...context, links: own }, personal)),
  };
}

const isReached = (draft: DraftTable, links: readonly DraftLink[]): boolean =>
  links.some(({ from, to, direction }) => (direction === 'from' ? from === draft : direction === 'to' && to === draft));

function draftField(column: CatalogueColumn, draft: DraftTable, context: Context, personal: boolean): object {
  const { name } = column;
  const found = draft.guesses.get(name);
  const links = context.links.filter(({ pairs }) => pairs.some((pair) => pair.from === name));
  const followed = links.filter(({ direction }) => direction !== undefined);
  const declined = links.find(({ reason }) => reason !== undefined);
  const isOperations = name === draft.tenant || !personal;
  const asked = [
    ...(mayNameObject(column) && draft.walkable
      ? ['Does it name an object in a store? Then list it under fides_meta.steward.media of the collection.']
      : []),
    ...(links.length === 0 && draft.walkable ? looksLikeReference(column, draft, context.tables) : []),
  ];
  const steward = {
    ...(followed.length === 0 && declined?.reason !== undefined && { not_followed: declined.reason }),
    ...questions(asked),
  };
  const meta = {
    ...(draft.key.includes(name) && { primary_key: true }),
    ...(found?.identity !== undefined && !draft.staff && { identity: found.identity }),
    ...dataType(column),
    ...(found?.secret === true && { redact: 'name' }),
    ...(followed.length > 0 && { references: followed.map((link) => reference(link, name, context.keyOf)) }),
    ...(Object.keys(steward).length > 0 && { steward }),
  };
  return {
    name,
    data_categories: [found?.category ?? (isOperations ? 'system.operations' : 'user')],
    ...(Object.keys(meta).length > 0 && { fides_meta: meta }),
  };
}

function reference({ to, pairs, direction }: DraftLink, column: string, keyOf: Context['keyOf']): object {
  const target = pairs.find(({ from }) => from === column)?.to ?? '';
  return { dataset: keyOf(to.table.schema), field: `${to.table.name}.${target}`, direction };
}

const questions = (texts: readonly string[]): { readonly questions?: readonly string[] } =>
  texts.length === 0 ? {} : { questions: texts };

/** Fideslang has no word for the families that are missing here; without one nothing is said of the type. */
const DATA_TYPES: Readonly<Record<string, string>> = {
  text: 'string',
  enum: 'string',
  uuid: 'string',
  time: 'string',
  network: 'string',
  boolean: 'boolean',
  json: 'object',
};

function dataType({ family, whole, list }: CatalogueColumn): { readonly data_type?: string } {
  const base = family === 'number' ? (whole ? 'integer' : 'float') : DATA_TYPES[family];
  return base === undefined ? {} : { data_type: list ? `${base}[]` : base };
}
