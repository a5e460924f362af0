/**
 * Finds databases that were restored and brings them up to the journal: Steward's own first, since what keeps records and what
 * was erased is written there; then each source that has forgotten what was erased in it.
 */
import type { RestoresReplayed } from '../../domain/backups.ts';
import { isBehindJournal } from '../../platform/journal/head.ts';
import { Unavailable } from '../../domain/errors.ts';
import type { SourceSettings } from '../../platform/config.ts';
import type { Database } from '../../platform/database.ts';
import {
  findOpenRestore,
  finishReplay,
  finishRestore,
  openRestore,
  planReplays,
  unfinishedReplays,
} from '../../platform/records/restores.ts';
import { listWorkspaceIds } from '../../platform/records/unsearched-erasures.ts';
import type { OpenRestore } from '../../platform/records/restores.ts';
import { certifyReplay, proveReplay } from './certify-replay.ts';
import type { CertifyReplayDeps } from './certify-replay.ts';
import { findLostErasures, readErasures } from './lost-erasures.ts';
import type { LostErasure } from './lost-erasures.ts';
import { replayErasure } from './replay-erasure.ts';
import type { ReplayDeps } from './replay-erasure.ts';
import { replayOwnDatabase } from './replay-own.ts';

export interface RestoreDeps extends ReplayDeps, CertifyReplayDeps {
  readonly sourceSettings: readonly SourceSettings[];
}

/**
 * Of several workers one does it, the others wait. Safe to be begun again. A source that is away and was not known to be
 * restored is looked at another time; throws Unavailable when one is away that has to be replayed.
 */
export async function replayRestores(deps: RestoreDeps, signal: AbortSignal): Promise<RestoresReplayed> {
  return alone(deps.db, async () => {
    const isBehind = (await findOpenRestore(deps.db, null)) !== undefined || (await isBehindJournal(deps.db, deps));
    const entries = isBehind ? await replayOwnDatabase(deps.db, deps) : 0;
    const done = { entries, erasures: 0, left: 0 };
    for (const { name, kind } of deps.sourceSettings) {
      if (kind !== 'postgres' || !deps.sources.canErase(name)) continue;
      signal.throwIfAborted();
      const replayed = await replaySource(deps, name, signal);
      done.erasures += replayed.erasures;
      done.left += replayed.left;
    }
    return done;
  });
}

/** An advisory lock that ends with its transaction, which does nothing else. */
const LOCK = 7_283_001;

async function alone<T>(db: Database, work: () => Promise<T>): Promise<T> {
  return db.withPlatform(async (trx) => {
    await trx.raw('SELECT pg_advisory_xact_lock(?)', [LOCK]);
    return work();
  });
}

async function replaySource(
  deps: RestoreDeps,
  source: string,
  signal: AbortSignal,
): Promise<Omit<RestoresReplayed, 'entries'>> {
  const open = await findOpenRestore(deps.db, source);
  const lost = await findLost(deps, source, open, signal);
  if (open === undefined && lost.length === 0) return { erasures: 0, left: 0 };
  const restore = open ?? (await openRestore(deps.db, source));
  // What was planned before the restore was planned on other rows.
  await deps.sources.withEraser(source, (client) => client.query('UPDATE steward.fence SET epoch = epoch + 1'), signal);
  await planReplays(deps.db, restore.id, lost);
  const done = { erasures: 0, left: 0 };
  for (const workspaceId of await listWorkspaceIds(deps.db))
    for (;;) {
      const ids = await unfinishedReplays(deps.db, workspaceId, restore.id);
      const erasures = await readErasures(deps.db, workspaceId, source, ids);
      if (erasures.length === 0) break;
      for (const each of erasures) {
        if (await replayOne(deps, restore, each, signal)) done.left += 1;
        done.erasures += 1;
      }
    }
  await finishRestore(deps.db, restore, { entries: 0, erasures: done.erasures });
  return done;
}

async function findLost(
  { db, sources }: RestoreDeps,
  source: string,
  open: OpenRestore | undefined,
  signal: AbortSignal,
): Promise<readonly LostErasure[]> {
  try {
    return await findLostErasures(db, sources, source, signal);
  } catch (error) {
    if (open === undefined && error instanceof Unavailable) return [];
    throw error;
  }
}

/** Answers whether something of it is there although nothing keeps it. */
async function replayOne(
  deps: RestoreDeps,
  restore: OpenRestore,
  lost: LostErasure,
  signal: AbortSignal,
): Promise<boolean> {
  const { workspaceId, requestId, erasureId, source } = lost;
  const named = { workspaceId, restoreId: restore.id, erasureId, source };
  const replayed = await replayErasure(deps, lost, signal);
  await proveReplay(deps, restore, lost, signal);
  const certificateId = await certifyReplay(deps, restore, lost, replayed, signal);
  const held = replayed.held.reduce((sum, { rows }) => sum + rows, 0);
  const leftOver = replayed.left.reduce((sum, { rows }) => sum + rows, 0);
  await finishReplay(deps.db, { ...named, records: replayed.records, held, leftOver, certificateId });
  if (leftOver === 0) return false;
  await deps.db.withTenant(workspaceId, (trx) =>
    trx('requests').where({ workspace_id: workspaceId, id: requestId }).update({ needs_attention: true }),
  );
  return true;
}
