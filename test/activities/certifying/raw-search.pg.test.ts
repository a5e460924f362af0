import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { searchRaw } from '../../../activities/certifying/raw-search.ts';
import type { Sought } from '../../../activities/certifying/raw-search.ts';
import { rowId } from '../../../activities/locating/weigh-matches.ts';
import { parseDataMap } from '../../../data-map/parse.ts';
import { openSources } from '../../../platform/sources.ts';
import type { Sources } from '../../../platform/sources.ts';
import { collection, dataset, email, field, key, mapFile } from '../../data-map/fixtures.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';

const [ADA, BOB] = ['ada@example.test', 'bob@example.test'];

const MAP = parseDataMap([
  mapFile(
    dataset(
      [
        collection('contacts', [key('id'), email(), field('name'), field('phone', { identity: 'phone_number' })]),
        collection('audit', [key('id'), field('entry')], { no_personal_data: 'It is said to have none.' }),
      ],
      { folders: [{ store: 'photos', prefix: '{tenant}/' }], phone_region: 'DE' },
    ),
  ),
]);

const SCHEMA = `
  CREATE TABLE contacts (id int PRIMARY KEY, workspace_id text NOT NULL, email text, name text, remarks text,
                         profile json, tags text[], phone text);
  CREATE TABLE audit (id int PRIMARY KEY, workspace_id text NOT NULL, entry jsonb);`;

let source: TestDatabase;
let sources: Sources;
let photos: string;
beforeAll(async () => {
  photos = await mkdtemp(join(tmpdir(), 'steward-raw-'));
  source = await testDatabase();
  await source.pool.query(SCHEMA);
  sources = openSources([
    { name: 'crm', kind: 'postgres', url: source.url },
    { name: 'photos', kind: 'folder', path: photos },
  ]);
});
afterAll(async () => {
  await sources.close();
  await Promise.all([source.drop(), rm(photos, { recursive: true })]);
});
beforeEach(async () => {
  await source.pool.query('TRUNCATE contacts, audit');
  await rm(photos, { recursive: true });
  await mkdir(photos);
});

const insert = (table: string, ...row: readonly unknown[]) =>
  source.pool.query(`INSERT INTO ${table} VALUES (${row.map((_, index) => `$${index + 1}`).join(', ')})`, [...row]);

const tenantKeys = new Map([['crm', 'w']]);

const sought = (address: string, more: Partial<Sought> = {}): Sought => ({
  inquiry: {
    dataKey: { id: 'unused', bytes: Buffer.alloc(32) },
    identities: [
      { type: 'email', value: address },
      { type: 'phone_number', value: '+49 30 90182017' },
    ],
    own: [],
    combine: 'any',
    provided: false,
    tenantKeys,
  },
  confirmed: [],
  decisions: new Map(),
  retained: async () => new Set(),
  ...more,
});

const search = (...all: readonly Sought[]) =>
  searchRaw({ map: MAP, sources }, all, tenantKeys, new AbortController().signal);

const left = async (...all: readonly Sought[]) =>
  (await search(...all)).map(({ residuals }) => residuals.map(({ place, kind, count }) => `${place} ${kind} ${count}`));

describe('the raw search', () => {
  it('passes when no text of the workspace has an identifier, and says how much it has searched', async () => {
    await insert('contacts', 1, 'other', ADA, 'Ada elsewhere', null, null, null);
    await insert('contacts', 2, 'w', 'canada@example.test', 'notada@example.test', 'ada@example.testing', null, null);
    expect(await search(sought(ADA))).toEqual([
      {
        method: 'raw_search',
        at: expect.any(String),
        result: 'passed',
        searched: { sources: 1, collections: 2, columns: 9, records: 0, objects: 0 },
        expected: 0,
        residuals: [],
        notSearched: [],
      },
    ]);
  });

  it('finds telephone numbers however they are written, in the form of the region too, and in names of files', async () => {
    const written = [
      '+49 30 901820-17',
      '0049 (0)30/90182017',
      '4930 901820 17',
      '030.90 18 20 17',
      'tel:030-90182017.',
    ];
    for (const [index, remarks] of written.entries())
      await insert('contacts', index + 1, 'w', null, null, remarks, null, null);
    await insert('contacts', 9, 'w', null, null, null, `{"tel": "030\\/901820\\u00a017"}`, null);
    await mkdir(join(photos, 'w'), { recursive: true });
    await writeFile(join(photos, 'w', 'Call +49 30 90182017.mp3'), 'x');
    const [found = []] = await left(sought(ADA));
    expect(found.toSorted()).toEqual([
      'crm.contacts.profile text_left 1',
      'crm.contacts.remarks text_left 5',
      'photos object_left 1',
    ]);
  });

  it('takes no part of another number, no coordinate and no random name for a telephone number', async () => {
    const others = [
      '130 90182017',
      '+1 030 90182017',
      '0309018201',
      '030901820175',
      '30.90182017',
      '52.3090182017',
      '12.3090182017',
    ];
    for (const [index, remarks] of others.entries())
      await insert('contacts', index + 1, 'w', null, null, remarks, null, null);
    await mkdir(join(photos, 'w', '030'), { recursive: true });
    for (const name of ['a03090182017', '3090182017f', '030/90182017']) await writeFile(join(photos, 'w', name), 'x');
    expect(await left(sought(ADA))).toEqual([[]]);
  });

  it('makes nothing of a number that a row of somebody else has for its own, and says so', async () => {
    await insert('contacts', 1, 'w', BOB, 'Bob', '+49 30 90182017', null, null);
    expect(await left(sought(ADA))).toEqual([['crm.contacts.remarks text_left 1']]);
    await source.pool.query(`UPDATE contacts SET phone = '030 90182017', remarks = remarks || $1`, [` of ${ADA}`]);
    await insert('contacts', 2, 'w', null, null, '+49 30 90182017', null, null);
    const [found] = await search(sought(ADA));
    expect(found?.residuals).toMatchObject([{ place: 'crm.contacts.remarks', count: 1 }]);
    expect(found?.notSearched).toEqual([{ source: null, place: null, why: 'shared_number' }]);
  });

  it('looks for no number that is another person’s as well, and says so', async () => {
    await insert('contacts', 1, 'w', null, null, '+49 30 90182017', null, null);
    const rejected = new Map([
      [rowId({ source: 'crm', collection: 'crm.contacts', key: { id: '7' } }), 'rejected' as const],
    ]);
    expect(await search(sought(ADA, { decisions: rejected }))).toMatchObject([
      { result: 'passed', notSearched: [{ source: null, place: null, why: 'shared_number' }] },
    ]);
  });

  it('finds identifiers in columns that the map does not know, in JSON however it is escaped, in lists', async () => {
    await insert('contacts', 1, 'w', null, null, `Wrote to ADA@example.test.`, null, null);
    await insert('contacts', 2, 'w', null, null, null, `{"note": "a line\\nada+news\\u0040example.test"}`, null);
    await insert('contacts', 3, 'w', null, null, null, null, ['x', ADA]);
    expect(await left(sought(ADA))).toEqual(
      [
        [
          'crm.contacts.remarks text_left 1',
          'crm.contacts.profile text_left 1',
          'crm.contacts.tags text_left 1',
        ].toSorted(),
      ].map((each) => expect.arrayContaining(each)),
    );
  });

  it('looks into what is said to have no personal data', async () => {
    await insert('audit', 1, 'w', { who: ADA });
    expect(await left(sought(ADA))).toEqual([['crm.audit.entry text_left 1']]);
  });

  it('expects what the map’s own search finds, and what somebody has said to be another person’s', async () => {
    await insert('contacts', 1, 'w', ADA, 'Ada', null, null, null);
    await insert('contacts', 2, 'w', null, null, `Ask ${ADA}`, null, null);
    expect(await left(sought(ADA))).toEqual([['crm.contacts.remarks text_left 1']]);
    const rejected = new Map([
      [rowId({ source: 'crm', collection: 'crm.contacts', key: { id: '2' } }), 'rejected' as const],
    ]);
    expect(await search(sought(ADA, { decisions: rejected }))).toMatchObject([{ result: 'passed', expected: 2 }]);
  });

  it('looks for many people in one pass, and tells them apart', async () => {
    await insert('contacts', 1, 'w', null, null, `${ADA} and ${BOB}`, null, null);
    await insert('contacts', 2, 'w', null, null, `only ${BOB}`, null, null);
    expect(await left(sought(ADA), sought(BOB), sought('eve@example.test'))).toEqual([
      ['crm.contacts.remarks text_left 1'],
      ['crm.contacts.remarks text_left 2'],
      [],
    ]);
  });

  it('finds names of files in the workspace’s own folders', async () => {
    await Promise.all([mkdir(join(photos, 'w')), mkdir(join(photos, 'other'))]);
    for (const name of [`w/passport of ${ADA}.jpg`, `w/${ADA}.jpg`, `other/${ADA}.jpg`, 'w/tour.mp4'])
      await writeFile(join(photos, name), 'x');
    expect(await left(sought(ADA))).toEqual([['photos object_left 2']]);
    expect(await search(sought(ADA))).toMatchObject([{ searched: { objects: 3 } }]);
  });
});

describe('a store of which nobody has said which folders are the workspace’s', () => {
  it('is not searched, which is said', async () => {
    const files = collection('files', [key('id'), field('path')], { media: [{ column: 'path', store: 'photos' }] });
    const map = parseDataMap([mapFile(dataset([collection('contacts', [key('id'), email()]), files]))]);
    const [verification] = await searchRaw({ map, sources }, [sought(ADA)], tenantKeys, new AbortController().signal);
    expect(verification?.notSearched).toEqual([{ source: 'crm', place: 'photos', why: 'no_folders' }]);
    expect(verification?.searched.objects).toBe(0);
  });
});
