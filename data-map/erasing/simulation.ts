/**
 * What another schedule would make of a workspace's rows, counted in their source by one statement a collection. Only the
 * two schedules are compared: holds and what people decided in single cases stand under either, and what is kept because
 * other records refer to it is not counted.
 */
import { isDeepStrictEqual } from 'node:util';
import { decide } from '../../domain/retention/decide.ts';
import type { Ground } from '../../domain/retention/grounds.ts';
import type { PlacedCollection } from '../column-types.ts';
import type { ScheduleFile, ScheduledException, ScheduledRule } from '../schedule/format.ts';
import type { Statement } from '../sql-text.ts';
import { Binds, column, tableName } from '../sql-text.ts';
import { conditionsSql } from './conditions.ts';
import { exceptionGround, holdsIn, isAbout, ruleGround } from './possible-grounds.ts';
import { endOfRule } from './row-grounds.ts';
import type { WeighingScope } from './row-grounds.ts';

/** `review`: what the scheduled review finds, for which every period counts. `request`: what an erasure request meets. */
export const SIMULATED_MODES = ['review', 'request'] as const;
export type SimulatedMode = (typeof SIMULATED_MODES)[number];

export interface Simulation {
  /** Undefined when no schedule is in force. */
  readonly before: ScheduleFile | undefined;
  readonly after: ScheduleFile;
  /** Where the workspace is; empty when nobody has said. */
  readonly jurisdictions: readonly string[];
}

/** How many rows change in which way. */
export interface SimulatedChanges {
  /** Kept before, by nothing now: the next review or request erases them. */
  readonly due: number;
  /** By nothing before, kept now. */
  readonly retained: number;
  /** Kept whole before, by some columns now. */
  readonly reduced: number;
  /** Kept by some columns before, whole now. */
  readonly restored: number;
  /** Kept as before, and for longer, or shorter. */
  readonly longer: number;
  readonly shorter: number;
  readonly unchanged: number;
}

type Sided = 'before' | 'after';

interface SimulatedGround {
  readonly kind: 'rule' | 'exception';
  readonly scheduled: ScheduledRule | ScheduledException;
  readonly keepsWhole: boolean;
  /** In which schedule it is, and whether it stands against what asks. */
  readonly counts: Readonly<Record<SimulatedMode, boolean>>;
}

/** The grounds that rows of a collection can have under either schedule. */
export interface SimulatedCollection {
  readonly collection: PlacedCollection;
  readonly before: readonly SimulatedGround[];
  readonly after: readonly SimulatedGround[];
}

/** Undefined when both schedules say the same of the collection. */
export function simulatedCollection(
  collection: PlacedCollection,
  { before, after, jurisdictions }: Simulation,
): SimulatedCollection | undefined {
  const [own, other] = [before, after].map((schedule) => groundsIn(schedule, collection, jurisdictions));
  if (own === undefined || other === undefined) return undefined;
  const says = (grounds: readonly SimulatedGround[]) => grounds.map(meaningOf).toSorted();
  return isDeepStrictEqual(says(own), says(other)) ? undefined : { collection, before: own, after: other };
}

function groundsIn(
  schedule: ScheduleFile | undefined,
  collection: PlacedCollection,
  jurisdictions: readonly string[],
): readonly SimulatedGround[] {
  if (schedule === undefined) return [];
  const asOf = new Date();
  const standing = (ground: Ground) => (askedBy: 'retention_review' | 'erasure_request') =>
    decide([ground], { askedBy, asOf, overrides: [] }).decision !== 'erase';
  const counted = (ground: Ground) => {
    const stands = standing(ground);
    return { review: stands('retention_review'), request: stands('erasure_request') };
  };
  const rules = schedule.rules.filter((rule) => isAbout(collection, rule) && holdsIn(rule, jurisdictions));
  const exceptions = schedule.exceptions.filter((exception) => isAbout(collection, exception));
  return [
    ...rules.map((rule) => ({
      kind: 'rule' as const,
      scheduled: rule,
      keepsWhole: rule.columns === undefined,
      counts: counted(ruleGround(rule, 1)),
    })),
    ...exceptions.map((exception) => ({
      kind: 'exception' as const,
      scheduled: exception,
      keepsWhole: true,
      counts: counted(exceptionGround(exception)),
    })),
  ];
}

/** What of it decides over a row; by whose authority and in which words does not. */
function meaningOf({ scheduled, counts }: SimulatedGround): string {
  const { where } = scheduled;
  const rule = 'keep' in scheduled ? { keep: scheduled.keep, columns: scheduled.columns } : undefined;
  return JSON.stringify([counts, where, rule]);
}

/** Rows of `mode`, `before`, `after`, `ends` (`same`, `longer`, `shorter`) and `rows`. Reads every row of the workspace. */
export function simulateRows({ collection, before, after }: SimulatedCollection, scope: WeighingScope): Statement {
  const binds = new Binds();
  const settings = `(SELECT ${binds.add(scope.zone)}::text AS zone, ${binds.add(scope.asOf.toISOString())}::timestamptz AS as_of) s`;
  const sides: Readonly<Record<Sided, readonly SimulatedGround[]>> = { before, after };
  const distinct = [...new Map([...before, ...after].map((each) => [meaningOf(each), each])).values()];
  const place = new Map(distinct.map((each, index) => [meaningOf(each), `g.e${index}`]));
  const ends = distinct.map((each, index) => `${endSql(collection, each, scope, binds)} AS e${index}`);
  const endOf = (side: Sided, mode: SimulatedMode, wholeOnly: boolean): string => {
    const counting = sides[side].filter((each) => each.counts[mode] && (!wholeOnly || each.keepsWhole));
    const own = counting.map((each) => place.get(meaningOf(each)) ?? 'NULL');
    return `coalesce(greatest(${['NULL::timestamptz', ...own].join(', ')}), '-infinity')`;
  };
  const modes = SIMULATED_MODES.map((mode) => {
    const columns = (['before', 'after'] as const).flatMap((side) => [
      endOf(side, mode, false),
      endOf(side, mode, true),
    ]);
    return `('${mode}', ${columns.join(', ')})`;
  });
  const outcome = (any: string, whole: string) =>
    `CASE WHEN ${any} <= s.as_of THEN 'erase' WHEN ${whole} > s.as_of THEN 'retain' ELSE 'pseudonymise' END`;
  const text = [
    `SELECT m.mode, ${outcome('m.b', 'm.bw')} AS before, ${outcome('m.a', 'm.aw')} AS after,`,
    `  CASE WHEN m.a > m.b THEN 'longer' WHEN m.a < m.b THEN 'shorter' ELSE 'same' END AS ends, count(*)::text AS rows`,
    `FROM ${tableName(collection)} t CROSS JOIN ${settings}`,
    `CROSS JOIN LATERAL (SELECT ${ends.join(',\n  ') || 'NULL'} OFFSET 0) g`,
    `CROSS JOIN LATERAL (VALUES ${modes.join(',\n  ')}) m(mode, b, bw, a, aw)`,
    `WHERE ${column('t', collection.tenant)} = ${binds.add(scope.tenantKey)}`,
    'GROUP BY 1, 2, 3, 4',
  ].join('\n');
  return { purpose: `simulating ${collection.ref}`, text, values: binds.values };
}

/** A timestamptz: null when the row does not have the ground, infinity while there is no end. */
function endSql(
  collection: PlacedCollection,
  { scheduled }: SimulatedGround,
  scope: WeighingScope,
  binds: Binds,
): string {
  if ('keep' in scheduled) return endOfRule(collection, scheduled, scope, 's.zone', binds);
  const applies = conditionsSql(collection, scheduled.where ?? [], scope.types, binds);
  return `CASE WHEN ${applies} THEN 'infinity'::timestamptz END`;
}

/** Whether the workspace has more rows than `most` there; counts no further than that. */
export function hasMoreRows(collection: PlacedCollection, tenantKey: string, most: number): Statement {
  const binds = new Binds();
  const text = `SELECT count(*) > ${binds.add(most)}::bigint AS more FROM (SELECT FROM ${tableName(collection)} t
    WHERE ${column('t', collection.tenant)} = ${binds.add(tenantKey)} LIMIT ${binds.add(most)}::bigint + 1) own`;
  return { purpose: `counting ${collection.ref}`, text, values: binds.values };
}

/** From the rows that `simulateRows` answers. */
export function changesOf(
  rows: readonly Readonly<Record<string, unknown>>[],
): Readonly<Record<SimulatedMode, SimulatedChanges>> {
  const none = { due: 0, retained: 0, reduced: 0, restored: 0, longer: 0, shorter: 0, unchanged: 0 };
  const changes = { review: { ...none }, request: { ...none } };
  for (const row of rows) {
    const mode = row['mode'] === 'review' ? 'review' : 'request';
    changes[mode][changeOf(String(row['before']), String(row['after']), String(row['ends']))] += Number(row['rows']);
  }
  return changes;
}

function changeOf(before: string, after: string, ends: string): keyof SimulatedChanges {
  if (before !== after) {
    if (after === 'erase') return 'due';
    if (before === 'erase') return 'retained';
    return after === 'retain' ? 'restored' : 'reduced';
  }
  if (after === 'erase' || ends === 'same') return 'unchanged';
  return ends === 'longer' ? 'longer' : 'shorter';
}
