/** From the states that a source counted to grounds and their decision, once for all rows that agree in them. */
import { createHash } from 'node:crypto';
import { decide } from '../../domain/retention/decide.ts';
import type { Circumstances, Decision } from '../../domain/retention/decide.ts';
import type { Ground } from '../../domain/retention/grounds.ts';
import { groundKey } from '../../domain/retention/grounds.ts';
import type { Statement } from '../sql-text.ts';
import { Binds } from '../sql-text.ts';
import type { PlannedCollection } from '../plan.ts';
import { keyTable } from '../sql.ts';
import { STATE, endsByRow, keyColumns, rowTable } from './row-grounds.ts';
import type { WeighedCollection } from './row-grounds.ts';

/** All rows of a collection that have the same grounds in the same states. */
export interface Kind {
  /** As the source has it: a letter a possible ground. */
  readonly states: string;
  /** The same in words that outlive a plan; at most 200 characters. */
  readonly combination: string;
  readonly grounds: readonly Ground[];
  readonly decision: Decision;
  readonly rows: number;
  /** When the first and the last of them are no longer kept; undefined of rows that nothing keeps. */
  readonly endsFirst: Date | 'open' | undefined;
  readonly endsLast: Date | 'open' | undefined;
}

/** From a row of `countKinds`. A rule's end in a decision is the last one among the rows. */
export function kindOf(
  { grounds: possible }: WeighedCollection,
  row: Readonly<Record<string, unknown>>,
  circumstances: Circumstances,
): Kind {
  const states = String(row['states']);
  const present = possible.flatMap((each, index) => {
    const state = states[index];
    if (state === undefined || state === STATE.none) return [];
    const until = momentOf(row[`u${index}`]);
    const ground = endsByRow(each) ? { ...each.ground, until: until === 'open' ? undefined : until } : each.ground;
    return [{ ground, state }];
  });
  const grounds = present.map(({ ground }) => ground);
  return {
    states,
    combination: combinationOf(present),
    grounds,
    decision: decide(grounds, circumstances),
    rows: Number(row['rows']),
    endsFirst: momentOf(row['first']),
    endsLast: momentOf(row['last']),
  };
}

function momentOf(ms: unknown): Date | 'open' | undefined {
  if (ms === null || ms === undefined) return undefined;
  const at = Number(ms);
  return Number.isFinite(at) ? new Date(at) : 'open';
}

const WORDS: Readonly<Record<string, string>> = { k: 'keeps', e: 'ended', o: 'open' };
const LONGEST = 200;

function combinationOf(present: readonly { readonly ground: Ground; readonly state: string }[]): string {
  const parts = present.map(({ ground, state }) => `${nameOf(ground)}=${WORDS[state] ?? state}`);
  const text = [...new Set(parts)].toSorted().join('+') || 'none';
  return text.length <= LONGEST ? text : `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

const nameOf = (ground: Ground): string =>
  ground.kind === 'exception' && ground.force === 'business_default'
    ? `${groundKey(ground)}:${ground.force}`
    : groundKey(ground);

/** Key columns `k0, k1, …`, `place`, `version`, `combination` and `ends` of every row found, for who freezes them. */
export const groundsTable = ({ position }: PlannedCollection): string => `pg_temp.steward_grounds_${position}`;

const COMBINATIONS = 'pg_temp.steward_combinations';

/**
 * Makes the views of that name, over the rows and what their states are called; a collection in which nothing was found has
 * an empty one.
 */
export function nameCombinations(
  planned: readonly PlannedCollection[],
  found: readonly { readonly collection: PlannedCollection; readonly kinds: readonly Kind[] }[],
): readonly Statement[] {
  const purpose = 'naming the combinations of grounds';
  const table = `CREATE TEMP TABLE ${COMBINATIONS} (position integer, states text, combination text)`;
  const views = planned.map((collection) =>
    found.some((each) => each.collection === collection) ? viewOf(collection) : emptyView(collection),
  );
  const named = found.flatMap(({ collection, kinds }) => kinds.map((kind) => ({ ...kind, at: collection.position })));
  const binds = new Binds();
  const lists = [
    `${binds.add(named.map(({ at }) => String(at)))}::text[]::integer[]`,
    `${binds.add(named.map(({ states }) => states))}::text[]`,
    `${binds.add(named.map(({ combination }) => combination))}::text[]`,
  ];
  return [
    { purpose, text: [table, ...views].join(';\n'), values: [] },
    {
      purpose,
      text: `INSERT INTO ${COMBINATIONS} SELECT * FROM unnest(${lists.join(', ')})`,
      values: binds.values,
    },
  ];
}

function viewOf(collection: PlannedCollection): string {
  const own = [...keyColumns(collection), 'place', 'version'];
  const columns = [...own.map((name) => `r.${name}`), 'c.combination', 'r.ends'];
  const names = `${COMBINATIONS} c ON c.position = ${collection.position} AND c.states = r.states`;
  return `CREATE TEMP VIEW ${groundsTable(collection)} AS SELECT ${columns.join(', ')} FROM ${rowTable(collection)} r JOIN ${names}`;
}

function emptyView(collection: PlannedCollection): string {
  const keys = keyColumns(collection).map((name) => `k.${name}`);
  const columns = [
    ...keys,
    'NULL::tid AS place',
    'NULL::xid AS version',
    'NULL::text AS combination',
    'NULL::timestamptz AS ends',
  ];
  return `CREATE TEMP VIEW ${groundsTable(collection)} AS SELECT ${columns.join(', ')} FROM ${keyTable(collection)} k WHERE false`;
}
