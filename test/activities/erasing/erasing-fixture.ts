/**
 * Steward's database, a source with a person in it, and an erasure of theirs that is approved. Who weighs is played here: every
 * row of person 1 has the combination that the test gives its collection.
 */
import { randomUUID } from 'node:crypto';
import { eraseRecords } from '../../../activities/erasing/carry-out.ts';
import type { Prepare, Weighed } from '../../../activities/erasing/carry-out.ts';
import type { ConcludeDeps } from '../../../activities/erasing/conclude.ts';
import { endErasure, eraseMedia } from '../../../activities/erasing/conclude.ts';
import type { FoundGroup } from '../../../activities/erasing/freeze.ts';
import type { DataMap } from '../../../data-map/model.ts';
import { planSearch } from '../../../data-map/plan.ts';
import { tableName } from '../../../data-map/sql-text.ts';
import type { Erased } from '../../../domain/erasure.ts';
import { readEpoch } from '../../../platform/erasure/fence.ts';
import { sourceSchema } from '../../../platform/erasure/source-schema.ts';
import { openSources } from '../../../platform/sources.ts';
import type { Sources } from '../../../platform/sources.ts';
import { openStorage } from '../../../platform/storage/open.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import type { TestDatabase } from '../../support/database.ts';
import { openLocatingFixture } from '../locating/locating-fixture.ts';
import type { LocatingFixture } from '../locating/locating-fixture.ts';
import { quietControl } from '../packaging/packaging-fixture.ts';

/** By the name of a table: what is decided on the person's rows there. */
type Decided = Readonly<Record<string, FoundGroup['decision']>>;

const ERASE: FoundGroup['decision'] = { decision: 'erase', keeps: [] };
export const RETAIN: FoundGroup['decision'] = { decision: 'retain', keeps: [] };
export const reduce = (...keeps: readonly string[]): FoundGroup['decision'] => ({ decision: 'pseudonymise', keeps });

export interface ErasingFixture {
  readonly source: TestDatabase;
  readonly own: TestDatabase;
  readonly deps: ConcludeDeps;
  /** A new erasure, planned and approved, of what is decided; the decision on a table that is not named is to erase. */
  open(decided?: Decided): Promise<OpenErasure>;
  close(): Promise<void>;
}

export interface OpenErasure {
  readonly erasureId: string;
  readonly workspaceId: string;
  readonly requestId: string;
  /** Plans again: the person's rows as they are now are approved. */
  plan(): Promise<void>;
  erase(): Promise<Erased>;
  eraseMedia(): Promise<number>;
  end(): Promise<void>;
}

/** `schema` is run in the source, where every table of the map has `workspace_id` and `person`. */
export async function openErasingFixture(map: DataMap, schema: string): Promise<ErasingFixture> {
  const base = await openLocatingFixture(map, schema);
  await base.source.pool.query(sourceSchema('postgres'));
  const home = await temporaryHome();
  const stores = [{ name: 'media', kind: 'folder', path: home } as const];
  const sources = openSources([
    { name: 'crm', kind: 'postgres', url: base.source.url, eraseUrl: base.source.url },
    ...stores,
  ]);
  const storage = openStorage({ kind: 'folder', path: await temporaryHome() });
  const deps: ConcludeDeps = { ...base.deps, sources, storage };
  return {
    source: base.source,
    own: base.own,
    deps,
    open: (decided = {}) => openErasure(base, deps, decided),
    close: async () => {
      await sources.close();
      await base.close();
    },
  };
}

async function openErasure(base: LocatingFixture, deps: ConcludeDeps, decided: Decided): Promise<OpenErasure> {
  const ref = await base.file([{ type: 'email', value: `${randomUUID()}@example.com` }]);
  const erasureId = randomUUID();
  await base.own.pool.query(
    'INSERT INTO steward.erasures (id, workspace_id, request_id, ordinal) VALUES ($1, $2, $3, 1)',
    [erasureId, ref.workspaceId, ref.requestId],
  );
  const prepare = preparing(deps, decided);
  const erasure: OpenErasure = {
    erasureId,
    ...ref,
    plan: async () => {
      const prepared = await prepare(erasureId);
      const groups = await prepared.weigh(
        async (weighed) => weighed.flatMap((each) => each.groups),
        new AbortController().signal,
      );
      await approve(base, erasure, groups);
    },
    erase: () => eraseRecords(deps, ref, quietControl(), prepare),
    eraseMedia: async () => (await eraseMedia(deps, ref, quietControl())).objects,
    end: () => endErasure(deps, ref, quietControl()),
  };
  await erasure.plan();
  return erasure;
}

async function approve(
  { own }: LocatingFixture,
  { erasureId, workspaceId, requestId }: OpenErasure,
  groups: readonly FoundGroup[],
): Promise<void> {
  const { rows } = await own.pool.query<{ generation: number }>(
    'UPDATE steward.erasures SET generation = generation + 1, planned_at = now() WHERE id = $1 RETURNING generation',
    [erasureId],
  );
  for (const { source, collection, combination, decision, rows: count } of groups) {
    await own.pool.query(
      `INSERT INTO steward.decisions (id, workspace_id, request_id, erasure_id, record_class, source, collection,
           combination, decision, keeps, grounds, map_version, rows, approvals_needed, generation)
         VALUES ($1, $2, $3, $4, 'a', $5, $6, $7, $8, $9, '[]', 'v', $10, 0, $11)
         ON CONFLICT (workspace_id, erasure_id, source, collection, combination)
         DO UPDATE SET rows = excluded.rows, generation = excluded.generation, decision = excluded.decision`,
      [
        ...[randomUUID(), workspaceId, requestId, erasureId, source, collection.ref, combination],
        ...[decision.decision, decision.keeps, count, rows[0]?.generation],
      ],
    );
  }
}

/** Finds by the column `person`, in a transaction as the weighing has it. */
function preparing({ map, sources }: { map: DataMap; sources: Sources }, decided: Decided): Prepare {
  const plan = planSearch(map, 'crm', [{ type: 'email', value: 'maya@example.com' }]);
  return async () => ({
    plans: [plan],
    weigh: (work, signal) =>
      sources.withEraser(
        'crm',
        async (client) => {
          const epoch = await readEpoch(client, 'w');
          await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE');
          const groups: FoundGroup[] = [];
          for (const collection of plan.collections) {
            const keys = collection.key.map((name, index) => `t."${name}" AS k${index}`);
            await client.query(
              `CREATE TEMP TABLE steward_grounds_${collection.position} ON COMMIT DROP AS
               SELECT ${keys.join(', ')}, t.ctid AS place, t.xmin AS version, 'c'::text AS combination FROM ${tableName(collection)} t
                WHERE workspace_id = 'w' AND person = 1`,
            );
            const { rows } = await client.query<{ n: string }>(
              `SELECT count(*) AS n FROM pg_temp.steward_grounds_${collection.position}`,
            );
            const decision = decided[collection.table] ?? ERASE;
            groups.push({ source: 'crm', collection, combination: 'c', decision, rows: Number(rows[0]?.n) });
          }
          const weighed: Weighed = { source: 'crm', client, plan, tenantKey: 'w', epoch, groups };
          const result = await work([weighed]);
          await client.query('COMMIT');
          return result;
        },
        signal,
      ),
  });
}

/** `{table: rows}` of the ledger, and of what it says was left. */
export async function ledgerOf({ source }: Pick<ErasingFixture, 'source'>, erasureId: string) {
  const { rows } = await source.pool.query<{
    name: string;
    rows: number;
    gone: number;
    changed: number;
    detached: number;
  }>(
    `SELECT replace(collection, 'crm.', '') || ':' || action AS name, sum(rows)::int AS rows, sum(gone)::int AS gone,
            sum(changed)::int AS changed, sum(detached)::int AS detached
       FROM steward.erasure_ledger WHERE erasure_id = $1 GROUP BY 1 ORDER BY 1`,
    [erasureId],
  );
  return Object.fromEntries(rows.map(({ name, ...figures }) => [name, figures]));
}
