import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackage } from '../../../activities/packaging/build-package.ts';
import { TAKEN_OUT } from '../../../data-map/third-parties.ts';
import type { RequestRef } from '../../../domain/runs.ts';
import { parseManifest } from '../../../platform/manifest-format.ts';
import { collection, email, field, key, mapOf, refers } from '../../data-map/fixtures.ts';
import { ADA, openPackagingFixture, quietControl } from './packaging-fixture.ts';
import type { PackagingFixture } from './packaging-fixture.ts';

const mapWith = (policy: 'redact' | 'flag') =>
  mapOf(
    collection('contacts', [
      key('id'),
      email(),
      field('name', { steward: { label: 'Full name' } }),
      field('balance', { steward: { origin: 'derived', label: 'Balance' } }),
    ]),
    collection(
      'notes',
      [
        key('id'),
        refers('contact_id', 'contacts.id', 'from'),
        field('body', { steward: { free_text: true } }),
        field('written_at'),
      ],
      { label: 'Notes', third_parties: policy },
    ),
  );

let fixture: PackagingFixture;
beforeAll(async () => {
  fixture = await openPackagingFixture();
  await fixture.source.pool.query(`
    INSERT INTO notes VALUES (5, 'acme', 1, 'Bob is bob@example.com, she is ${ADA}.', NULL), (6, 'acme', 3, 'ask ${ADA}', NULL)`);
});
afterAll(() => fixture.close());

async function built(ref: RequestRef, policy: 'redact' | 'flag' = 'redact') {
  await buildPackage({ ...fixture.deps, map: mapWith(policy) }, ref, quietControl());
  const entries = await fixture.openPackage(ref);
  const text = (path: string): string => entries.get(path)?.toString('utf8') ?? '';
  const collections = parseManifest(entries.get('manifest.json') ?? Buffer.alloc(0))?.collections ?? [];
  const { rows } = await fixture.own.pool.query<{ details: Record<string, unknown> }>(
    `SELECT details FROM steward.request_events WHERE request_id = $1 AND kind = 'package_built'`,
    [ref.requestId],
  );
  const ofNotes = collections.find((each) => each.collection === 'crm.notes');
  return { entries, text, collections, ofNotes, event: rows[0]?.details };
}

async function redact(ref: RequestRef, target: { readonly key?: object; readonly column?: string }): Promise<void> {
  await fixture.own.pool.query(
    `INSERT INTO steward.redactions (id, workspace_id, request_id, collection, row_key, column_name, exemption, sealed_reason,
       build, created_by, party, instruction_id, instruction_version, created_at)
     SELECT $1, workspace_id, id, 'crm.notes', $3, $4, 'third_party_rights', '', '', filed_by, 'controller', instruction_id,
       instruction_version, now() FROM steward.requests WHERE id = $2`,
    [randomUUID(), ref.requestId, target.key ? JSON.stringify(target.key) : null, target.column ?? null],
  );
}

describe('a package of texts in which others are named', () => {
  it('has them without the others, also where the person is only mentioned, and says in how many', async () => {
    const { entries, text, ofNotes, event } = await built(await fixture.fileRequest(ADA));
    const bodies = (JSON.parse(text('data/notes/crm.notes.json')) as { body: string }[]).map(({ body }) => body);
    expect(bodies).toContain(`Bob is ${TAKEN_OUT.email}, she is ${ADA}.`);
    expect(bodies).toContain(`ask ${ADA}`);
    for (const [path, content] of entries) expect(content.includes('bob@example.com'), path).toBe(false);
    expect(ofNotes).toMatchObject({ rows: 5, mixed: { rows: 1, takenOut: true } });
    expect(event).toMatchObject({ mixed: 1 });
    expect(text('README.txt').replaceAll(/\s+/g, ' ')).toContain(
      'In 1 record, e-mail addresses and phone numbers of other',
    );
    expect(text('index.html')).toContain('In 1 record, addresses and numbers of other people were taken out.');
  });

  it('has them as they are where the map says so, and the review can see in how many', async () => {
    const { text, ofNotes, event } = await built(await fixture.fileRequest(ADA), 'flag');
    expect(text('data/notes/crm.notes.csv')).toContain('bob@example.com');
    expect(ofNotes).toMatchObject({ mixed: { rows: 1, takenOut: false } });
    expect(event).toMatchObject({ mixed: 1 });
    expect(text('README.txt')).not.toContain('taken out');
  });
});

describe('a package of which something is kept back', () => {
  it('lacks the row, or the value, in every file and counts what it has', async () => {
    const ref = await fixture.fileRequest(ADA);
    await redact(ref, { key: { id: 5 } });
    await redact(ref, { key: { id: '1' }, column: 'body' });
    const { entries, text, ofNotes, event } = await built(ref);
    for (const [path, content] of entries) expect(/Bob is|Line two/.test(content.toString('utf8')), path).toBe(false);
    expect(JSON.parse(text('data/notes/crm.notes.json'))).toContainEqual({
      id: 1,
      contact_id: 1,
      body: null,
      written_at: expect.any(String),
    });
    expect(ofNotes).toMatchObject({ rows: 4, withheld: 1 });
    expect(event).toMatchObject({ withheld: 1 });
  });

  it('has no file of a collection that is kept back whole', async () => {
    const ref = await fixture.fileRequest(ADA);
    await redact(ref, {});
    const { entries, ofNotes } = await built(ref);
    expect([...entries.keys()].filter((path) => path.includes('crm.notes'))).toEqual([]);
    expect(ofNotes).toMatchObject({ rows: 0, withheld: 5 });
  });
});

describe('a portable package', () => {
  it('lacks what was made of what the person provided, and says so', async () => {
    const ref = await fixture.fileRequest(ADA);
    await fixture.own.pool.query(`UPDATE steward.requests SET type = 'portability' WHERE id = $1`, [ref.requestId]);
    const { text, collections } = await built(ref);
    expect(JSON.parse(text('data/contacts/crm.contacts.json'))).toEqual([
      { id: 1, email: ADA, name: 'Ada <b>Lovelace</b>' },
    ]);
    expect(collections[0]).toMatchObject({ derived: ['balance'], omitted: [] });
    expect(text('README.txt')).toContain('Contacts: Balance');
  });
});
