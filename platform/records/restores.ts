/** Restores that were found, and what was done to bring a database up to the journal again. */
import { randomUUID } from 'node:crypto';
import { OWN_DATABASE } from '../../domain/backups.ts';
import { PLATFORM_CHAIN, STEWARD_ITSELF, appendAudit } from '../audit.ts';
import type { Database } from '../database.ts';

export interface OpenRestore {
  readonly id: string;
  /** Null: Steward's own database. */
  readonly source: string | null;
  readonly firstNumber: number | null;
  readonly lastNumber: number | null;
}

interface RestoreRow {
  readonly id: string;
  readonly source: string | null;
  readonly first_number: string | null;
  readonly last_number: string | null;
}

/** Undefined when none is open. */
export async function findOpenRestore(db: Database, source: string | null): Promise<OpenRestore | undefined> {
  const row = await db.withPlatform((trx) =>
    trx('restores').where({ source }).whereNull('finished_at').first<RestoreRow | undefined>(),
  );
  return row && toOpen(row);
}

export async function findOpenRestores(db: Database): Promise<readonly OpenRestore[]> {
  const rows = await db.withPlatform((trx) =>
    trx('restores').whereNull('finished_at').orderBy('created_at').select<RestoreRow[]>(),
  );
  return rows.map(toOpen);
}

/** The open one of that database, or a new one; the numbers are those of the journal that it does not know. */
export async function openRestore(
  db: Database,
  source: string | null,
  numbers?: { readonly first: number; readonly last: number },
): Promise<OpenRestore> {
  const open = await findOpenRestore(db, source);
  if (open) return open;
  const id = randomUUID();
  await db.withPlatform(async (trx) => {
    await trx('restores').insert({
      id,
      source,
      created_at: new Date(),
      first_number: numbers?.first ?? null,
      last_number: numbers?.last ?? null,
    });
    await appendAudit(trx, PLATFORM_CHAIN, {
      actor: STEWARD_ITSELF,
      action: 'restore.found',
      subject: { kind: 'restore', id },
      details: { database: source ?? OWN_DATABASE, first: numbers?.first ?? null, last: numbers?.last ?? null },
    });
  });
  return { id, source, firstNumber: numbers?.first ?? null, lastNumber: numbers?.last ?? null };
}

/** With it the database is taken to be up to the journal. */
export async function finishRestore(
  db: Database,
  { id, source, lastNumber }: OpenRestore,
  done: { readonly entries: number; readonly erasures: number },
): Promise<void> {
  await db.withPlatform(async (trx) => {
    await trx('restores').where({ id }).update({ finished_at: new Date(), entries: done.entries });
    if (source === null && lastNumber !== null) await trx('journal_head').update({ number: lastNumber });
    await appendAudit(trx, PLATFORM_CHAIN, {
      actor: STEWARD_ITSELF,
      action: 'restore.replayed',
      subject: { kind: 'restore', id },
      details: { database: source ?? OWN_DATABASE, ...done },
    });
  });
}

export interface ReplayRecord {
  readonly workspaceId: string;
  readonly restoreId: string;
  readonly erasureId: string;
  readonly source: string;
  readonly records: number;
  readonly held: number;
  readonly leftOver: number;
  readonly certificateId: string | null;
}

/** Written down before any is carried out, for the source knows of it from then on. A repeat leaves what stands. */
export async function planReplays(
  db: Database,
  restoreId: string,
  erasures: readonly Pick<ReplayRecord, 'workspaceId' | 'erasureId' | 'source'>[],
): Promise<void> {
  for (const { workspaceId, erasureId, source } of erasures)
    await db.withTenant(workspaceId, (trx) =>
      trx('replays')
        .insert({ workspace_id: workspaceId, restore_id: restoreId, erasure_id: erasureId, source })
        .onConflict(['workspace_id', 'restore_id', 'erasure_id', 'source'])
        .ignore(),
    );
}

/** Of those that are planned in a workspace, the erasures that are not done. */
export async function unfinishedReplays(
  db: Database,
  workspaceId: string,
  restoreId: string,
): Promise<readonly string[]> {
  const rows = await db.withTenant(workspaceId, (trx) =>
    trx('replays')
      .where({ workspace_id: workspaceId, restore_id: restoreId })
      .whereNull('finished_at')
      .orderBy('erasure_id')
      .select<{ erasure_id: string }[]>('erasure_id'),
  );
  return rows.map(({ erasure_id }) => erasure_id);
}

export async function finishReplay(db: Database, replay: ReplayRecord): Promise<void> {
  const { workspaceId, restoreId, erasureId, source, records, held, leftOver, certificateId } = replay;
  await db.withTenant(workspaceId, async (trx) => {
    const changed = await trx('replays')
      .where({ workspace_id: workspaceId, restore_id: restoreId, erasure_id: erasureId, source })
      .whereNull('finished_at')
      .update({ finished_at: new Date(), records, held, left_over: leftOver, certificate_id: certificateId });
    if (changed === 0) return;
    await appendAudit(trx, workspaceId, {
      actor: STEWARD_ITSELF,
      action: 'erasure.replayed',
      subject: { kind: 'erasure', id: erasureId },
      details: { restoreId, source, records, held, leftOver, certificateId },
    });
  });
}

function toOpen({ id, source, first_number: first, last_number: last }: RestoreRow): OpenRestore {
  return {
    id,
    source,
    firstNumber: first === null ? null : Number(first),
    lastNumber: last === null ? null : Number(last),
  };
}
