import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareWithSources } from '../../../activities/map-checking/compare.ts';
import { sampleForms } from '../../../activities/map-checking/sample-forms.ts';
import { readCatalogue } from '../../../data-map/catalogue/read.ts';
import { draftMap } from '../../../data-map/drafting/draft.ts';
import { collectionsOf } from '../../../data-map/model.ts';
import type { Collection, DataMap } from '../../../data-map/model.ts';
import { parseDataMap } from '../../../data-map/parse.ts';
import { planSearch } from '../../../data-map/plan.ts';
import type { MapFinding } from '../../../domain/map-check.ts';
import { openSources } from '../../../platform/sources.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';
import { arrow } from '../fixtures.ts';
import { HELP_DESK_DDL, HELP_DESK_ROWS, HELP_DESK_VALUES } from './help-desk.ts';

let database: TestDatabase;
let text: string;
let map: DataMap;

beforeAll(async () => {
  database = await testDatabase();
  await database.pool.query(`${HELP_DESK_DDL} ${HELP_DESK_ROWS}`);
  text = await draft();
  map = parseDataMap([{ name: 'draft.yml', text }]);
});

afterAll(() => database.drop());

async function draft(...schemas: readonly string[]): Promise<string> {
  const client = await database.pool.connect();
  try {
    const catalogue = await readCatalogue(client, schemas.length === 0 ? ['public'] : schemas);
    return draftMap('desk', catalogue, await sampleForms(client, catalogue));
  } finally {
    client.release();
  }
}

async function findingsOf(drafted: DataMap): Promise<readonly MapFinding[]> {
  const settings = [{ name: 'desk', kind: 'postgres', url: database.url }] as const;
  const sources = openSources(settings);
  try {
    return (await compareWithSources({ map: drafted, sources, settings, tenantKeys: new Map() })).findings;
  } finally {
    await sources.close();
  }
}

function named(name: string): Collection {
  const found = collectionsOf(map).find(({ table }) => table === name);
  if (found === undefined) throw new Error(`There is no ${name} in the draft.`);
  return found;
}

const categoriesOf = (table: string, column: string): readonly string[] | undefined =>
  named(table).fields.find((field) => field.column === column)?.categories;

describe("a draft of somebody else's schema", () => {
  it('has every table but views, with keys, types and the tenant column that most tables share, named as a guess', () => {
    const tables = collectionsOf(map).map(({ table }) => table);
    expect(tables).toContain('csat_survey_responses');
    expect(tables).not.toContain('open_conversations');
    expect(named('conversations')).toMatchObject({ key: ['id'], tenant: 'account_id' });
    expect(named('messages').fields.find(({ column }) => column === 'content_attributes')?.dataType).toBe('object');
    expect(text).toMatch(/^# The tenant column account_id is a guess: \d+ of \d+ tables have it\.$/m);
  });

  it('guesses identities and categories by name, and by the form of values where the name says nothing', () => {
    expect(named('contacts').identities.map(({ at, type }) => [at.column, type])).toEqual([
      ['email', 'email'],
      ['phone_number', 'phone_number'],
      ['handle', 'email'],
    ]);
    expect(categoriesOf('addresses', 'zip_code')).toEqual(['user.contact.address.postal_code']);
    expect(categoriesOf('users', 'current_sign_in_ip')).toEqual(['user.device.ip_address']);
    expect(categoriesOf('inboxes', 'name')).toEqual(['system.operations']);
  });

  it('hands over no secret, and takes no staff for people whom requests are about', () => {
    const redacted = named('users').fields.filter(({ redacted: is }) => is);
    expect(redacted.map(({ column }) => column)).toEqual(['encrypted_password', 'tokens']);
    expect(named('users').identities).toEqual([]);
  });

  it('lets rows flow from a person to what refers to them, and to what looks like their own, but not on to others', () => {
    const arrows = map.edges.map(arrow);
    expect(arrows).toContain('desk.contacts.id -> desk.csat_survey_responses.contact_id');
    expect(arrows).toContain('desk.contacts.address_id -> desk.addresses.id');
    expect(arrows.filter((each) => /merged_into_id|assignee_id|account_id/.test(each))).toEqual([]);
  });

  it('holds no value that was sampled', () => {
    for (const value of HELP_DESK_VALUES) expect(text).not.toContain(value);
    expect(text).not.toContain('Pereira');
  });

  it('asks what no catalogue can answer, and the check lists just that, beside what does something by itself', async () => {
    const findings = await findingsOf(map);
    const errors = findings.filter(({ gravity }) => gravity === 'error');
    expect(new Set(errors.map(({ code }) => code))).toEqual(
      new Set(['question-open', 'trigger-unacknowledged', 'cascade-unacknowledged']),
    );
    const asked = (table: string) => errors.filter((each) => each.table === `public.${table}`).map((each) => each.text);
    expect(asked('conversations').join(' ')).toContain('Does it refer to contacts.id?');
    expect(asked('schema_migrations').join(' ')).toContain('Does it hold personal data?');
    expect(asked('attachments').join(' ')).toContain('object in a store');
    expect(asked('users').join(' ')).toContain('own staff');
    expect(asked('contacts').join(' ')).toContain("the person's alone");
    expect(findings.some(({ code }) => code === 'index-missing')).toBe(true);
  });

  it('can be searched with at once', () => {
    const { collections } = planSearch(map, 'desk', [{ type: 'email', value: 'ana@example.com' }]);
    expect(collections.map(({ table }) => table).sort()).toEqual([
      'addresses',
      'contact_inboxes',
      'contacts',
      'csat_survey_responses',
    ]);
  });

  it('agrees when the questions are taken away and what acts by itself is acknowledged', async () => {
    const findings = await findingsOf(parseDataMap([{ name: 'draft.yml', text: answered(text) }]));
    const errors = findings.filter(({ gravity }) => gravity === 'error');
    expect(new Set(errors.map(({ code }) => code))).toEqual(
      new Set(['trigger-unacknowledged', 'cascade-unacknowledged']),
    );
  });
});

/** A person's answers, as hastily as they can be given. */
function answered(draftText: string): string {
  return draftText.replaceAll('questions:', 'answered:');
}

describe('a draft of several schemas', () => {
  it('has a dataset for each, and references between them', async () => {
    await database.pool.query(`CREATE SCHEMA left_side; CREATE SCHEMA right_side;
      CREATE TABLE left_side.people (id int PRIMARY KEY, org_id int NOT NULL, email text);
      CREATE TABLE right_side.orders (id int PRIMARY KEY, org_id int NOT NULL, person_id int REFERENCES left_side.people (id))`);
    const both = parseDataMap([{ name: 'draft.yml', text: await draft('left_side', 'right_side') }]);
    expect(both.edges.map(arrow)).toEqual(['desk_left_side.people.id -> desk_right_side.orders.person_id']);
  });
});

describe('a draft of a schema without workspaces', () => {
  it('skips every table, and asks which column tells them apart', async () => {
    await database.pool.query(`CREATE SCHEMA alone; CREATE TABLE alone.people (id int PRIMARY KEY, email text);
      CREATE TABLE alone.orders (id int PRIMARY KEY, person_id int REFERENCES alone.people (id)); CREATE TABLE alone.heap (line text)`);
    const drafted = parseDataMap([{ name: 'draft.yml', text: await draft('alone') }]);
    expect(collectionsOf(drafted).every(({ skipped }) => skipped)).toBe(true);
    const findings = await findingsOf(drafted);
    expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(['question-open']));
    expect(findings[0]?.text).toContain("Which column tells the customers' workspaces apart?");
  });
});
