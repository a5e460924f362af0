/** The map's primary key must name one row each, or rows would be missed or taken twice. */
import type { CatalogueTable } from '../catalogue/model.ts';
import { columnOf } from '../catalogue/model.ts';
import type { Collection } from '../model.ts';
import type { Report } from './report.ts';
import { nameOf } from './report.ts';
import type { Subject } from './subject.ts';
import { liveTables } from './subject.ts';

export function checkKeys(subject: Subject, report: Report): void {
  for (const { collection, table } of liveTables(subject)) {
    // No index says of a view's or foreign table's rows what they are told apart by.
    if (collection.key.length === 0 || table.kind === 'view' || table.kind === 'foreign table') continue;
    const problem = problemOf(collection, table);
    if (problem !== undefined) report.add('key-not-unique', { table: nameOf(collection), text: problem });
  }
}

function problemOf({ key }: Collection, table: CatalogueTable): string | undefined {
  const named = new Set(key);
  const covered = table.uniqueKeys.filter(({ columns }) => columns.every((column) => named.has(column)));
  if (covered.length === 0) {
    const [best] = table.uniqueKeys.toSorted((a, b) => Number(b.primary) - Number(a.primary));
    const fix = best
      ? `the table's own key is (${best.columns.join(', ')}); set primary_key on exactly those.`
      : 'the table has no unique index; give it one.';
    return `The map's primary key (${key.join(', ')}) does not name one row each: ${fix}`;
  }
  const nullable = key.filter((name) => columnOf(table, name)?.nullable === true);
  if (nullable.length === 0) return undefined;
  return `The map's primary key has columns that may be null (${nullable.join(', ')}), and rows where one is would not be found; choose a key of columns that are NOT NULL.`;
}
