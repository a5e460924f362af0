/**
 * Runs a plan in a PostgreSQL source: finds the keys of every row of the person, in one snapshot, and hands that snapshot to
 * whoever reads the rows. The connection comes from `withSource`.
 */
import type { ClientBase } from 'pg';
import { SourceFailed } from '../domain/errors.ts';
import type { CollectionRef } from '../data-map/model.ts';
import type { Plan, Stage } from '../data-map/plan.ts';
import { analyze, count, createTables, follow, mention, seed, setScope } from '../data-map/sql.ts';
import type { Statement } from '../data-map/sql-text.ts';
import { isAway } from '../platform/database.ts';

/** Rows found, by collection; every collection of the plan has an entry. */
type Counts = Readonly<Record<CollectionRef, number>>;

export interface Snapshot {
  /** In a read-only transaction with the key tables filled; COPY queries of the plan may run on it. */
  readonly client: ClientBase;
  /** When the data was as it is seen here. */
  readonly takenAt: Date;
  readonly counts: Counts;
}

/** Far above any chain of references that people make: replies to replies, records merged into records. */
const MAX_ROUNDS = 1_000;

/**
 * Fills the key sets of a plan for one workspace and runs `work` in the snapshot they were found in. `work` must have read
 * every COPY to its end before it returns; then nothing stays on the connection. When anything throws, the connection is
 * left as it is, for an abandoned COPY would keep any cleaning waiting; `withSource` closes it. Throws SourceFailed with the
 * SQLSTATE when the source refuses a statement.
 */
export async function withSnapshot<T>(
  client: ClientBase,
  plan: Plan,
  tenantKey: string,
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const run = runnerOf(client, plan);
  await createKeyTables(run, plan);
  await run(command('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'));
  const counts = await fillKeyTables(run, plan, tenantKey);
  const result = await work({ client, takenAt: await startOf(run), counts });
  await run(command('COMMIT'));
  await run(command('DISCARD TEMP'));
  return result;
}

interface Answer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly rowCount: number | null;
}

type Run = (statement: Statement) => Promise<Answer>;

function runnerOf(client: ClientBase, { source }: Plan): Run {
  return async ({ purpose, text, values }) => {
    try {
      return await client.query({ text, values: [...values] });
    } catch (error) {
      throw withoutServerText(source, purpose, error);
    }
  };
}

const command = (text: string): Statement => ({ purpose: text, text, values: [] });

/** The server's text and detail can quote a row. A source that is away is for `withSource` to name. */
function withoutServerText(source: string, purpose: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('severity' in error) || isAway(error)) return error;
  const code = 'code' in error ? String(error.code) : 'unknown';
  return new SourceFailed(`The source ${source} refused ${purpose}: SQLSTATE ${code}.`);
}

async function createKeyTables(run: Run, plan: Plan): Promise<void> {
  // Explicit, for a role that only reads may have read-only transactions as its default.
  await run(command('BEGIN READ WRITE'));
  for (const statement of createTables(plan)) await run(statement);
  await run(command('COMMIT'));
}

/** `now()` is the transaction's start, in milliseconds of the epoch here so that no setting of the connection matters. */
async function startOf(run: Run): Promise<Date> {
  const { rows } = await run(command('SELECT extract(epoch FROM now()) * 1000 AS at'));
  return new Date(Number(rows[0]?.['at']));
}

/** Follows the plan to its fixed point, from the workspace's own rows only, and counts what was found. */
async function fillKeyTables(run: Run, plan: Plan, tenantKey: string): Promise<Counts> {
  if (plan.collections.length === 0) return {};
  await run(setScope(plan, tenantKey));
  for (const collection of plan.collections) {
    const statement = seed(collection, tenantKey);
    if (statement) await run(statement);
  }
  for (const stage of plan.stages) {
    for (const edge of stage.once) await run(follow(plan, edge, { after: undefined, current: 0 }, tenantKey));
    await repeatUntilNoMore(run, plan, stage, tenantKey);
    await run(analyze(plan, stage));
  }
  for (const collection of plan.collections) {
    const statement = mention(collection, tenantKey);
    if (statement) await run(statement);
  }
  return countKeys(run, plan);
}

async function repeatUntilNoMore(run: Run, plan: Plan, { repeat }: Stage, tenantKey: string): Promise<void> {
  let fresh = repeat.length;
  for (let round = 1; fresh > 0; round += 1) {
    if (round > MAX_ROUNDS) {
      const between = [...new Set(repeat.flatMap(({ from, to }) => [from, to]))].join(', ');
      throw new SourceFailed(
        `The search of ${plan.source} found no end between ${between} within ${MAX_ROUNDS} rounds.`,
      );
    }
    fresh = 0;
    for (const edge of repeat) {
      const { rowCount } = await run(follow(plan, edge, { after: round - 1, current: round }, tenantKey));
      fresh += rowCount ?? 0;
    }
  }
}

async function countKeys(run: Run, plan: Plan): Promise<Counts> {
  const { rows } = await run(count(plan));
  const found = new Map(rows.map((row) => [Number(row['position']), Number(row['found'])]));
  return Object.fromEntries(plan.collections.map(({ ref, position }) => [ref, found.get(position) ?? 0]));
}
