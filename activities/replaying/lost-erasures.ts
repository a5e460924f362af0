/** Erasures that a source does not know of although it has carried them out: it was restored from before them. */
import type { RequestRef } from '../../domain/runs.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { Journal } from '../../platform/erasure-journal.ts';
import { listWorkspaceIds } from '../../platform/records/unsearched-erasures.ts';
import type { Sources } from '../../platform/sources.ts';

export interface LostErasure extends RequestRef {
  readonly erasureId: string;
  readonly source: string;
  /** The plan that was carried out last. */
  readonly generation: number;
  readonly leafKeyId: string;
  readonly journal: Journal;
  readonly isCertified: boolean;
}

interface EndedRow {
  readonly id: string;
  readonly request_id: string;
  readonly leaf_key_id: string;
  readonly journal: Journal;
  readonly certified_at: Date | null;
}

const BATCH = 1_000;

/** Throws Unavailable while the source is away. */
export async function findLostErasures(
  db: Database,
  sources: Sources,
  source: string,
  signal?: AbortSignal,
): Promise<readonly LostErasure[]> {
  const lost: LostErasure[] = [];
  for (const workspaceId of await listWorkspaceIds(db))
    for (let after = ''; ; ) {
      const ended = await endedAfter(db, workspaceId, source, after);
      lost.push(...(await unknownTo(sources, source, ended, signal)));
      const last = ended.at(-1);
      if (last === undefined || ended.length < BATCH) break;
      after = last.erasureId;
    }
  return lost;
}

/** Those with a journal, of which something was decided in the source: then its plan was frozen there. */
async function endedAfter(
  db: Database,
  workspaceId: string,
  source: string,
  after: string,
): Promise<readonly LostErasure[]> {
  const rows = await db.withTenant(workspaceId, (trx) =>
    endedIn(trx, workspaceId, source).whereRaw(after === '' ? 'true' : 'id > ?', after === '' ? [] : [after]),
  );
  return toLost(workspaceId, source, rows);
}

/** Those of the ids that have a journal. */
export async function readErasures(
  db: Database,
  workspaceId: string,
  source: string,
  ids: readonly string[],
): Promise<readonly LostErasure[]> {
  if (ids.length === 0) return [];
  const rows = await db.withTenant(workspaceId, (trx) => endedIn(trx, workspaceId, source).whereIn('id', [...ids]));
  return toLost(workspaceId, source, rows);
}

function endedIn(trx: Transaction, workspaceId: string, source: string) {
  return trx('erasures')
    .where({ workspace_id: workspaceId })
    .whereNotNull('journal')
    .whereNotNull('leaf_key_id')
    .whereExists(
      trx('decisions')
        .whereRaw('(decisions.workspace_id, decisions.erasure_id) = (erasures.workspace_id, erasures.id)')
        .where({ 'decisions.source': source }),
    )
    .orderBy('id')
    .limit(BATCH)
    .select<EndedRow[]>('id', 'request_id', 'leaf_key_id', 'journal', 'certified_at');
}

function toLost(workspaceId: string, source: string, rows: readonly EndedRow[]): readonly LostErasure[] {
  return rows.map(({ id, request_id: requestId, leaf_key_id: leafKeyId, journal, certified_at }) => ({
    ...{ workspaceId, requestId, erasureId: id, source, leafKeyId, journal },
    generation: Number(journal.key.split('/').at(-1)),
    isCertified: certified_at !== null,
  }));
}

/** One whose last plan the source knows of was there when the source was backed up. */
async function unknownTo(
  sources: Sources,
  source: string,
  ended: readonly LostErasure[],
  signal?: AbortSignal,
): Promise<readonly LostErasure[]> {
  if (ended.length === 0) return [];
  const known = await sources.withEraser(
    source,
    async (client) => {
      const { rows } = await client.query<{ erasure_id: string; generation: number }>(
        'SELECT erasure_id, generation FROM steward.erasures WHERE erasure_id = ANY ($1)',
        [ended.map(({ erasureId }) => erasureId)],
      );
      return new Map(rows.map((row) => [row.erasure_id, row.generation]));
    },
    signal,
  );
  return ended.filter(({ erasureId, generation }) => (known.get(erasureId) ?? 0) < generation);
}
