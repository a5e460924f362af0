/**
 * Has PostgreSQL plan the very statements by which a search starts, for a person who does not exist, and sees whether an
 * index finds the row: an index over another expression than the one searched by is none.
 */
import type { Identity } from '../../domain/identities.ts';
import type { MapFinding } from '../../domain/map-check.ts';
import type { Queryable } from '../catalogue/read.ts';
import { columnOf } from '../catalogue/model.ts';
import type { CatalogueTable } from '../catalogue/model.ts';
import { matches } from '../matches.ts';
import type { DataMap } from '../model.ts';
import { collectionsOf, fieldName } from '../model.ts';
import { planSearch } from '../plan.ts';
import type { PlannedCollection } from '../plan.ts';
import { isOfValue } from '../predicates.ts';
import type { Predicate, ValuePredicate } from '../predicates.ts';
import { nodesOf, planNodeOf } from '../query-plan.ts';
import type { PlanNode } from '../query-plan.ts';
import { fieldValue, tableName, textValue } from '../sql-text.ts';
import type { Statement } from '../sql-text.ts';
import { createIndex, hasIndexes, sizeOf, withoutOrnament } from './indexes.ts';
import { Report, nameOf } from './report.ts';

/** Of the tables in `sound`, by collection: what is wrong with the others is known already and would be told twice. */
export async function checkSearches(
  client: Queryable,
  map: DataMap,
  source: string,
  sound: ReadonlyMap<string, CatalogueTable>,
): Promise<readonly MapFinding[]> {
  const report = new Report(source);
  const probes = probesFor(map, source);
  // Any that is told by a word stands for all: one index serves the mentions of every type.
  const word = probes.find(({ type }) => type !== 'phone_number');
  for (const identity of probes) {
    for (const collection of planSearch(map, source, [identity]).collections) {
      const table = sound.get(collection.ref);
      if (table === undefined) continue;
      for (const seed of collection.seeds.filter(isOfValue)) await checkSeed(client, collection, table, seed, report);
      if (identity !== word) continue;
      for (const mention of collection.mentions.filter(isMention)) {
        await checkMention(client, collection, table, mention, report);
      }
    }
  }
  return report.findings;
}

type MentionPredicate = Extract<Predicate, { kind: 'mention' }>;
const isMention = (predicate: Predicate): predicate is MentionPredicate => predicate.kind === 'mention';

const PROBES: Readonly<Record<string, string>> = {
  email: 'steward-probe@example.invalid',
  // Of the numbers that are given to nobody (North American Numbering Plan, 555-0100 to 0199).
  phone_number: '+12025550147',
};
/** In what a condition must have something of to be about the person. */
const MARKS = /steward-probe|2025550147/;

function probesFor(map: DataMap, source: string): readonly Identity[] {
  const own = collectionsOf(map).filter((collection) => collection.source === source && !collection.skipped);
  const types = new Set(own.flatMap(({ identities }) => identities.map(({ type }) => type)));
  return [...types].map((type) => ({ type, value: PROBES[type] ?? 'steward-probe' }));
}

async function checkSeed(
  client: Queryable,
  collection: PlannedCollection,
  table: CatalogueTable,
  seed: ValuePredicate,
  report: Report,
): Promise<void> {
  const plan = await planFor(client, collection, table, seed, report);
  if (plan !== undefined && !isServed(plan, table, collection.tenant)) {
    report.add('index-missing', {
      table: nameOf(collection),
      column: fieldName(seed.at),
      text: `A search by this identity reads the whole table (${sizeOf(table)}): no index is over what it compares.`,
      sql: createIndex(collection, [searchedBy(seed, table)]),
    });
  }
}

/** A small table needs no index of trigrams, and the plan would not show one. */
async function checkMention(
  client: Queryable,
  collection: PlannedCollection,
  table: CatalogueTable,
  mention: MentionPredicate,
  report: Report,
): Promise<void> {
  const plan = await planFor(client, collection, table, mention, report);
  if (plan === undefined || isSmall(table) || isServed(plan, table, collection.tenant)) return;
  report.add('index-missing', {
    table: nameOf(collection),
    column: fieldName(mention.at),
    text: `A search for mentions in this text reads the whole table (${sizeOf(table)}): no index of trigrams is over it. It takes the extension pg_trgm.`,
    sql: `CREATE INDEX CONCURRENTLY ON ${tableName(collection)} USING gin (${textOf(mention, table)} gin_trgm_ops);`,
  });
}

/** How PostgreSQL would search by the predicate; undefined, and told, when it refuses, or when nothing of it is kept in indexes. */
async function planFor(
  client: Queryable,
  collection: PlannedCollection,
  table: CatalogueTable,
  predicate: ValuePredicate | MentionPredicate,
  report: Report,
): Promise<PlanNode | undefined> {
  const tenant = await largestTenant(client, collection, table);
  const statement = matches(collection, [predicate], tenant, 1);
  if (statement === undefined) return undefined;
  const answer = await explainByIndex(client, statement);
  if (typeof answer !== 'string') return hasIndexes(table) ? answer : undefined;
  report.add('search-refused', {
    table: nameOf(collection),
    column: fieldName(predicate.at),
    text: `PostgreSQL does not take the search by this column (SQLSTATE ${answer}); see its type and the tenant column's.`,
  });
  return undefined;
}

/**
 * The tenant with the most rows by PostgreSQL's statistics: for it an index on the tenant column alone is dear, so the plan
 * shows whether there is a better one. Without statistics, a key that the column takes.
 */
async function largestTenant(client: Queryable, collection: PlannedCollection, table: CatalogueTable): Promise<string> {
  const { rows } = await client.query(
    `SELECT (most_common_vals::text::text[])[1] AS key FROM pg_catalog.pg_stats
      WHERE schemaname = $1 AND tablename = $2 AND attname = $3`,
    [collection.schema, collection.table, collection.tenant],
  );
  const [first] = rows as readonly { readonly key: string | null }[];
  return first?.key ?? ANY_TENANT[columnOf(table, collection.tenant)?.family ?? 'text'] ?? 'steward-nobody';
}

const ANY_TENANT: Readonly<Record<string, string>> = { uuid: '00000000-0000-0000-0000-000000000000', number: '0' };

/**
 * The plan when reading whole tables is made out to be dear, so that it shows on an empty table too what would serve a large
 * one; or the SQLSTATE with which PostgreSQL refuses. Nothing is executed.
 */
async function explainByIndex(client: Queryable, { text, values }: Statement): Promise<PlanNode | string> {
  await client.query('BEGIN READ ONLY', []);
  try {
    await client.query('SET LOCAL enable_seqscan = off', []);
    const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${text}`, [...values]);
    return planNodeOf(rows);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // Class 42: the statement is wrong; 22: a constant does not fit its type. Anything else is no matter of the map.
    if (!/^(42|22)/.test(code)) throw error;
    return code;
  } finally {
    await client.query('ROLLBACK', []);
  }
}

/** Whether every table that is read is read by an index condition on the identity. */
function isServed(plan: PlanNode, table: CatalogueTable, tenant: string): boolean {
  const scans = nodesOf(plan).filter((node) => node['Relation Name'] !== undefined);
  return scans.every(
    (scan) =>
      nodesOf(scan).some((node) => MARKS.test(node['Index Cond'] ?? '')) ||
      (isSmall(table) && couldServe(scan.Filter ?? '', table, tenant)),
  );
}

/** Of a table that has next to no rows all indexes cost the same, and the plan may take any of them. */
const isSmall = ({ rows }: CatalogueTable): boolean => rows === undefined || rows < 1_000;

/** Whether an index begins with what the filter compares. */
function couldServe(filter: string, table: CatalogueTable, tenant: string): boolean {
  const compared = withoutOrnament(filter.replaceAll(/\bt(_\d+)?\./g, ''));
  return table.indexes.some(({ keys: [first = '', second = ''] }) => {
    const key = first === tenant ? second : first;
    const cast = columnOf(table, key)?.family === 'text' ? '(::text)?' : '';
    return key !== '' && new RegExp(`(?<![a-z0-9_])${escapePattern(withoutOrnament(key))}${cast}(=|~~)`).test(compared);
  });
}

const escapePattern = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

function searchedBy(predicate: ValuePredicate, table: CatalogueTable): string {
  const [{ kind }, value] = [predicate, textOf(predicate, table)];
  if (kind === 'email') return `lower(${value}) text_pattern_ops`;
  if (kind === 'phone') return `regexp_replace(${value}, '[^0-9]', '', 'g')`;
  return value;
}

/** The text of a field as an index would have it. */
function textOf({ at }: Pick<ValuePredicate, 'at'>, table: CatalogueTable): string {
  const isText = at.path.length > 0 || columnOf(table, at.column)?.family === 'text';
  return (isText ? fieldValue('t', at) : `(${textValue('t', at)})`).replace('t.', '');
}
