/** A person of the sample CRM, from the plan to the journal, under the CRM's own map and schedule. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { preparing } from '../../../activities/erase-records.ts';
import { planErasure } from '../../../activities/erasure-plan.ts';
import { eraseRecords } from '../../../activities/erasing/carry-out.ts';
import { endErasure, eraseMedia } from '../../../activities/erasing/conclude.ts';
import type { ConcludeDeps } from '../../../activities/erasing/conclude.ts';
import { activateSchedule } from '../../../activities/erasing/schedule-in-force.ts';
import { readFile } from 'node:fs/promises';
import { loadDataMap } from '../../../data-map/load.ts';
import { createSampleCrm } from '../../../dev/sample-crm/create.ts';
import { SHOWCASE_PERSON } from '../../../dev/sample-crm/people.ts';
import type { RequestRef } from '../../../domain/runs.ts';
import { openDatabase } from '../../../platform/database.ts';
import { sourceSchema } from '../../../platform/erasure/source-schema.ts';
import { openSources } from '../../../platform/sources.ts';
import { openStorage } from '../../../platform/storage/open.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { openLocatingFixture } from '../locating/locating-fixture.ts';
import type { LocatingFixture } from '../locating/locating-fixture.ts';
import { quietControl } from '../packaging/packaging-fixture.ts';
import { inRole } from '../../support/database.ts';

let base: LocatingFixture;
let deps: ConcludeDeps;
let ref: RequestRef;
let media: string;

beforeAll(async () => {
  const map = await loadDataMap(['data-map/maps/crm.dataset.yml']);
  base = await openLocatingFixture(map, 'SELECT 1');
  media = await temporaryHome();
  await createSampleCrm({ url: base.source.url, mediaFolder: media, people: 300, log: () => undefined });
  await base.source.pool.query(sourceSchema('postgres'));
  const sources = openSources([
    { name: 'crm', kind: 'postgres', url: base.source.url, eraseUrl: base.source.url },
    { name: 'crm-media', kind: 'folder', path: media },
  ]);
  deps = { ...base.deps, sources, storage: openStorage({ kind: 'folder', path: await temporaryHome() }) };
  await base.own.pool.query('UPDATE steward.workspace_sources SET tenant_key = $1', [SHOWCASE_PERSON.workspaceId]);
  const owner = openDatabase(inRole(base.own.url, 'steward_owner'));
  const text = await readFile('data-map/schedules/crm.schedule.yml', 'utf8');
  await activateSchedule(owner, { name: 'crm.schedule.yml', text }, map, 'a test');
  await owner.close();
  ref = await base.file([{ type: 'email', value: SHOWCASE_PERSON.email }]);
  await base.own.pool.query(`UPDATE steward.requests SET type = 'erasure', status = 'gathering' WHERE id = $1`, [
    ref.requestId,
  ]);
}, 120_000);
afterAll(async () => {
  await deps.sources.close();
  await base.close();
});

async function plan() {
  const planned = await planErasure(deps, ref, quietControl());
  await base.own.pool.query('UPDATE steward.decisions SET approvals_needed = 0');
  return planned;
}

/** By table, all workspaces and people. */
async function rowsByTable(): Promise<Record<string, number>> {
  const { rows } = await base.source.pool.query<{ name: string; n: string }>(
    `SELECT relname AS name, (xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM app.%I', relname),
        false, true, '')))[1]::text AS n FROM pg_stat_user_tables WHERE schemaname = 'app'`,
  );
  return Object.fromEntries(rows.map(({ name, n }) => [name, Number(n)]));
}

interface LedgerRow {
  readonly table: string;
  readonly action: string;
  readonly rows: number;
}

async function ledger(): Promise<readonly LedgerRow[]> {
  const { rows } = await base.source.pool.query<LedgerRow>(
    `SELECT replace(collection, 'crm.', '') AS table, action, sum(rows)::int AS rows FROM steward.erasure_ledger
      GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  return rows;
}

describe('the erasure of a person of the sample CRM', () => {
  it('takes away what was decided, row for row, and keeps the rest of the product as it was', async () => {
    const before = await rowsByTable();
    const planned = await plan();
    const erased = await eraseRecords(deps, ref, quietControl(), preparing(deps, ref));
    expect(erased.outcome).toBe('erased');
    expect(erased.erased).toBe(planned.erase);
    const [after, entries] = [await rowsByTable(), await ledger()];
    const deleted = new Map(entries.filter(({ action }) => action === 'delete').map((each) => [each.table, each.rows]));
    for (const [table, rows] of Object.entries(before))
      expect([table, after[table]]).toEqual([table, rows - (deleted.get(table) ?? 0)]);
    expect(erased.pseudonymised).toBeGreaterThan(0);
    expect(erased.pseudonymised).toBeLessThanOrEqual(planned.pseudonymise);
  });

  it('leaves of the contact what holds retained records together, and marks it', async () => {
    const { rows } = await base.source.pool.query(
      `SELECT last_name, email, phone, birthday, restricted_at IS NOT NULL AS restricted FROM app.contacts
        WHERE first_name = '[erased]'`,
    );
    expect(rows).toEqual([{ last_name: '[erased]', email: null, phone: null, birthday: null, restricted: true }]);
  });

  it('then deletes media, and ends with a journal of as many leaves as the ledger has rows', async () => {
    const objects = await eraseMedia(deps, ref, quietControl());
    expect(objects.objects).toBeGreaterThan(0);
    await endErasure(deps, ref, quietControl());
    const total = (await ledger()).reduce((sum, { rows }) => sum + rows, 0);
    const { rows } = await base.own.pool.query<{ journal: { leaves: number } }>('SELECT journal FROM steward.erasures');
    expect(rows[0]?.journal.leaves).toBe(total);
  });

  it('leaves nothing to be erased to a plan that is made afterwards', async () => {
    await base.own.pool.query(`UPDATE steward.requests SET status = 'verifying' WHERE id = $1`, [ref.requestId]);
    expect((await plan()).erase).toBe(0);
  });
});
