/** Tries whether a backup can be restored: into a database of its own on the same server, which is dropped afterwards. */
import { randomUUID } from 'node:crypto';
import type { BackupManifest, DrillReport, DrillsDone } from '../../domain/backups.ts';
import { StewardError, Unavailable } from '../../domain/errors.ts';
import { readManifest } from '../../platform/backups/manifest.ts';
import { restoreOwnDatabase } from '../../platform/backups/restore-own.ts';
import { restoreSource } from '../../platform/backups/restore-source.ts';
import { withScratchDatabase } from '../../platform/backups/scratch.ts';
import { countDifferences } from '../../platform/backups/counts.ts';
import { checkChains } from '../../platform/backups/audit-chains.ts';
import { DatabaseFailure } from '../../platform/database.ts';
import { saveDrill } from '../../platform/records/backup-drills.ts';
import type { DrillRecord } from '../../platform/records/backup-drills.ts';
import { newestComplete } from '../../platform/records/backups.ts';
import type { BackupRecord } from '../../platform/records/backups.ts';
import type { Control } from '../packaging/control.ts';
import type { BackupDeps } from './make-backups.ts';
import { backupTargets } from './targets.ts';

/**
 * The newest backup of each database on whose server a role may create databases. What fails is recorded; throws Unavailable
 * while a server or the storage is away, for then nothing was tried.
 */
export async function drillBackups(deps: BackupDeps, control: Control): Promise<DrillsDone> {
  const done = { passed: 0, failed: 0 };
  const stopBeating = control.beat(() => done);
  try {
    for (const { source, drillUrl } of backupTargets(deps, deps.sourceSettings)) {
      const backup = await newestComplete(deps.db, source);
      if (drillUrl === undefined || backup === undefined) continue;
      const { result } = await drill(deps, backup, drillUrl, control.signal);
      done[result] += 1;
    }
    return { ...done };
  } finally {
    stopBeating();
  }
}

async function drill(
  deps: BackupDeps,
  backup: BackupRecord,
  drillUrl: string,
  signal: AbortSignal,
): Promise<DrillRecord> {
  const startedAt = new Date();
  const report = await tryOut(deps, backup, drillUrl, signal);
  const record = {
    id: randomUUID(),
    backupId: backup.id,
    source: backup.source,
    startedAt,
    finishedAt: new Date(),
    result: report.problems.length === 0 ? ('passed' as const) : ('failed' as const),
    report,
  };
  await saveDrill(deps.db, record);
  return record;
}

async function tryOut(
  deps: BackupDeps,
  { prefix }: BackupRecord,
  drillUrl: string,
  signal: AbortSignal,
): Promise<DrillReport> {
  const { storage, ring } = deps;
  try {
    const manifest = await readManifest(storage, ring, prefix);
    const { tables, rows } = manifest.totals;
    const place = { storage, ring, backupId: manifest.backupId, prefix, keyId: manifest.keyId };
    return await withScratchDatabase(drillUrl, async (url) => {
      if (manifest.way === 'copy') await restoreOwnDatabase(url, place, manifest, signal);
      else await restoreSource(url, place, manifest, deps.backups.programs, signal);
      const found = await look(url, manifest, signal);
      return { tables, rows, ...found };
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Unavailable) throw error;
    return { tables: 0, rows: 0, chains: 0, problems: [problemOf(error)] };
  }
}

async function look(
  url: string,
  manifest: BackupManifest,
  signal: AbortSignal,
): Promise<Pick<DrillReport, 'chains' | 'problems'>> {
  const differing = await countDifferences(url, manifest, signal);
  const problems = differing.map((table) => `rows-differ: ${table}`);
  if (manifest.way !== 'copy') return { chains: 0, problems };
  const { chains, broken } = await checkChains(url, signal);
  return { chains, problems: [...problems, ...broken.map((id) => `audit-chain-broken: ${id}`)] };
}

function problemOf(error: unknown): string {
  if (error instanceof StewardError) return error.code;
  return error instanceof DatabaseFailure ? `refused: ${error.code}` : 'unknown';
}
