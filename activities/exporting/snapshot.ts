/**
 * The snapshot of a source: one transaction that holds it open and does nothing else, and others that read in it, on as
 * many connections and in as many processes as there are (PostgreSQL manual, "Snapshot Synchronization Functions").
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { bindTenant, prepareSession } from '../../data-map/workspace-sql.ts';
import type { Statement } from '../../data-map/sql-text.ts';
import { SnapshotLost, Unavailable } from '../../domain/errors.ts';
import type { SourceRef } from '../../domain/workspace-export.ts';
import type { ExportDeps, SourceFacts } from './export-facts.ts';
import { ofSource, readSourceFacts, requireRunning } from './export-facts.ts';

export interface Holding {
  readonly signal: AbortSignal;
  /** Called while the snapshot is known to be there, and only then. */
  alive(): void;
  /** Tells the run that the snapshot can be read. */
  opened(): Promise<void>;
}

const BEAT_MS = 1_000;

/**
 * Holds a snapshot until it is cancelled, and never ends otherwise but by an error. A generation has one snapshot: when it
 * is lost, or an earlier attempt had opened it, this throws SnapshotLost. Before that, a source that is away throws
 * Unavailable and may be tried again.
 */
export async function holdSnapshot(deps: ExportDeps, ref: SourceRef, holding: Holding): Promise<never> {
  await deps.db.withTenant(ref.workspaceId, async (trx) => {
    await requireRunning(trx, deps.ring, ref);
    if ((await readSourceFacts(trx, ref)).snapshotId !== null) throw lost(ref);
  });
  let isOpen = false;
  try {
    return await deps.sources.withSource(ref.source, async (client) => {
      await begin(client);
      await record(deps, ref, await exportSnapshot(client));
      isOpen = true;
      await holding.opened();
      return await keep(client, holding);
    });
  } catch (error) {
    holding.signal.throwIfAborted();
    throw isOpen ? lost(ref) : error;
  }
}

const lost = ({ source, generation }: SourceRef): Error =>
  new SnapshotLost(`Snapshot ${generation} of the source ${source} is lost.`);

async function begin(client: ClientBase): Promise<void> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await run(client, prepareSession);
}

interface Snapshot {
  readonly id: string;
  readonly at: Date;
}

async function exportSnapshot(client: ClientBase): Promise<Snapshot> {
  const { rows } = await client.query<{ id: string; at: string }>(
    'SELECT pg_export_snapshot() AS id, extract(epoch FROM now()) * 1000 AS at',
  );
  return { id: rows[0]?.id ?? '', at: new Date(Number(rows[0]?.at)) };
}

async function record({ db }: ExportDeps, ref: SourceRef, { id, at }: Snapshot): Promise<void> {
  await db.withTenant(ref.workspaceId, async (trx) => {
    const taken = await trx('export_sources')
      .where({ ...ofSource(ref), generation: ref.generation })
      .whereNull('snapshot_id')
      .update({ snapshot_id: id, snapshot_at: at });
    if (taken === 0) throw lost(ref);
    // What held it up is over. Other activities say so by their end, which this one does not reach.
    await trx('workspace_exports')
      .where({ workspace_id: ref.workspaceId, id: ref.exportId })
      .update({ blocked_by: null, blocked_since: null, needs_attention: false });
  });
}

/** The answer, and not a timer, is what proves that the connection lives: without it no heartbeat goes out. */
async function keep(client: ClientBase, holding: Holding): Promise<never> {
  for (;;) {
    await client.query('SELECT 1');
    holding.alive();
    await delay(BEAT_MS, undefined, { signal: holding.signal });
  }
}

/** What PostgreSQL answers for a snapshot that is not there, by its version, or whose transaction has just ended. */
const NO_SNAPSHOT = new Set(['22023', '42704', '55000']);

export interface SnapshotReading {
  readonly ref: SourceRef;
  readonly facts: SourceFacts;
  /** Stops the reading when aborted. */
  readonly signal: AbortSignal;
}

/** Lends a connection that reads in the source's snapshot; each has its own. Throws like `inSnapshot`. */
export async function readSnapshot<T>(
  { sources }: ExportDeps,
  { ref, facts, signal }: SnapshotReading,
  work: (client: ClientBase) => Promise<T>,
): Promise<T> {
  return sources.withSource(ref.source, (client) => inSnapshot(client, ref, facts, () => work(client)), signal);
}

/**
 * Runs `work` in the source's snapshot, with the workspace bound. Throws SnapshotLost when it is gone; Unavailable when it
 * is not open yet.
 */
async function inSnapshot<T>(
  client: ClientBase,
  ref: SourceRef,
  { snapshotId, tenantKey }: SourceFacts,
  work: () => Promise<T>,
): Promise<T> {
  if (snapshotId === null || !/^[0-9A-F-]+$/.test(snapshotId))
    throw new Unavailable(`The source ${ref.source} has no snapshot yet.`, { service: 'source' });
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query(`SET TRANSACTION SNAPSHOT '${snapshotId}'`).catch((error: unknown) => {
    const isGone = error instanceof Error && 'code' in error && NO_SNAPSHOT.has(String(error.code));
    throw isGone ? lost(ref) : error;
  });
  await run(client, prepareSession);
  await run(client, bindTenant(tenantKey));
  const result = await work();
  await client.query('COMMIT');
  return result;
}

export async function run<Row extends object>(
  client: ClientBase,
  { text, values }: Statement,
): Promise<readonly Row[]> {
  const { rows } = await client.query<Row>({ text, values: [...values] });
  return rows;
}
