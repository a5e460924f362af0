/** Which references would have to read a whole table, because no index leads to the rows that they point at. */
import type { CatalogueColumn, CatalogueTable } from '../catalogue/model.ts';
import { columnOf } from '../catalogue/model.ts';
import type { Collection, Edge, FieldRef } from '../model.ts';
import { fieldName } from '../model.ts';
import { fieldValue, quoteName, tableName } from '../sql-text.ts';
import { walkOf } from '../walk.ts';
import type { Report } from './report.ts';
import { nameOf } from './report.ts';
import type { Subject } from './subject.ts';
import { liveTables } from './subject.ts';

export function checkReferenceIndexes(subject: Subject, report: Report): void {
  const { edges } = walkOf(subject.map);
  for (const { collection, table } of liveTables(subject)) {
    if (!hasIndexes(table)) continue;
    const ends = edges.filter(({ to }) => to === collection.ref).map(comparedIn);
    for (const compared of new Map(ends.map((each) => [JSON.stringify(each), each])).values()) {
      const wanted = compared.map((each) => expressionOf(each, columnOf(table, each.at.column)));
      if (isServed(table, collection.tenant, wanted)) continue;
      report.add('index-missing', {
        table: nameOf(collection),
        column: compared.map(({ at }) => fieldName(at)).join(', '),
        text: `Following references to these rows reads the whole table (${sizeOf(table)}): no index leads to them.`,
        sql: createIndex(collection, wanted),
      });
    }
  }
}

/** Views are read by the indexes of the tables below them, foreign tables by another server's. */
export const hasIndexes = ({ kind }: CatalogueTable): boolean => kind === 'table' || kind === 'materialized view';

export const sizeOf = ({ rows }: CatalogueTable): string =>
  rows === undefined ? 'never analysed' : `about ${Math.round(rows).toLocaleString('en')} rows`;

/** `expressions` are SQL; the tenant column comes first, for every statement names the workspace. */
export function createIndex(collection: Collection, expressions: readonly string[]): string {
  const tenant = collection.tenant === undefined ? [] : [quoteName(collection.tenant)];
  return `CREATE INDEX CONCURRENTLY ON ${tableName(collection)} (${[...tenant, ...expressions].join(', ')});`;
}

interface Compared {
  readonly at: FieldRef;
  /** Whether the other end comes out of JSON, or this one does. */
  readonly asText: boolean;
}

function comparedIn({ on }: Edge): readonly Compared[] {
  return on.map(({ from, to }) => ({ at: to, asText: from.path.length + to.path.length > 0 }));
}

function expressionOf({ at, asText }: Compared, column: CatalogueColumn | undefined): string {
  if (at.path.length > 0) return fieldValue('t', at).replace('t.', '');
  const name = quoteName(at.column);
  return asText && column?.family !== 'text' ? `(${name}::text)` : name;
}

/** An index whose first column is wanted, but for the tenant column, which is compared as well. */
function isServed(table: CatalogueTable, tenant: string | undefined, wanted: readonly string[]): boolean {
  const plain = wanted.map(withoutOrnament);
  return table.indexes.some(({ keys }) => {
    const [first = '', second = ''] = keys.map(withoutOrnament);
    return plain.includes(first) || (keys[0] === tenant && plain.includes(second));
  });
}

/** PostgreSQL writes an expression its own way: with casts of constants, and more or fewer parentheses, spaces and quotes. */
export function withoutOrnament(expression: string): string {
  return expression.replaceAll("'::text", "'").replaceAll(/[()\s"]|E(?=')/g, '');
}
