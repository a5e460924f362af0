/**
 * Runs a search in the PostgreSQL sources: finds the keys of every row of the person, in one snapshot a source, and hands
 * those snapshots to whoever reads the rows. The connections come from `withSource`.
 */
import type { Readable } from 'node:stream';
import type { ClientBase } from 'pg';
import { columnTypes, readColumnTypes } from '../data-map/column-types.ts';
import type { Reading } from '../data-map/copy.ts';
import type { Plan, PlannedCollection, SearchPlan } from '../data-map/plan.ts';
import { InvalidDataMap } from '../domain/errors.ts';
import { sourceFailure } from '../platform/sources.ts';
import type { CarrierName, Sources } from '../platform/sources.ts';
import { BoundArrays } from './searching/bound-arrays.ts';
import type { Carrier, Counts } from './searching/carrier.ts';
import { findAll } from './searching/fixed-point.ts';
import type { Searched } from './searching/fixed-point.ts';
import { Statements } from './searching/statements.ts';
import { TempTables, createKeyTables, dropKeyTables } from './searching/temp-tables.ts';
import { asUtf8 } from './searching/valid-text.ts';

/** What to look for, and how each source of the plans knows the workspace. */
export interface Search {
  readonly plan: SearchPlan;
  /** By source; one for every plan. */
  readonly tenantKeys: ReadonlyMap<string, string>;
}

/** A source as it is at one time, with the person's rows found. */
export interface Snapshot {
  readonly source: string;
  /** The source's part of the search. */
  readonly plan: Plan;
  /** In a read-only transaction, which is the snapshot. */
  readonly client: ClientBase;
  /** When the data was as it is seen here. */
  readonly takenAt: Date;
  readonly counts: Counts;
  /** How the source knows the workspace. */
  readonly tenantKey: string;
  /** The rows found in a collection of the plan, at the reader's pace. To be read one after the other, each to its end. */
  read(collection: PlannedCollection, reading: Reading): Readable;
}

/**
 * Finds everything of a search in one consistent snapshot of each source, all held together, and runs `work` in them; they
 * come in the order of the plans. `work` must have read every stream to its end before it returns; then nothing stays on
 * the connections. When anything throws, the connections are left as they are, for an abandoned COPY would keep any cleaning
 * waiting; `withSource` closes them. Throws SourceFailed with the SQLSTATE when a source refuses a statement, Unavailable
 * when one is away.
 */
export async function withSnapshots<T>(
  sources: Sources,
  { plan: { plans, crossings }, tenantKeys }: Search,
  work: (snapshots: readonly Snapshot[]) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const open = async ([plan, ...others]: readonly Plan[], opened: readonly Opened[]): Promise<T> => {
    if (plan === undefined) return search(opened, crossings, work);
    const { source } = plan;
    const tenantKey = tenantKeys.get(source);
    if (tenantKey === undefined) throw new InvalidDataMap(`The source ${source} is in a search without a tenant key.`);
    return sources.withSource(
      source,
      (client) =>
        inSnapshot(client, plan, { tenantKey, carrier: sources.carrierOf(source) }, (each) =>
          open(others, [...opened, each]),
        ),
      signal,
    );
  };
  return open(plans, []);
}

/** The same for the plan of one source, on a connection that the caller has. */
export async function withSnapshot<T>(
  client: ClientBase,
  plan: Plan,
  tenantKey: string,
  work: (snapshot: Snapshot) => Promise<T>,
  carrier: CarrierName = 'temp_tables',
): Promise<T> {
  return inSnapshot(client, plan, { tenantKey, carrier }, (opened) =>
    search([opened], [], async ([snapshot]) => {
      if (snapshot === undefined) throw new TypeError('There is no snapshot.');
      return work(snapshot);
    }),
  );
}

interface Opened extends Searched {
  readonly client: ClientBase;
  readonly takenAt: Date;
  /** False of a database that keeps bytes as they come. */
  readonly isUtf8: boolean;
  readonly tenantKey: string;
}

interface Settings {
  readonly tenantKey: string;
  readonly carrier: CarrierName;
}

async function inSnapshot<T>(
  client: ClientBase,
  plan: Plan,
  settings: Settings,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const statements = new Statements(client, plan.source);
  const needsTables = settings.carrier === 'temp_tables';
  if (needsTables) await createKeyTables(statements, plan);
  await statements.command('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const { takenAt, isUtf8 } = await takeSnapshot(statements);
  const carrier = await openCarrier(statements, plan, settings);
  const result = await work({ plan, carrier, client, takenAt, isUtf8, tenantKey: settings.tenantKey });
  await statements.command('COMMIT');
  if (needsTables) await dropKeyTables(statements);
  return result;
}

/**
 * `now()` is the transaction's start, in milliseconds of the epoch here so that no setting of the connection matters. What
 * is carried as text must mean the same in every source, and cursors are read to their end. Statements that look for others
 * in texts are so long that to compile them takes longer than to run them.
 */
export async function takeSnapshot(statements: Statements): Promise<Pick<Opened, 'takenAt' | 'isUtf8'>> {
  const settings = `set_config('datestyle', 'ISO, YMD', true), set_config('extra_float_digits', '1', true), set_config('cursor_tuple_fraction', '1', true), set_config('jit', 'off', true)`;
  const text = `SELECT extract(epoch FROM now()) * 1000 AS at, current_setting('server_encoding') AS encoding, ${settings}`;
  const { rows } = await statements.run({ purpose: 'taking a snapshot', text, values: [] });
  const isUtf8 = rows[0]?.['encoding'] !== 'SQL_ASCII';
  // Otherwise the server refuses to hand over what is not UTF-8, and a single odd name would stop the whole search.
  if (!isUtf8) await statements.command("SET LOCAL client_encoding = 'SQL_ASCII'");
  return { takenAt: new Date(Number(rows[0]?.['at'])), isUtf8 };
}

export async function openCarrier(
  statements: Statements,
  plan: Plan,
  { tenantKey, carrier }: Settings,
): Promise<Carrier> {
  const { rows } = await statements.run(readColumnTypes(plan));
  const scope = { tenantKey, types: columnTypes(rows) };
  return carrier === 'temp_tables'
    ? TempTables.open(statements, plan, scope)
    : new BoundArrays(statements, plan, scope);
}

async function search<T>(
  opened: readonly Opened[],
  crossings: SearchPlan['crossings'],
  work: (snapshots: readonly Snapshot[]) => Promise<T>,
): Promise<T> {
  await findAll(opened, crossings);
  /** Which source a stream's failure is of: it reaches `work` as it came from the connection. */
  const blame = new Map<unknown, string>();
  const snapshots: Snapshot[] = [];
  for (const { plan, carrier, client, takenAt, isUtf8, tenantKey } of opened) {
    const { source } = plan;
    const read: Snapshot['read'] = (collection, reading) => {
      const bytes = carrier.read(collection, reading).on('error', (error) => blame.set(error, source));
      return isUtf8 ? bytes : asUtf8(bytes);
    };
    snapshots.push({ source, plan, client, takenAt, counts: await carrier.counts(), tenantKey, read });
  }
  try {
    return await work(snapshots);
  } catch (error) {
    const source = blame.get(error);
    throw source === undefined ? error : sourceFailure(source, error);
  }
}
