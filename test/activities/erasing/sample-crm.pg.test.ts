/** The sample CRM under its own schedule: what is decided on real people, and what deciding costs. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withWeighedSources } from '../../../activities/erasing/weighing.ts';
import type { WeighedGroup, WeighedSource, Weighing } from '../../../activities/erasing/weighing.ts';
import { loadDataMap } from '../../../data-map/load.ts';
import type { DataMap } from '../../../data-map/model.ts';
import { planAcross } from '../../../data-map/plan.ts';
import { parseSchedule } from '../../../data-map/schedule/parse.ts';
import type { ScheduleInForce } from '../../../data-map/schedule/parse.ts';
import { createSampleCrm } from '../../../dev/sample-crm/create.ts';
import { LONE_EMAIL, SHOWCASE_PERSON } from '../../../dev/sample-crm/people.ts';
import { sourceSchema } from '../../../platform/erasure/source-schema.ts';
import { openSources } from '../../../platform/sources.ts';
import type { Sources } from '../../../platform/sources.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';

let db: TestDatabase;
let sources: Sources;
let map: DataMap;
let schedule: ScheduleInForce;
let media: string;

beforeAll(async () => {
  media = await mkdtemp(join(tmpdir(), 'steward-media-'));
  map = await loadDataMap(['data-map/maps/crm.dataset.yml']);
  const text = await readFile('data-map/schedules/crm.schedule.yml', 'utf8');
  const parsed = parseSchedule({ name: 'crm.schedule.yml', text }, map);
  schedule = { ...parsed, ruleVersions: new Map(parsed.rules.map(({ id }) => [id, 1])) };
  db = await testDatabase();
  await createSampleCrm({ url: db.url, mediaFolder: media, people: 3_000, log: () => undefined });
  await db.pool.query('ANALYZE');
  await db.pool.query(sourceSchema('postgres'));
  sources = openSources([{ name: 'crm', kind: 'postgres', url: db.url, eraseUrl: db.url }]);
}, 120_000);
afterAll(async () => {
  await sources.close();
  await db.drop();
  await rm(media, { recursive: true });
});

function weighingFor(address: string, more: Partial<Weighing> = {}): Weighing {
  const plan = planAcross(map, ['crm'], [{ type: 'email', value: address }]);
  return {
    map,
    search: { plan, tenantKeys: new Map([['crm', SHOWCASE_PERSON.workspaceId]]) },
    schedule,
    holds: [],
    circumstances: { askedBy: 'erasure_request', asOf: new Date(), overrides: [] },
    records: [],
    jurisdictions: [],
    zone: 'Europe/Berlin',
    ...more,
  };
}

async function weigh<T>(weighing: Weighing, work: (crm: WeighedSource) => Promise<T>): Promise<T> {
  return withWeighedSources(sources, weighing, async ([crm]) => {
    if (crm === undefined) throw new Error('The source was not weighed.');
    return work(crm);
  });
}

/** `contacts: pseudonymise 1`, by collection. */
async function decisionsOn(weighing: Weighing): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
  const groups = await weigh(weighing, async ({ groups: all }) => all.filter(({ rows }) => rows > 0));
  const by: Record<string, Record<string, number>> = {};
  for (const { collection, decision, rows } of groups) {
    const counts = (by[collection.table] ??= {});
    counts[decision.decision] = (counts[decision.decision] ?? 0) + rows;
  }
  return by;
}

describe('a person of the sample CRM', () => {
  it('of whom there is only a contact is erased wholly', async () => {
    expect(await decisionsOn(weighingFor(LONE_EMAIL))).toEqual({ contacts: { erase: 1 } });
  });

  it('with bills and signed documents', async () => {
    console.log(await decisionsOn(weighingFor(SHOWCASE_PERSON.email)));
    const groups: readonly WeighedGroup[] = await weigh(weighingFor(SHOWCASE_PERSON.email), async (crm) => crm.groups);
    console.log(
      groups
        .map(
          (g) =>
            `${g.collection.table} ${g.combination} ${g.decision.decision} ${g.rows} ${String(g.endsFirst)} ${String(g.endsLast)} ${g.decision.doubts.join()}`,
        )
        .join('\n'),
    );
  });

  it('is weighed without reading a table from end to end', async () => {
    const started = performance.now();
    const read = await weigh(weighingFor(SHOWCASE_PERSON.email), async ({ client }) => {
      const { rows } = await client.query(
        `SELECT relname, seq_scan::int, seq_tup_read::int, n_live_tup::int FROM pg_stat_xact_user_tables JOIN (SELECT relid r, n_live_tup FROM pg_stat_user_tables) s ON r = relid WHERE schemaname = 'app' AND seq_scan > 0`,
      );
      return rows;
    });
    console.log(read, performance.now() - started);
  });
});
