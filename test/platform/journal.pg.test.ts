/** The numbered journal, as its writer and whoever comes after it see it. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import { destroyGoneKeys, copyDataKeys } from '../../platform/backups/key-copies.ts';
import { isBehindJournal, readHead } from '../../platform/journal/head.ts';
import { lastNumber, readNumbered, writeNumbered } from '../../platform/journal/numbered.ts';
import type { JournalPlaces } from '../../platform/journal/numbered.ts';
import { JournalAhead, writeJournalNotes } from '../../platform/journal/write.ts';
import { openFolder } from '../../platform/storage/folder.ts';
import { inRole } from '../support/database.ts';
import { openLocatingFixture } from '../activities/locating/locating-fixture.ts';
import type { LocatingFixture } from '../activities/locating/locating-fixture.ts';
import { collection, email, key, mapOf } from '../data-map/fixtures.ts';

const EMAIL = 'jane.roe@example.test';

let base: LocatingFixture;
let db: Database;
const homes: string[] = [];

beforeAll(async () => {
  base = await openLocatingFixture(mapOf(collection('contacts', [key('id'), email()])), 'SELECT 1');
  db = base.deps.db;
});

afterAll(async () => {
  await base.close();
  for (const home of homes) await rm(home, { recursive: true });
});

/** An empty storage, and a database that knows of nothing in it. */
async function begin(): Promise<JournalPlaces & { readonly home: string }> {
  const home = await mkdtemp(join(tmpdir(), 'steward-journal-'));
  homes.push(home);
  await base.own.pool.query('UPDATE steward.journal_head SET number = 0');
  await base.own.pool.query('DELETE FROM steward.journal_notes');
  await base.own.pool.query('UPDATE keys.data_keys SET copied_at = NULL');
  return { home, storage: openFolder(home), ring: base.deps.ring };
}

/** Ends a request, which is noted. */
async function withdraw(): Promise<string> {
  const { requestId } = await base.file([{ type: 'email', value: EMAIL }]);
  await base.own.pool.query(
    "UPDATE steward.requests SET status = 'cancelled', outcome = 'withdrawn', closed_at = now() WHERE id = $1",
    [requestId],
  );
  return requestId;
}

const notes = async () => (await base.own.pool.query('SELECT id FROM steward.journal_notes')).rows.length;

describe('the journal', () => {
  it('gets what was noted, with what it stands on, and the note goes', async () => {
    const places = await begin();
    const requestId = await withdraw();
    expect(await writeJournalNotes(db, places)).toBe(1);
    expect(await notes()).toBe(0);
    expect(await readHead(db)).toBe(1);
    const [entry] = (await readNumbered(places, 1)) ?? [];
    expect(entry).toMatchObject({ kind: 'request', subjectId: requestId, workspaceId: base.caller.workspaceId });
    const tables = entry?.rows.map(({ table }) => table);
    expect(tables).toEqual([
      'workspaces',
      'workspace_sources',
      'principals',
      'instructions',
      'requests',
      'request_identities',
    ]);
    expect(await writeJournalNotes(db, places)).toBe(0);
  });

  it('is sealed, and its keys have copies when it is written', async () => {
    const places = await begin();
    await withdraw();
    await writeJournalNotes(db, places);
    for (const name of await readdir(places.home, { recursive: true, withFileTypes: true }))
      if (name.isFile()) {
        const bytes = await readFile(join(name.parentPath, name.name));
        expect(bytes.includes(EMAIL) || bytes.includes('Harbour Homes'), name.name).toBe(false);
      }
    const { rows } = await base.own.pool.query(
      'SELECT FROM keys.data_keys WHERE copied_at IS NULL AND wrapped IS NOT NULL',
    );
    expect(rows).toEqual([]);
  });

  it('is the same when its writer had died between the object and its commit', async () => {
    const places = await begin();
    await withdraw();
    await base.own.pool.query('CREATE TABLE kept AS SELECT * FROM steward.journal_notes');
    await writeJournalNotes(db, places);
    await base.own.pool.query('INSERT INTO steward.journal_notes SELECT * FROM kept');
    await base.own.pool.query('DROP TABLE kept');
    await base.own.pool.query('UPDATE steward.journal_head SET number = 0');
    const later = await withdraw();
    expect(await isBehindJournal(db, places)).toBe(false);
    await writeJournalNotes(db, places);
    await writeJournalNotes(db, places);
    expect(await notes()).toBe(0);
    expect((await readNumbered(places, 1))?.length).toBe(1);
    expect((await readNumbered(places, 2))?.map(({ subjectId }) => subjectId)).toEqual([later]);
  });

  it('is not written on by a database that does not know its end', async () => {
    const places = await begin();
    await withdraw();
    await writeJournalNotes(db, places);
    await base.own.pool.query('UPDATE steward.journal_head SET number = 0');
    expect(await isBehindJournal(db, places)).toBe(true);
    await withdraw();
    await expect(writeJournalNotes(db, places)).rejects.toBeInstanceOf(JournalAhead);
    expect(await notes()).toBe(1);
  });

  it('puts rows back only while a restore is open', async () => {
    const app = openDatabase(inRole(base.own.url, 'steward_worker'));
    await expect(app.withPlatform((trx) => trx.raw("SELECT replay_rows('[]')"))).rejects.toMatchObject({
      code: '55000',
    });
    await app.close();
  });

  it('has an end that is found whatever is known of it', async () => {
    const places = await begin();
    const entry = {
      ...{ id: randomUUID(), kind: 'hold' as const, workspaceId: randomUUID(), subjectId: randomUUID() },
      ...{ at: new Date().toISOString(), rows: [] },
    };
    const objects = 40;
    for (let number = 1; number <= objects; number += 1) await writeNumbered(places, number, [entry]);
    expect(await writeNumbered(places, 7, [entry])).toBe(false);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: objects }), async (known) => {
        expect(await lastNumber(places.storage, known)).toBe(objects);
      }),
    );
  });

  it('does not open under another number', async () => {
    const places = await begin();
    await withdraw();
    await writeJournalNotes(db, places);
    const { stream } = await places.storage.get('journal/000000000001');
    await places.storage.put('journal/000000000002', stream);
    await expect(readNumbered(places, 2)).rejects.toMatchObject({ name: 'seal-broken' });
  });
});

describe('a data key that came back with a restore', () => {
  it('is destroyed again when its copy was', async () => {
    const places = await begin();
    const { requestId } = await base.file([{ type: 'email', value: EMAIL }]);
    await copyDataKeys(db, places.storage);
    const { rows } = await base.own.pool.query<{ id: string }>(
      'SELECT data_key_id AS id FROM steward.requests WHERE id = $1',
      [requestId],
    );
    const id = rows[0]?.id ?? '';
    await places.storage.delete(`data-keys/${base.caller.workspaceId}/${id}`);
    expect(await destroyGoneKeys(db, places.storage)).toBe(1);
    const left = await base.own.pool.query('SELECT wrapped FROM keys.data_keys WHERE id = $1', [id]);
    expect(left.rows).toEqual([{ wrapped: null }]);
  });
});
