/**
 * Finds the records of a workspace whose periods have ended, by one statement a rule, and how many come due in the months
 * to come. What else keeps a record, a hold or another record, is weighed afterwards.
 */
import { momentAfter } from '../../domain/retention/period.ts';
import type { PlacedCollection } from '../column-types.ts';
import { conditionsSql } from '../erasing/conditions.ts';
import { endOfRule } from '../erasing/row-grounds.ts';
import type { WeighingScope } from '../erasing/row-grounds.ts';
import { edgeThrough } from '../erasing/through.ts';
import { keyColumn, keyOf, pairCondition } from '../follow.ts';
import type { ScheduledRule } from '../schedule/format.ts';
import { keyTable } from '../sql.ts';
import type { Statement } from '../sql-text.ts';
import { Binds, column, tableName } from '../sql-text.ts';
import { driversOf, endedDay } from './drivers.ts';
import type { RuledCollection } from './review-plan.ts';

/** Puts the keys of what is due into the collection's key table; the row counts are of those that are new. */
export function findDue(ruled: RuledCollection, scope: WeighingScope): readonly Statement[] {
  const { collection, rules } = ruled;
  return driversOf(rules, scope.asOf, scope.zone).flatMap((driver) => {
    const day = endedDay(driver, scope.asOf, scope.zone);
    if (day === undefined) return [];
    const binds = new Binds();
    const text = [
      `INSERT INTO ${keyTable(collection)} (${collection.key.map((_, index) => keyColumn(index)).join(', ')}, round)`,
      `SELECT ${keyOf(collection)}, 0 FROM ${endedRows(collection, driver, day, scope, binds)}`,
      `AND ${endsSql(ruled, scope, binds)} <= ${binds.add(scope.asOf.toISOString())}::timestamptz`,
      'ON CONFLICT DO NOTHING',
    ].join('\n');
    return { purpose: `looking for what is due of ${collection.ref}`, text, values: binds.values };
  });
}

/** One row, of `due`: whether `findDue` would find anything. Stops at the first. */
export function anyDue(ruled: RuledCollection, scope: WeighingScope): readonly Statement[] {
  const { collection, rules } = ruled;
  return driversOf(rules, scope.asOf, scope.zone).flatMap((driver) => {
    const day = endedDay(driver, scope.asOf, scope.zone);
    if (day === undefined) return [];
    const binds = new Binds();
    const text = [
      `SELECT EXISTS (SELECT FROM ${endedRows(collection, driver, day, scope, binds)}`,
      `AND ${endsSql(ruled, scope, binds)} <= ${binds.add(scope.asOf.toISOString())}::timestamptz) AS due`,
    ].join('\n');
    return { purpose: `looking whether something is due of ${collection.ref}`, text, values: binds.values };
  });
}

/** Rows of `month`, its first day, and `rows` as text: what comes due after the scope's moment and before `until`. */
export function forecastDue(ruled: RuledCollection, scope: WeighingScope, until: Date): Statement | undefined {
  const { collection, rules, exceptions } = ruled;
  const ended = driversOf(rules, until, scope.zone).flatMap((driver) => {
    const day = endedDay(driver, until, scope.zone);
    return day === undefined ? [] : [{ driver, day }];
  });
  if (ended.length === 0) return undefined;
  const binds = new Binds();
  const ends = endsSql(ruled, scope, binds);
  const stands = exceptions.map(
    (each) => `AND NOT (${conditionsSql(collection, each.where ?? [], scope.types, binds)})`,
  );
  // A record that several rules find is one record.
  const found = ended.map(
    ({ driver, day }) =>
      `SELECT ${keyOf(collection)}, ${ends} AS ends FROM ${endedRows(collection, driver, day, scope, binds)} ${stands.join(' ')}`,
  );
  const month = `date_trunc('month', ends AT TIME ZONE ${binds.add(scope.zone)}::text)`;
  const text = [
    `SELECT to_char(${month}, 'YYYY-MM-DD') AS month, count(*)::text AS rows FROM (${found.join('\nUNION\n')}) coming`,
    `WHERE ends > ${binds.add(scope.asOf.toISOString())}::timestamptz AND ends < ${binds.add(until.toISOString())}::timestamptz`,
    'GROUP BY 1 ORDER BY 1',
  ].join('\n');
  return { purpose: `forecasting what comes due of ${collection.ref}`, text, values: binds.values };
}

/** FROM and WHERE over `t`, the collection's rows of the workspace of which the driver's event lies on the day or before. */
function endedRows(
  collection: PlacedCollection,
  driver: ScheduledRule,
  day: string,
  scope: WeighingScope,
  binds: Binds,
): string {
  const settings = `CROSS JOIN (SELECT ${binds.add(scope.zone)}::text AS zone) s`;
  const own = `${column('t', collection.tenant)} = ${binds.add(scope.tenantKey)}`;
  const far = scope.through.find(({ ref }) => ref === driver.keep.event.through);
  if (far === undefined) {
    return `${tableName(collection)} t ${settings} WHERE ${own} AND ${liesBefore('t', collection, driver, day, scope, binds)}`;
  }
  const pairs = edgeThrough(scope.edges, collection, far, driver.id).on.map((pair) =>
    pairCondition({ from: far, to: collection }, pair, scope.types),
  );
  return [
    `${tableName(far)} f JOIN ${tableName(collection)} t ON ${pairs.join(' AND ')} ${settings}`,
    `WHERE ${column('f', far.tenant)} = ${binds.add(scope.tenantKey)} AND ${own}`,
    `AND ${liesBefore('f', far, driver, day, scope, binds)}`,
  ].join('\n');
}

/** So that an index over the column serves. It lets through a little more, which the exact end then decides on. */
function liesBefore(
  alias: string,
  owner: PlacedCollection,
  { keep: { event } }: ScheduledRule,
  day: string,
  scope: WeighingScope,
  binds: Binds,
): string {
  const before = (name: string): string => {
    const value = column(alias, name);
    const base = scope.types(owner, name)?.base;
    if (base === 'date') return `${value} <= ${binds.add(day)}::date`;
    if (base === 'timestamp with time zone')
      return `${value} < ${binds.add(momentAfter(day, scope.zone))}::timestamptz`;
    return `${value} < ${binds.add(day)}::timestamp + interval '1 day'`;
  };
  if (event.fallback === undefined) return before(event.column);
  const none = `(${column(alias, event.column)} IS NULL OR NOT isfinite(${column(alias, event.column)}))`;
  return `(${before(event.column)} OR (${none} AND ${before(event.fallback)}))`;
}

/** A timestamptz over `t`: when the last of the rules that cover the row has ended; infinity when none does or will. */
function endsSql({ collection, rules }: RuledCollection, scope: WeighingScope, binds: Binds): string {
  const ends = rules.map((rule) => endOfRule(collection, rule, scope, 's.zone', binds));
  return `coalesce(greatest(NULL::timestamptz, ${ends.join(', ')}), 'infinity')`;
}
