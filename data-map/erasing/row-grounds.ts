/**
 * Weighs every row that was found, in its source and by one statement a collection: which of the possible grounds it has, in
 * which state each is, and until when the row is kept. Nothing of a row leaves the source but how many there are of a kind.
 */
import type { ColumnTypes, PlacedCollection } from '../column-types.ts';
import { keyColumn, onKey, pairCondition } from '../follow.ts';
import type { Edge } from '../model.ts';
import type { PlannedCollection } from '../plan.ts';
import type { ScheduledRule } from '../schedule/format.ts';
import { keyTable } from '../sql.ts';
import type { Statement } from '../sql-text.ts';
import { Binds, column, tableName } from '../sql-text.ts';
import { conditionsSql } from './conditions.ts';
import { isHeld, isRecord } from './held-rows.ts';
import { dayOf, untilSql } from './moments.ts';
import type { PossibleGround } from './possible-grounds.ts';
import { edgeThrough } from './through.ts';

/** A collection with the grounds that its rows can have; the states of a row stand in their order. */
export interface WeighedCollection {
  readonly collection: PlannedCollection;
  readonly grounds: readonly PossibleGround[];
}

/** What every statement of a weighing goes by. */
export interface WeighingScope {
  readonly tenantKey: string;
  readonly types: ColumnTypes;
  /** IANA name of the workspace's time zone. */
  readonly zone: string;
  readonly asOf: Date;
  readonly edges: readonly Edge[];
  /** As `throughCollections` gives them. */
  readonly through: readonly PlacedCollection[];
}

/**
 * The state of a ground: it does not apply; keeps until a known end; has ended; or lasts, as a hold does and a rule whose
 * event is to come.
 */
export const STATE = { none: '-', keeps: 'k', ended: 'e', open: 'o' } as const;

export const rowTable = ({ position }: PlannedCollection): string => `pg_temp.steward_weighed_${position}`;

export function keyColumns({ key }: PlannedCollection): readonly string[] {
  return key.map((_, index) => keyColumn(index));
}

const untilColumn = (index: number): string => `u${index}`;

/** Those whose end is a row's own; they have a column for it. */
export function endsByRow({ demand }: PossibleGround): boolean {
  return demand.kind === 'rule' || demand.kind === 'reference';
}

const untilColumns = ({ grounds }: WeighedCollection): readonly string[] =>
  grounds.flatMap((each, index) => (endsByRow(each) ? [untilColumn(index)] : []));

/**
 * Their rows: key, the `place` (ctid) and `version` (xmin) of the record that was looked at, `states`, when the row is no longer
 * kept (`infinity` is open, null not kept at all), and ends by ground.
 */
export function createRowTables(all: readonly WeighedCollection[]): Statement {
  return { purpose: 'creating the tables of grounds', text: all.map(createRowTable).join(';\n'), values: [] };
}

function createRowTable(weighed: WeighedCollection): string {
  const { collection } = weighed;
  const keys = keyColumns(collection).map((name) => `k.${name}`);
  const untils = untilColumns(weighed).map((name) => `NULL::timestamptz AS ${name}`);
  // Of a length that PostgreSQL knows to be short: it makes a table with its index beside every one that may have long values.
  const states = `''::varchar(${Math.max(1, weighed.grounds.length)}) AS states`;
  const columns = [
    ...keys,
    'NULL::tid AS place',
    'NULL::xid AS version',
    states,
    'NULL::timestamptz AS ends',
    ...untils,
  ];
  return `CREATE TEMP TABLE ${rowTable(collection)} AS SELECT ${columns.join(', ')} FROM ${keyTable(collection)} k WITH NO DATA`;
}

export function weighRows(weighed: WeighedCollection, scope: WeighingScope): Statement {
  const { collection, grounds } = weighed;
  const binds = new Binds();
  const settings = `(SELECT ${binds.add(scope.zone)}::text AS zone, ${binds.add(scope.asOf.toISOString())}::timestamptz AS as_of) s`;
  const [zone, asOf] = ['s.zone', 's.as_of'];
  const expressions = grounds.map((each) => ({
    ...each,
    sql: endsByRow(each)
      ? untilOf(collection, each, scope, zone, binds)
      : appliesSql(collection, each, scope, zone, binds),
  }));
  const found = expressions.flatMap(({ sql }, index) => (sql === undefined ? [] : [`${sql} AS ${untilColumn(index)}`]));
  const valueOf = ({ sql }: { sql?: string | undefined }, index: number): string | undefined =>
    sql === undefined ? undefined : `g.${untilColumn(index)}`;
  const states = expressions.map((each, index) => stateSql(each, valueOf(each, index), asOf));
  const ends = expressions.flatMap((each, index) => endSql(each, valueOf(each, index), asOf));
  const selected = [
    ...collection.key.map((_, index) => `k.${keyColumn(index)}`),
    't.ctid',
    't.xmin',
    states.join(' || ') || `''`,
    ends.length === 0 ? 'NULL::timestamptz' : `greatest(${ends.join(', ')})`,
    ...expressions.flatMap((each, index) => (endsByRow(each) ? [valueOf(each, index) ?? 'NULL::timestamptz'] : [])),
  ];
  const text = [
    `INSERT INTO ${rowTable(collection)} SELECT ${selected.join(', ')}`,
    `FROM ${keyTable(collection)} k JOIN ${tableName(collection)} t ON ${onKey(collection, 't', 'k')}`,
    `  AND ${column('t', collection.tenant)} = ${binds.add(scope.tenantKey)} CROSS JOIN ${settings}`,
    ...(found.length > 0 ? [`CROSS JOIN LATERAL (SELECT ${found.join(',\n  ')} OFFSET 0) g`] : []),
  ].join('\n');
  return { purpose: `weighing ${collection.ref}`, text, values: binds.values };
}

/** A boolean that is never null: whether the row has the ground. Undefined of what is not seen of the row itself. */
function appliesSql(
  collection: PlannedCollection,
  { demand }: PossibleGround,
  scope: WeighingScope,
  zone: string,
  binds: Binds,
): string | undefined {
  switch (demand.kind) {
    case 'exception':
      return conditionsSql(collection, demand.exception.where ?? [], scope.types, binds);
    case 'hold':
      return isHeld(collection, demand, scope.types, zone, binds);
    case 'record':
      return isRecord(collection, [demand.record], binds);
    case 'mention':
      return `k.round > ${binds.add(demand.after)}::integer`;
    default:
      return undefined;
  }
}

/** A timestamptz: null when the row does not have the ground, infinity while its event is to come. Undefined as above. */
function untilOf(
  collection: PlannedCollection,
  { demand }: PossibleGround,
  scope: WeighingScope,
  zone: string,
  binds: Binds,
): string | undefined {
  return demand.kind === 'rule' ? endOfRule(collection, demand.rule, scope, zone, binds) : undefined;
}

/** The same of one rule, over the alias `t` of the collection's table. */
export function endOfRule(
  collection: PlacedCollection,
  rule: ScheduledRule,
  scope: WeighingScope,
  zone: string,
  binds: Binds,
): string {
  const { length, from_end_of_year: fromEndOfYear } = rule.keep;
  const day = eventDay(collection, rule, scope, zone, binds);
  const until = `(SELECT coalesce(${untilSql('e.day', { length, fromEndOfYear }, zone, binds)}, 'infinity') FROM (SELECT ${day} AS day) e)`;
  if (rule.where === undefined) return until;
  return `CASE WHEN ${conditionsSql(collection, rule.where, scope.types, binds)} THEN ${until} END`;
}

/** Of several events the last one counts; while one of them is to come, or there is none, so is the event. */
function eventDay(
  collection: PlacedCollection,
  rule: ScheduledRule,
  scope: WeighingScope,
  zone: string,
  binds: Binds,
): string {
  const { event } = rule.keep;
  const dayIn = (owner: PlacedCollection, alias: string): string => {
    const days = [event.column, ...(event.fallback === undefined ? [] : [event.fallback])].map((name) =>
      dayOf(column(alias, name), scope.types(owner, name), zone, `Rule ${rule.id}: ${owner.ref}.${name}`),
    );
    return `coalesce(${days.join(', ')})`;
  };
  if (event.through === undefined) return dayIn(collection, 't');
  const far = scope.through.find(({ ref }) => ref === event.through);
  if (far === undefined) return 'NULL::date';
  const { on } = edgeThrough(scope.edges, collection, far, rule.id);
  const pairs = on.map((pair) => pairCondition({ from: far, to: collection }, pair, scope.types));
  const all = `SELECT ${dayIn(far, 'f')} AS day FROM ${tableName(far)} f WHERE ${pairs.join(' AND ')} AND ${column('f', far.tenant)} = ${binds.add(scope.tenantKey)}`;
  return `(SELECT CASE WHEN bool_and(a.day IS NOT NULL) THEN max(a.day) END FROM (${all}) a)`;
}

/** Without a value no row has the ground yet. */
function stateSql(ground: PossibleGround, value: string | undefined, asOf: string): string {
  if (value === undefined) return `'${STATE.none}'`;
  if (!endsByRow(ground)) return `CASE WHEN ${value} THEN '${STATE.open}' ELSE '${STATE.none}' END`;
  return `CASE WHEN ${value} IS NULL THEN '${STATE.none}' WHEN ${value} = 'infinity' THEN '${STATE.open}' WHEN ${value} <= ${asOf} THEN '${STATE.ended}' ELSE '${STATE.keeps}' END`;
}

/** Only what keeps the row counts for how long that is. */
function endSql(ground: PossibleGround, value: string | undefined, asOf: string): readonly string[] {
  if (!ground.stands || value === undefined) return [];
  return [
    endsByRow(ground)
      ? `CASE WHEN ${value} > ${asOf} THEN ${value} END`
      : `CASE WHEN ${value} THEN 'infinity'::timestamptz END`,
  ];
}

/** Tells PostgreSQL how many rows there are of each kind. */
export function analyzeRows(collections: readonly PlannedCollection[]): Statement {
  return {
    purpose: 'analysing the tables of grounds',
    text: `ANALYZE ${collections.map((each) => `${rowTable(each)} (${[...keyColumns(each), 'states'].join(', ')})`).join(', ')}`,
    values: [],
  };
}

/** A row a kind: `states`, `rows` as text, and the first and last `ends` and each ground's last end in ms of the epoch. */
export function countKinds(weighed: WeighedCollection): Statement {
  const { collection } = weighed;
  const ms = (value: string): string => `(extract(epoch FROM ${value}) * 1000)::text`;
  const untils = untilColumns(weighed).map((name) => `${ms(`max(${name})`)} AS ${name}`);
  const columns = ['states', 'count(*)::text AS rows', `${ms('min(ends)')} AS first`, `${ms('max(ends)')} AS last`];
  return {
    purpose: `counting the grounds of ${collection.ref}`,
    text: `SELECT ${[...columns, ...untils].join(', ')} FROM ${rowTable(collection)} GROUP BY states ORDER BY states`,
    values: [],
  };
}
