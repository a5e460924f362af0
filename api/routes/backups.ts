/** /v1/backups: what is backed up, by when, whether it can be restored. */
import { z } from 'zod';
import { OWN_DATABASE, isOverdue } from '../../domain/backups.ts';
import { MissingScope } from '../../domain/errors.ts';
import type { Principal } from '../../domain/parties.ts';
import { keepDaysOf } from '../../platform/config.ts';
import type { Config } from '../../platform/config.ts';
import type { Database } from '../../platform/database.ts';
import { listDrills } from '../../platform/records/backup-drills.ts';
import type { DrillRecord } from '../../platform/records/backup-drills.ts';
import { listBackupRecords, readBackup, recordAsked, standingOf, wayOf } from '../../platform/records/backups.ts';
import type { BackupRecord } from '../../platform/records/backups.ts';
import { principalEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { pageOf, pageQuery, pageRequest, writePage } from '../pagination.ts';
import { ofBackup, shownBackup, shownBackupWithManifest, shownCoverage, shownDrill } from '../schemas/backups.ts';
import { shownStart } from '../schemas/data-map.ts';

const tag = 'backups';
const OF_THE_PROCESSOR = "For the processor's keys that belong to no workspace.";
const LISTED = { query: z.object(pageQuery()) };

const list = principalEndpoint(
  {
    method: 'get',
    path: '/v1/backups',
    operationId: 'listBackups',
    tag,
    summary: 'List backups, newest first',
    description: OF_THE_PROCESSOR,
    scope: 'backups:read',
    input: LISTED,
    success: { status: 200, description: 'A page of backups.', schema: pageOf(shownBackup) },
  },
  async ({ deps, principal, query }) => {
    requireProcessorItself(principal);
    const { rows, last } = await listBackupRecords(deps.db, pageRequest(query));
    return { body: writePage({ rows: rows.map(shown), last }) };
  },
);

const run = principalEndpoint(
  {
    method: 'post',
    path: '/v1/backups',
    operationId: 'runBackups',
    tag,
    summary: 'Back up every database now',
    description: `${OF_THE_PROCESSOR} The workers do it; each backup joins the list when it begins.`,
    scope: 'backups:write',
    input: {},
    success: { status: 202, description: 'A round was started.', schema: shownStart },
  },
  async ({ deps, principal }) => {
    requireProcessorItself(principal);
    await deps.temporal.runBackups('backup');
    await recordAsked(deps.db, principal, 'backup');
    return { body: { askedAt: new Date() } };
  },
);

const coverage = principalEndpoint(
  {
    method: 'get',
    path: '/v1/backups/coverage',
    operationId: 'readBackupCoverage',
    tag,
    summary: 'Look at which databases are backed up, and which are not',
    description: OF_THE_PROCESSOR,
    scope: 'backups:read',
    input: {},
    success: { status: 200, description: 'Every database and store of the settings.', schema: shownCoverage },
  },
  async ({ deps, principal }) => {
    requireProcessorItself(principal);
    const items = [];
    for (const each of databasesOf(deps.config)) items.push(await covered(deps.db, deps.config, each));
    return { body: { items } };
  },
);

const drills = principalEndpoint(
  {
    method: 'get',
    path: '/v1/backups/drills',
    operationId: 'listBackupDrills',
    tag,
    summary: 'List trial restores, newest first',
    description: OF_THE_PROCESSOR,
    scope: 'backups:read',
    input: LISTED,
    success: { status: 200, description: 'A page of trials.', schema: pageOf(shownDrill) },
  },
  async ({ deps, principal, query }) => {
    requireProcessorItself(principal);
    const { rows, last } = await listDrills(deps.db, pageRequest(query));
    return { body: writePage({ rows: rows.map(shownAs), last }) };
  },
);

const runDrill = principalEndpoint(
  {
    method: 'post',
    path: '/v1/backups/drills',
    operationId: 'runBackupDrill',
    tag,
    summary: 'Restore the newest backups on trial now',
    description: `${OF_THE_PROCESSOR} Into a database of its own on the same server, which is dropped afterwards.`,
    scope: 'backups:write',
    input: {},
    success: { status: 202, description: 'The trial was started.', schema: shownStart },
  },
  async ({ deps, principal }) => {
    requireProcessorItself(principal);
    await deps.temporal.runBackups('backupDrill');
    await recordAsked(deps.db, principal, 'drill');
    return { body: { askedAt: new Date() } };
  },
);

const read = principalEndpoint(
  {
    method: 'get',
    path: '/v1/backups/{backupId}',
    operationId: 'readBackup',
    tag,
    summary: 'Look at a backup and its manifest',
    description: OF_THE_PROCESSOR,
    scope: 'backups:read',
    input: { params: ofBackup },
    success: { status: 200, description: 'The backup.', schema: shownBackupWithManifest },
  },
  async ({ deps, principal, params }) => {
    requireProcessorItself(principal);
    const record = await readBackup(deps.db, params.backupId);
    const manifest = record.manifest && { ...record.manifest };
    return { body: { ...shown(record), storagePrefix: record.prefix, manifest } };
  },
);

interface Named {
  readonly source: string | null;
  readonly reason: 'not_opted_in' | 'no_database' | 'switched_off' | 'not_configured' | null;
}

function databasesOf({ database, sources, backups }: Config): readonly Named[] {
  const isOff = keepDaysOf(backups) === 0;
  const isNamed = (database.backupUrl ?? database.ownerUrl) !== undefined;
  const reasonOf = (source: Config['sources'][number]): Named['reason'] => {
    if (source.kind !== 'postgres') return 'no_database';
    return source.backupUrl === undefined ? 'not_opted_in' : null;
  };
  const all: readonly Named[] = [
    { source: null, reason: isNamed ? null : 'not_configured' },
    ...sources.map((source) => ({ source: source.name, reason: reasonOf(source) })),
  ];
  return isOff ? all.map((each) => ({ ...each, reason: 'switched_off' })) : all;
}

async function covered(db: Database, { backups }: Config, { source, reason }: Named) {
  const { newest, failedSince, since } = await standingOf(db, source);
  const now = new Date();
  const isExpected = reason === null || reason === 'not_configured';
  return {
    database: source ?? OWN_DATABASE,
    backedUp: newest !== undefined && reason === null,
    reason,
    way: isExpected ? wayOf(source) : null,
    newest: newest ? { id: newest.id, startedAt: newest.startedAt, expiresAt: newest.expiresAt } : null,
    failedSince: failedSince
      ? { id: failedSince.id, startedAt: failedSince.startedAt, failure: failedSince.failure }
      : null,
    overdue: isExpected && isOverdue(newest?.startedAt, since ?? now, backups.everyHours, now),
  };
}

function shown({ id, source, way, status, failure, manifest, ...times }: BackupRecord) {
  const { startedAt, finishedAt, expiresAt, deletedAt } = times;
  const totals = manifest?.totals ?? null;
  return {
    ...{ id, database: source ?? OWN_DATABASE, way, status, failure },
    ...{ startedAt, finishedAt, expiresAt, deletedAt, totals },
  };
}

function shownAs({ source, report, ...drill }: DrillRecord) {
  return { ...drill, database: source ?? OWN_DATABASE, ...report };
}

function requireProcessorItself({ party, workspaceId }: Principal): void {
  if (party === 'processor' && workspaceId === undefined) return;
  throw new MissingScope("Only a key of the processor's that belongs to no workspace sees backups and asks for them.");
}

/** The fixed addresses before those with a parameter. */
export const backupEndpoints: readonly Endpoint[] = [list, run, coverage, drills, runDrill, read];
