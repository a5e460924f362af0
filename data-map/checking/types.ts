/** Types: of a field against its column, of tenant columns against each other and the workspaces' keys, of a reference's ends. */
import type { CatalogueColumn, TypeFamily } from '../catalogue/model.ts';
import { columnOf, tableOf } from '../catalogue/model.ts';
import type { Collection, Field, FieldRef } from '../model.ts';
import { collectionsOf, fieldName } from '../model.ts';
import { partOf, walkOf } from '../walk.ts';
import type { Report } from './report.ts';
import { nameOf } from './report.ts';
import type { MappedTable, Subject } from './subject.ts';
import { liveTables } from './subject.ts';

export function checkTypes(subject: Subject, tenantKeys: readonly string[], report: Report): void {
  for (const { collection, table } of liveTables(subject)) {
    for (const field of collection.fields) {
      const column = columnOf(table, field.column);
      if (column) checkField(collection, field, column, report);
    }
  }
  checkTenants(subject, tenantKeys, report);
  checkReferences(subject, report);
}

/** The families that a data type of Fideslang may stand for. What PostgreSQL writes as text a file may call a string. */
const FAMILIES: Readonly<Record<string, readonly TypeFamily[]>> = {
  string: ['text', 'enum', 'uuid', 'time', 'network', 'bytes', 'other'],
  integer: ['number'],
  float: ['number'],
  boolean: ['boolean'],
  object: ['json', 'composite', 'other'],
  object_id: ['text', 'uuid', 'bytes'],
};

function checkField(collection: Collection, field: Field, column: CatalogueColumn, report: Report): void {
  const conflict = conflictOf(field, column);
  if (conflict === undefined) return;
  report.add('type-conflict', { table: nameOf(collection), column: fieldName(field), text: conflict });
}

function conflictOf({ path, dataType }: Field, { type, family, whole, list }: CatalogueColumn): string | undefined {
  if (path.length > 0) {
    if (family === 'json') return undefined;
    return `The map has values inside this column, which is ${type} and not JSON; map the column alone.`;
  }
  if (dataType === undefined) return undefined;
  const mend = `the column is ${type}; mend fides_meta.data_type.`;
  const wantsList = dataType.endsWith('[]');
  // A list may be an array, or a JSON array, whose elements no catalogue knows.
  if (family === 'json' && !list && (wantsList || dataType === 'object')) return undefined;
  const base = dataType.replace('[]', '');
  const fits = FAMILIES[base]?.includes(family) === true && (base !== 'integer' || whole);
  return wantsList === list && fits ? undefined : `The map says ${dataType}, and ${mend}`;
}

/** One key is bound for all collections of a source, so it must fit the type of each tenant column. */
function checkTenants({ mapped }: Subject, tenantKeys: readonly string[], report: Report): void {
  const tenants = mapped.flatMap(({ collection, table }) => {
    const column = collection.tenant === undefined ? undefined : columnOf(table, collection.tenant);
    return column && !collection.skipped ? [{ collection, column }] : [];
  });
  const usual = mostCommon(tenants.map(({ column }) => column.family));
  for (const { collection, column } of tenants) {
    const at = { table: nameOf(collection), column: column.name };
    if (column.family !== usual) {
      report.add('tenant-type', {
        ...at,
        text: `The tenant column is ${column.type}, and most of this source are of another kind (${usual}); name the right column in fides_meta.steward.tenant.`,
      });
    }
    const unfit = tenantKeys.filter((key) => !canHold(column, key)).length;
    if (unfit > 0) {
      report.add('tenant-type', {
        ...at,
        text: `The tenant column is ${column.type} and cannot hold the key of ${unfit} of ${tenantKeys.length} workspaces; name the right column, or mend the workspaces' source keys.`,
      });
    }
  }
}

function mostCommon<T>(values: readonly T[]): T | undefined {
  const groups = [...Map.groupBy(values, (value) => value)];
  return groups.toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0];
}

const UUID = /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i;

function canHold({ family, list, whole }: CatalogueColumn, key: string): boolean {
  if (list) return false;
  if (family === 'uuid') return UUID.test(key);
  if (family === 'number') return (whole ? /^-?\d{1,19}$/ : /^-?\d+(\.\d+)?$/).test(key);
  return family === 'text' || family === 'enum';
}

/** Only inside a source: between two, values are handed over as text. Values out of JSON are text on either side. */
function checkReferences({ map, catalogue, mapped }: Subject, report: Report): void {
  const byRef = new Map(collectionsOf(map).map((collection) => [collection.ref, collection]));
  const column = (ref: string, at: FieldRef): CatalogueColumn | undefined => {
    const collection = byRef.get(ref);
    return collection && columnOf(tableOf(catalogue, collection), at.column);
  };
  const told = new Set<string>();
  for (const { from, to, on } of edgesWithin(map, mapped)) {
    for (const pair of on) {
      const [a, b] = [column(from, pair.from), column(to, pair.to)];
      const key = [`${from}.${fieldName(pair.from)}`, `${to}.${fieldName(pair.to)}`].sort().join(' ');
      if (!a || !b || pair.from.path.length + pair.to.path.length > 0 || told.has(key) || areComparable(a, b)) continue;
      told.add(key);
      report.add('reference-type', {
        table: nameOf(byRef.get(from) ?? { schema: '', table: from }),
        column: fieldName(pair.from),
        text: `The reference between this column (${a.type}) and ${to}.${fieldName(pair.to)} (${b.type}) compares what PostgreSQL cannot; mend the reference, or mark it as not_followed.`,
      });
    }
  }
}

function edgesWithin(map: Subject['map'], mapped: readonly MappedTable[]) {
  const source = mapped[0]?.collection.source;
  return source === undefined ? [] : partOf(walkOf(map), (each) => each === source).edges;
}

function areComparable(a: CatalogueColumn, b: CatalogueColumn): boolean {
  if (a.list !== b.list || a.family !== b.family) return false;
  return (a.family !== 'enum' && a.family !== 'other' && a.family !== 'composite') || a.type === b.type;
}
