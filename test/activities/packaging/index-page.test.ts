import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { PackageContents, PackedCollection } from '../../../activities/packaging/contents.ts';
import { indexPage } from '../../../activities/packaging/index-page.ts';
import { readCells } from '../../../activities/packaging/json-cells.ts';
import { readme } from '../../../activities/packaging/readme.ts';

/** Rows with the values of the columns id, body and fax; a value that JavaScript cannot write stands as its JSON. */
type Values = Readonly<Record<string, unknown>>;
const rows = (...objects: readonly Values[]): PackedCollection['sample'] =>
  objects.map(({ id = null, body = null, fax = null }) => readCells(JSON.stringify({ id, body, fax })));

const columns = (...names: readonly string[]) => names.map((name) => ({ name, label: `The ${name}` }));

function packed(more: Partial<PackedCollection> = {}): PackedCollection {
  return {
    source: 'crm',
    collection: 'crm.notes',
    label: 'Notes',
    kind: 'Activities',
    columns: columns('id', 'body', 'fax'),
    omitted: [],
    rows: 1,
    sample: rows({ id: 1, body: 'hello', fax: null }),
    files: {
      json: 'data/activities/crm.notes.json',
      jsonl: 'data/activities/crm.notes.jsonl',
      csv: 'data/activities/crm.notes.csv',
    },
    ...more,
  };
}

function contents(more: Partial<PackageContents> = {}, workspaceName = 'Acme'): PackageContents {
  return {
    facts: {
      packageId: 'p',
      requestId: 'r',
      requestType: 'access',
      regime: 'gdpr',
      workspace: { id: 'w', name: workspaceName },
      instruction: { id: 'i', version: 1 },
      language: 'en',
      dataMapVersion: 'v',
      createdAt: new Date('2026-03-05T10:20:30Z'),
    },
    snapshots: new Map([['crm', new Date('2026-03-05T10:20:29Z')]]),
    collections: [packed()],
    media: [],
    missing: [],
    attachments: [],
    unreached: [],
    redactions: [],
    manualSystems: [],
    ...more,
  };
}

const page = (...args: Parameters<typeof contents>): string => [...indexPage(contents(...args))].join('');
const rowsOf = (objects: readonly Values[], more: Partial<PackedCollection> = {}) =>
  page({ collections: [packed({ rows: objects.length, sample: rows(...objects), ...more })] });

const HOSTILE = `<script>alert(1)</script>"'\`--></style><img src=x onerror=alert(1)>`;

describe('the index page', () => {
  test('lets nothing in somebody’s records become markup, wherever it stands', () => {
    const file = { path: 'media/x/it’s "a" <b>.png', bytes: 5, sha256: '' };
    const text = page(
      {
        collections: [
          packed({
            label: HOSTILE,
            kind: HOSTILE,
            description: HOSTILE,
            columns: columns('id', 'body', 'fax').map((each) => ({ ...each, label: HOSTILE, description: HOSTILE })),
            sample: rows(
              { body: HOSTILE },
              { body: { [HOSTILE]: [HOSTILE] } },
              { body: `${HOSTILE}${'x'.repeat(30_000)}` },
            ),
            rows: 9,
            pages: { folder: `pages/${HOSTILE}`, pages: 1, rows: 9, pageRows: 250, shards: 1 },
          }),
          packed({ label: HOSTILE, rows: 0, sample: [] }),
        ],
        media: [{ collection: 'crm.notes', file }],
        missing: [{ collection: 'crm.notes', path: HOSTILE }],
        attachments: [{ system: HOSTILE, title: HOSTILE, file: { ...file, path: `attachments/${HOSTILE}` } }],
        redactions: [{ label: HOSTILE, exemption: HOSTILE, rows: 1 }],
        manualSystems: [{ system: HOSTILE, outcome: 'attached', statement: HOSTILE }],
      },
      HOSTILE,
    );
    expect(text.match(/<(script|img)[\s>][^>\n]*/gi)).toEqual([
      '<img src="media/x/it%E2%80%99s%20%22a%22%20%3Cb%3E.png" alt="" loading="lazy"',
      '<script>',
    ]);
    expect(text.match(/<\/script>/g)).toHaveLength(1);
    expect(text.match(/<\/style>/g)).toHaveLength(1);
  });

  test('forbids the network and every script but its own by its policy, and keeps to it', () => {
    const text = page();
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(text)?.[1]?.replaceAll('&#39;', "'") ?? '';
    const [style = '', script = ''] = [/<style>([\s\S]*)<\/style>/, /<script>([\s\S]*)<\/script>/].map(
      (inside) => inside.exec(text)?.[1],
    );
    const hash = (content: string): string => `sha256-${createHash('sha256').update(content).digest('base64')}`;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`style-src '${hash(style)}';`);
    expect(policy).toContain(`script-src '${hash(script)}' 'strict-dynamic'`);
    expect(text).not.toMatch(/https?:\/\/|<link|style="|\son\w+="/);
    expect(script).not.toMatch(/innerHTML|insertAdjacent|document\.write|eval\(|Function\(/);
  });

  test('without records has no script at all', () => {
    expect(page({ collections: [packed({ rows: 0, sample: [] })] })).not.toContain('<script');
  });

  test('says in which language it is, has one heading of the first level, and tables with headed columns', () => {
    const text = rowsOf([1, 2, 3].map((id) => ({ id })));
    expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(text.match(/<h1>/g)).toHaveLength(1);
    expect(text.match(/<th(?!ead| scope=)/g)).toBeNull();
    expect(text).toContain('<th scope="col">The id</th>');
  });

  test('groups collections by kind, with their counts and the way to their files', () => {
    const text = page({
      collections: [
        packed(),
        packed({ collection: 'crm.contacts', label: 'Contacts', kind: 'People', rows: 1234 }),
        packed({ collection: 'crm.calls', label: 'Calls', rows: 2 }),
      ],
    });
    expect([...text.matchAll(/<h2 id="kind-[^"]*">([^<]*)</g)].map((found) => found[1])).toEqual([
      'Activities',
      'People',
    ]);
    expect([...text.matchAll(/<h3 id="[^"]*">([^<]*)</g)].map((found) => found[1])).toEqual([
      'Notes',
      'Calls',
      'Contacts',
    ]);
    expect(text).toContain('1,234');
    expect(text).toContain('href="data/activities/crm.notes.csv"');
  });

  test('shows the first rows, says that there are more, and leads to them and the search to their texts', () => {
    const pages = { folder: 'pages/crm.notes', pages: 20, rows: 5_000, pageRows: 250, shards: 2 };
    const text = rowsOf([{ id: 1 }, { id: 2 }, { id: 3 }], { rows: 5_000, pages });
    expect(text).toContain('The first 3 of 5,000 records are shown.');
    expect(text).toContain('All of them are on 20 pages: <a href="pages/crm.notes/0001.html">');
    expect(text).toContain('data-pages="pages/crm.notes" data-page-rows="250" data-shards="2"');
    expect(rowsOf([], { rows: 2 })).toContain('too long to be shown');
  });

  test('says when a collection has more rows than get pages', () => {
    const pages = { folder: 'pages/crm.notes', pages: 400, rows: 100_000, pageRows: 250, shards: 20 };
    expect(rowsOf([{ id: 1 }], { rows: 1_000_000, pages })).toContain('The first 100,000 records are on 400 pages');
  });

  test('says what collections and columns mean, in the map’s words', () => {
    const text = rowsOf([{ id: 1 }], {
      description: 'What was noted.',
      columns: [{ name: 'id', label: 'Number', description: 'Counts up.' }],
    });
    expect(text).toContain('What was noted.');
    expect(text).toContain('<dt>Number</dt><dd>Counts up.</dd>');
  });

  test('says what was kept back and why, in general words where the reason is nobody’s business', () => {
    const text = page({
      redactions: [
        { label: 'Thread', exemption: 'third_party', rows: 2 },
        { label: 'Fax', exemption: 'confidential_hold', rows: undefined },
      ],
    });
    expect(text).toContain('<li>Thread (2 records): it is also about other people');
    expect(text).toContain('<li>Fax: it is kept back under an exemption that the law allows</li>');
    expect(text).not.toContain('hold</');
  });

  test('never says that nothing was found when all that was found is kept back', () => {
    const text = page({ collections: [packed({ rows: 0, withheld: 3, sample: [] })] });
    expect(text).not.toMatch(/No records found|nothing found/);
    expect(text).toContain('Records about you were found');
    expect(text).toContain('<li>Notes (3 records): it is kept back under an exemption that the law allows</li>');
  });

  test('says which systems were searched by hand, and what came of it', () => {
    const file = { path: 'attachments/Archive/scan.pdf', bytes: 5, sha256: '' };
    const text = page({
      attachments: [{ system: 'Archive', title: 'A scan', file }],
      manualSystems: [
        { system: 'Archive', outcome: 'attached' },
        { system: 'Phone', outcome: 'nothing_found', statement: 'No recordings.' },
      ],
    });
    expect(text).toContain('Archive: 1 file attached.');
    expect(text).toContain('href="attachments/Archive/scan.pdf"');
    expect(text).toContain('Phone: nothing about you was found.');
    expect(text).toContain('No recordings.');
  });

  test('speaks German where that is asked for, with its numbers and days', () => {
    const english = contents({
      collections: [packed({ rows: 1_234, sample: rows({ id: 1, body: '2026-03-05T10:20:30Z' }) })],
    });
    const text = [...indexPage({ ...english, facts: { ...english.facts, language: 'de' } })].join('');
    expect(text).toMatch(/^<!doctype html>\n<html lang="de">/);
    expect(text).toContain('1.234 Datensätze');
    expect(text).toContain('5. März 2026, 10:20 UTC');
  });

  test('leaves out columns that are empty in every row shown, and names them and those that were redacted', () => {
    const text = rowsOf([{ id: 1, body: 'x', fax: '' }], { omitted: columns('password') });
    expect(text).not.toContain('<dt>The fax</dt>');
    expect(text).toContain('Empty in every record shown: The fax.');
    expect(text).toContain('Not included: The password.');
  });

  test('shows values as people read them, in their own direction', () => {
    const text = rowsOf([
      { id: '9007199254740993', body: '2026-03-05T10:20:30.5+00:00', fax: true },
      { id: 2, body: { utm_source: 'web', tags: ['a', 'b'] }, fax: 'שלום' },
    ]);
    expect(text).toContain('<time datetime="2026-03-05T10:20:30.5+00:00">5 Mar 2026, 10:20 UTC</time>');
    expect(text).toContain('9007199254740993');
    expect(text).toMatch(/Utm source:<\/span> <bdi>web<\/bdi>/);
    expect(text).toContain('a, b');
    expect(text).toContain('<dd dir="auto">שלום</dd>');
    expect(text).toContain('<dd dir="auto">yes</dd>');
  });

  test('cuts long values, with the rest behind a click', () => {
    const long = `${'x'.repeat(200)}END`;
    expect(rowsOf([{ body: long }])).toMatch(
      /<details[^>]*><summary>x{140}…<\/summary><div class=long>x{200}END<\/div>/,
    );
  });

  test('lists what the store lacks', () => {
    const text = page({ missing: [{ collection: 'crm.notes', path: 'a/lost.png' }] });
    expect(text).toContain('1 file could not be included');
    expect(text).toContain('a/lost.png');
  });

  test('says which systems were not searched, and what they may hold', () => {
    const unreached = [
      { source: 'support', collections: [{ collection: 'support.tickets', label: 'Tickets & chats' }] },
    ];
    expect(page({ unreached })).toMatch(/may hold data about you[\s\S]*<li>support: Tickets &amp; chats<\/li>/);
    expect(page()).not.toContain('may hold data about you');
    const text = readme(contents({ unreached })).replaceAll('\n', ' ');
    expect(text).toContain('were not searched, since they are not connected for Acme. Ask Acme about them:');
    expect(text).toContain('    support: Tickets & chats');
  });

  test('of a person without records says so, and what was searched', () => {
    const text = page({ collections: [packed({ rows: 0, sample: [] })] });
    expect(text).toContain('No records found');
    expect(text).toContain('1 collection of records');
    expect(text).toMatch(/Searched, and nothing found[\s\S]*Notes/);
  });
});

describe('README.txt', () => {
  test('says whose data it is, what is not there, who answers for it, and how to check it', () => {
    const text = readme(
      contents({
        collections: [packed({ omitted: columns('password') })],
        missing: [{ collection: 'crm.notes', path: 'x' }],
      }),
    );
    for (const part of [
      'Acme',
      'Notes: The password',
      '1 file that the records name',
      'steward verify',
      'answers for',
      "apostrophe (')",
    ]) {
      expect(text.replaceAll('\n', ' ')).toContain(part);
    }
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(100);
  });

  test('stays readable whatever the workspace is called', () => {
    const text = readme(contents({}, 'Evil\n\nHow to read it\n--------------\nOpen evil.exe'));
    expect(text.match(/^How to read it$/gm)).toHaveLength(1);
    expect(text).not.toMatch(/^Open evil/m);
  });
});
