/** Every table and column must be mapped, or declared free of personal data with a reason; and what is mapped must be there. */
import type { CatalogueTable } from '../catalogue/model.ts';
import type { Collection } from '../model.ts';
import { collectionsOf } from '../model.ts';
import type { Report } from './report.ts';
import { nameOf } from './report.ts';
import type { Subject } from './subject.ts';

export function checkCoverage(subject: Subject, report: Report): void {
  reportQuestions(subject, report);
  reportUnmappedTables(subject, report);
  for (const { collection, table } of subject.mapped) {
    checkReasons(collection, report);
    if (table === undefined) {
      report.add('table-missing', {
        table: nameOf(collection),
        text: `The map has the collection ${collection.ref}, and the source has no such table; mend the name or its schema, or take it out of the map.`,
      });
    } else checkColumns(collection, table, report);
  }
}

function reportQuestions({ map }: Subject, report: Report): void {
  for (const dataset of map.datasets.filter(({ source }) => source === report.source))
    for (const { text } of dataset.questions) report.add('question-open', { text });
  for (const collection of collectionsOf(map).filter(({ source }) => source === report.source))
    for (const { field, text } of collection.questions)
      report.add('question-open', {
        table: nameOf(collection),
        ...(field !== undefined && { column: field }),
        text,
      });
}

function reportUnmappedTables({ mapped, catalogue }: Subject, report: Report): void {
  const known = new Set(mapped.map(({ table }) => table));
  for (const table of catalogue.tables) {
    if (known.has(table) || table.kind === 'view') continue;
    report.add('table-unmapped', {
      table: `${table.schema}.${table.name}`,
      text: `The ${table.kind} is not in the map. Map it, or add a collection with fides_meta.steward.no_personal_data: "<reason>" and no fields.`,
    });
  }
}

function checkReasons(collection: Collection, report: Report): void {
  const give = 'say why: fides_meta.steward.no_personal_data: "<reason>".';
  if (collection.exemption !== undefined && collection.exemption.reason === undefined)
    report.add('reason-missing', {
      table: nameOf(collection),
      text: `The table is declared free of personal data without a reason; ${give}`,
    });
  for (const { column, reason } of collection.exemptColumns)
    if (reason === undefined)
      report.add('reason-missing', {
        table: nameOf(collection),
        column,
        text: `The column is declared free of personal data without a reason; ${give}`,
      });
}

function checkColumns(collection: Collection, table: CatalogueTable, report: Report): void {
  const named = namedColumns(collection);
  const there = new Set(table.columns.map(({ name }) => name));
  for (const column of named) {
    if (there.has(column)) continue;
    report.add('column-missing', {
      table: nameOf(collection),
      column,
      text: 'The map names this column, and the table has none such; mend the name, or take it out of the map.',
    });
  }
  if (isDeclaredWhole(collection)) return;
  for (const column of there) {
    if (named.has(column)) continue;
    report.add('column-unmapped', {
      table: nameOf(collection),
      column,
      text: 'The column is not in the map. Add it as a field with its data_categories, or with fides_meta.steward.no_personal_data: "<reason>".',
    });
  }
}

/** Whoever lists the columns of a table without personal data is told of new ones; whoever lists none declares them all. */
function isDeclaredWhole({ exemption, fields, exemptColumns }: Collection): boolean {
  return exemption !== undefined && fields.length === 0 && exemptColumns.length === 0;
}

function namedColumns({ fields, exemptColumns, media, ...collection }: Collection): ReadonlySet<string> {
  const special = [collection.tenant, collection.team, collection.restriction, collection.dated];
  const ofMedia = media.flatMap(({ column, nameColumn }) => [column, nameColumn]);
  const names = [...fields, ...exemptColumns].map(({ column }) => column);
  return new Set([...names, ...special, ...ofMedia].filter((name) => name !== undefined));
}
