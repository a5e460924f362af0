/** The sample CRM under its own schedule: what is decided on real people, and what deciding costs. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withWeighedSources } from '../../../activities/erasing/weighing.ts';
import type { WeighedSource, Weighing } from '../../../activities/erasing/weighing.ts';
import { readCatalogue } from '../../../data-map/catalogue/read.ts';
import { orderOf } from '../../../data-map/erasing/order.ts';
import { loadDataMap } from '../../../data-map/load.ts';
import type { DataMap } from '../../../data-map/model.ts';
import { planAcross } from '../../../data-map/plan.ts';
import { parseSchedule } from '../../../data-map/schedule/parse.ts';
import type { ScheduleInForce } from '../../../data-map/schedule/parse.ts';
import { createSampleCrm } from '../../../dev/sample-crm/create.ts';
import type { ActiveHold } from '../../../domain/holds.ts';
import { ABSENT_EMAIL, LONE_EMAIL, SHOWCASE_PERSON } from '../../../dev/sample-crm/people.ts';
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
  await createSampleCrm({ url: db.url, mediaFolder: media, people: 300, log: () => undefined });
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

  it('keeps bills, what was signed and the deal, and of what those refer to only what holds them together', async () => {
    expect(await decisionsOn(weighingFor(SHOWCASE_PERSON.email))).toMatchObject({
      invoices: { pseudonymise: 2 },
      invoice_lines: { retain: 5 },
      payments: { retain: 2 },
      documents: { retain: 2 },
      document_signatures: { retain: 2 },
      // The identity of whoever signed stands and falls with the evidence.
      signers: { retain: 1 },
      deals: { retain: 2 },
      clients: { pseudonymise: 1 },
      contacts: { pseudonymise: 1 },
      leads: { erase: 2 },
      notes: { erase: 4 },
      messages: { erase: 8 },
      consents: { erase: 1, retain: 1 },
    });
  });

  it('leaves a conversation and an appointment to the others who take part in them', async () => {
    const groups = await weigh(weighingFor(SHOWCASE_PERSON.email), async (crm) => crm.groups);
    const shared = groups.filter(({ combination }) => combination === 'reference:others_record=open');
    expect(
      shared.map(({ collection, decision }) => [collection.table, decision.keeps.includes('workspace_id')]),
    ).toEqual([
      ['threads', true],
      ['calendar_events', true],
      ['videos', true],
    ]);
    const keeps = Object.fromEntries(shared.map(({ collection, decision }) => [collection.table, decision.keeps]));
    expect(keeps['threads']).toContain('subject');
    // Hers, although others watched it.
    expect(keeps['videos']).toEqual(['id', 'workspace_id']);
  });

  it('is held wholly by a hold on the person, and by none on somebody else', async () => {
    const hold = (value: string): ActiveHold => ({
      holdId: 'h',
      purpose: 'legal',
      party: 'controller',
      visibility: 'controller',
      scope: { subject: [{ type: 'email', value }] },
    });
    const own = await decisionsOn(weighingFor(LONE_EMAIL, { holds: [hold(LONE_EMAIL)] }));
    expect(own).toEqual({ contacts: { retain: 1 } });
    const several = { holds: [hold(ABSENT_EMAIL), hold(SHOWCASE_PERSON.email)] };
    expect(await decisionsOn(weighingFor(LONE_EMAIL, several))).toEqual({ contacts: { erase: 1 } });
    const rows = await decisionsOn(weighingFor(SHOWCASE_PERSON.email, several));
    expect(
      Object.values(rows)
        .flatMap((each) => Object.keys(each))
        .filter((each) => each !== 'retain'),
    ).toEqual([]);
  });

  it('can be erased in the order of the foreign keys, with the circle of contacts and deals opened', async () => {
    const catalogue = await readCatalogue(db.pool, ['app']);
    const { collections } = weighingFor(SHOWCASE_PERSON.email).search.plan.plans[0] ?? { collections: [] };
    const { steps, refusals } = orderOf(catalogue, collections);
    expect(refusals).toEqual([]);
    const opened = steps.flatMap(({ collection: { table }, nullings }) =>
      nullings.map(({ columns }) => [table, columns]),
    );
    expect(opened).toEqual([
      ['contacts', ['primary_deal_id']],
      ['contacts', ['referred_by']],
    ]);
    const place = (name: string) => steps.findIndex(({ collection: { table } }) => table === name);
    expect(place('recipient_events')).toBeLessThan(place('recipients'));
    expect(place('deals')).toBeLessThan(place('contacts'));
  });

  it('is weighed without reading a table from end to end', async () => {
    const name = new URL(db.url).pathname.slice(1);
    // In a sample of this size reading all of a small table can be the quickest; what matters is that it never has to be.
    await db.pool.query(`ALTER DATABASE ${name} SET enable_seqscan = off`);
    const fresh = openSources([{ name: 'crm', kind: 'postgres', url: db.url, eraseUrl: db.url }]);
    const scanned = await withWeighedSources(fresh, weighingFor(SHOWCASE_PERSON.email), async ([crm]) => {
      const found = await crm?.client.query<{ relname: string }>(
        `SELECT relname FROM pg_stat_xact_user_tables WHERE schemaname = 'app' AND seq_tup_read > 0`,
      );
      return found?.rows;
    });
    await fresh.close();
    await db.pool.query(`ALTER DATABASE ${name} RESET enable_seqscan`);
    expect(scanned).toEqual([]);
  });
});
