import { Readable } from 'node:stream';
import type { Context } from '@temporalio/activity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishExport } from '../../../activities/exporting/finish-export.ts';
import { withdrawExport } from '../../../activities/exporting/steer-export.ts';
import { writePart } from '../../../activities/exporting/write-part.ts';
import { FailureInterceptor } from '../../../activities/failures.ts';
import { SnapshotLost, Unavailable } from '../../../domain/errors.ts';
import type { ExportRef } from '../../../domain/workspace-export.ts';
import { readExport } from '../../../platform/records/workspace-exports.ts';
import type { ObjectStorage } from '../../../platform/storage/storage.ts';
import { createLogger } from '../../../platform/telemetry/logger.ts';
import { collection, field, key, mapOf, refers } from '../../data-map/fixtures.ts';
import { quietControl } from '../packaging/packaging-fixture.ts';
import { openExportFixture, rowsOf } from './export-fixture.ts';
import type { ExportFixture } from './export-fixture.ts';

const MAP = mapOf(
  collection('contacts', [key('id'), field('name'), field('email'), field('password_hash', { redact: 'name' })]),
  collection('notes', [key('contact'), key('at'), field('body'), field('extra')]),
  collection('plans', [key('id'), field('title')], { no_personal_data: true }),
  collection('files', [key('id'), field('object')], { media: [{ column: 'object', store: 'crm-media' }] }),
  collection('note_links', [key('id'), refers('contact', 'contacts.id', 'to'), field('url')], { tenant: null }),
  collection('countries', [key('code'), field('name')], { tenant: null }),
);

/** Some four megabytes of the workspace's, and as much of another's. */
const SCHEMA = `
  CREATE TABLE contacts (id uuid PRIMARY KEY, workspace_id text NOT NULL, name text, email text, password_hash text, added int DEFAULT 1);
  CREATE TABLE notes (contact uuid NOT NULL, at timestamptz NOT NULL, workspace_id text NOT NULL, body text, extra json,
                      PRIMARY KEY (contact, at));
  CREATE TABLE plans (id text PRIMARY KEY, workspace_id text NOT NULL, title text);
  CREATE TABLE files (id bigint PRIMARY KEY, workspace_id text NOT NULL, object text);
  CREATE TABLE note_links (id int PRIMARY KEY, contact uuid, url text);
  CREATE TABLE countries (code text PRIMARY KEY, name text);
  CREATE TABLE forgotten (id int);
  INSERT INTO contacts SELECT md5('c' || i)::uuid, CASE WHEN i % 2 = 0 THEN 'acme' ELSE 'other' END, 'Name ' || i,
    i || '@example.com', '$2b$10$secret' FROM generate_series(1, 4000) i;
  INSERT INTO notes SELECT c.id, timestamptz '2026-01-01' + n * interval '1.000001 seconds', c.workspace_id,
    repeat('word ', 60), E'{"a":\\n 1}' FROM contacts c, generate_series(1, 4) n;
  INSERT INTO plans VALUES ('basic', 'acme', 'Basic'), ('gold', 'other', 'Gold');
  INSERT INTO files SELECT i, 'acme', 'acme/' || (i % 5) || '.txt' FROM generate_series(1, 20) i;
  INSERT INTO files VALUES (100, 'other', 'other/secret.txt'), (101, 'acme', NULL), (102, 'acme', 'acme/gone.txt');
  INSERT INTO note_links SELECT row_number() OVER (ORDER BY id), id, workspace_id FROM contacts;
  INSERT INTO countries VALUES ('AT', 'Austria');`;

let fixture: ExportFixture;

beforeAll(async () => {
  fixture = await openExportFixture({ map: MAP, schema: SCHEMA });
  for (let i = 0; i < 5; i += 1) await fixture.putMedia(`acme/${i}.txt`, `file ${i}`);
  await fixture.putMedia('other/secret.txt', 'OTHER');
});

afterAll(() => fixture.close());

async function idsOf(sql: string): Promise<readonly string[]> {
  const { rows } = await fixture.source.pool.query<{ id: string }>(sql);
  return rows.map(({ id }) => id).toSorted();
}

describe('an export of a workspace', () => {
  it('holds every row of the workspace once, in parts, and none of another', async () => {
    const ref = await fixture.run();
    const entries = await fixture.entries(ref);
    const contacts = rowsOf(entries, 'crm.contacts');
    expect(contacts.map(({ id }) => String(id)).toSorted()).toEqual(
      await idsOf("SELECT id FROM contacts WHERE workspace_id = 'acme'"),
    );
    const notes = rowsOf(entries, 'crm.notes');
    expect(new Set(notes.map(({ contact, at }) => `${String(contact)} ${String(at)}`)).size).toBe(8000);
    expect(notes).toHaveLength(8000);
    expect(notes[0]?.extra).toEqual({ a: 1 });
    const everything = [...entries.values()].map(String).join('\n');
    expect(everything).not.toContain('"other"');
    expect(everything).not.toContain('OTHER');

    const manifest = await fixture.manifest(ref);
    expect(manifest.parts.length).toBeGreaterThan(3);
    expect(manifest.parts.map(({ part }) => part)).toEqual(manifest.parts.map((_, index) => index + 1));
    expect(manifest.totals).toMatchObject({ rows: 2000 + 8000 + 1 + 22 + 2000, files: 5, missingFiles: 1 });
    expect(manifest.missing).toEqual([{ store: 'crm-media', object: 'acme/gone.txt' }]);
    expect(String(entries.get('media/crm-media/acme/3.txt'))).toBe('file 3');
  });

  it('leaves out what the map redacts, unless it is asked for, and says so', async () => {
    const ref = await fixture.run();
    expect(rowsOf(await fixture.entries(ref), 'crm.contacts')[0]).not.toHaveProperty('password_hash');
    const { collections, leftOut } = await fixture.manifest(ref);
    expect(collections.find((each) => each.collection === 'crm.contacts')).toMatchObject({
      omitted: ['password_hash'],
      columns: ['id', 'workspace_id', 'name', 'email', 'added'],
    });
    expect(leftOut.map((each) => each.collection)).toEqual(['crm.countries', 'public.forgotten']);

    const whole = await fixture.run({ includeRedacted: true });
    expect(rowsOf(await fixture.entries(whole), 'crm.contacts')[0]).toHaveProperty('password_hash', '$2b$10$secret');
  });

  it('takes rows without a tenant column by the rows that they refer to', async () => {
    const links = rowsOf(await fixture.entries(await fixture.run()), 'crm.note_links');
    expect(links).toHaveLength(2000);
    expect(new Set(links.map(({ url }) => url))).toEqual(new Set(['acme']));
  });

  it('is as the source was at one moment, whatever is written meanwhile', async () => {
    const ref = await fixture.begin();
    const held = await fixture.hold(ref, 1);
    await fixture.source.pool.query(`
      INSERT INTO plans VALUES ('late', 'acme', 'Late');
      UPDATE plans SET title = 'Changed' WHERE id = 'basic';
      DELETE FROM files WHERE id = 20;`);
    const { parts } = await fixture.plan(held.ref);
    await fixture.source.pool.query("INSERT INTO plans VALUES ('later', 'acme', 'Later')");
    await fixture.writeParts(held.ref, 1, parts);
    await held.release();
    await finishExport(fixture.deps, ref, quietControl());
    const entries = await fixture.entries(ref);
    expect(rowsOf(entries, 'crm.plans')).toEqual([{ id: 'basic', workspace_id: 'acme', title: 'Basic' }]);
    expect(rowsOf(entries, 'crm.files')).toHaveLength(22);
    await fixture.source.pool.query(
      "DELETE FROM plans WHERE id LIKE 'late%'; INSERT INTO files VALUES (20, 'acme', 'acme/0.txt')",
    );
  });
});

describe('a snapshot that is lost', () => {
  it('ends its parts, and the source begins again with all of them, which is said', async () => {
    const ref = await fixture.begin();
    const first = await fixture.hold(ref, 1);
    await fixture.plan(first.ref);
    await fixture.writeParts(first.ref, 1, 2);
    await fixture.source.pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()",
    );
    expect(await first.ended).toBeInstanceOf(SnapshotLost);
    await expect(fixture.writeParts(first.ref, 3, 3)).rejects.toBeInstanceOf(SnapshotLost);
    // A second attempt to hold it does not open another snapshot under the same generation.
    await expect(fixture.hold(ref, 1)).rejects.toBeInstanceOf(SnapshotLost);

    await fixture.source.pool.query("UPDATE plans SET title = 'Second' WHERE id = 'basic'");
    const second = await fixture.hold(ref, 2);
    await expect(fixture.writeParts(first.ref, 1, 1)).rejects.toBeInstanceOf(SnapshotLost);
    const { parts } = await fixture.plan(second.ref);
    await fixture.writeParts(second.ref, 1, parts);
    await second.release();
    await finishExport(fixture.deps, ref, quietControl());

    const entries = await fixture.entries(ref);
    expect(rowsOf(entries, 'crm.contacts')).toHaveLength(2000);
    expect(rowsOf(entries, 'crm.plans')[0]).toMatchObject({ title: 'Second' });
    expect(await fixture.manifest(ref)).toMatchObject({ restarts: 1, sources: [{ source: 'crm', restarts: 1 }] });
    const shown = await readExport(fixture.app, fixture.caller, ref.exportId);
    expect(shown.restarts).toBe(1);
    expect(shown.events.find(({ kind }) => kind === 'source_restarted')?.details).toMatchObject({
      generation: 2,
      partsLost: 2,
    });
    expect((await storedKeys(ref)).filter((name) => name.includes('/crm/1/'))).toEqual([]);
  });

  it('cannot leave parts of two snapshots side by side: the database refuses it', async () => {
    const ref = await fixture.begin();
    const held = await fixture.hold(ref, 1);
    await fixture.plan(held.ref);
    const change = fixture.own.pool.query('UPDATE steward.export_sources SET generation = 2 WHERE export_id = $1', [
      ref.exportId,
    ]);
    await expect(change).rejects.toMatchObject({ code: '23503' });
    await held.release();
    await withdrawExport(fixture.deps, ref);
  });
});

describe('a part', () => {
  it('whose writer died is written again, alone, and nothing of the first attempt stays', async () => {
    const ref = await fixture.begin();
    const held = await fixture.hold(ref, 1);
    const { parts } = await fixture.plan(held.ref);
    await fixture.writeParts(held.ref, 1, 1);
    const stopped = { signal: AbortSignal.abort(new Error('killed')), beat: () => () => undefined };
    await expect(writePart(fixture.deps, { ...held.ref, ordinal: 2 }, stopped)).rejects.toThrow('killed');
    // What a worker that is killed leaves: an object that nothing names.
    await fixture.deps.storage.put(`exports/${ref.workspaceId}/${ref.exportId}/crm/1/2-left`, Readable.from(['half']));
    const before = await storedParts(ref.exportId);
    await fixture.writeParts(held.ref, 1, parts);
    expect((await storedParts(ref.exportId))[0]).toEqual(before[0]);
    await held.release();
    await finishExport(fixture.deps, ref, quietControl());
    // The parts and the manifest.
    expect(await storedKeys(ref)).toHaveLength(parts + 1);
  });

  it('that lacks a row of the snapshot, or is not there, keeps the manifest from being made', async () => {
    const ref = await fixture.begin();
    const held = await fixture.hold(ref, 1);
    const { parts } = await fixture.plan(held.ref);
    await fixture.writeParts(held.ref, 2, parts);
    await expect(finishExport(fixture.deps, ref, quietControl())).rejects.toThrow('Part 1');
    await fixture.writeParts(held.ref, 1, 1);
    await fixture.own.pool.query(
      `UPDATE steward.export_parts SET contents = jsonb_set(contents, '{slices,0,rows}', '1')
        WHERE export_id = $1 AND ordinal = 1`,
      [ref.exportId],
    );
    await expect(finishExport(fixture.deps, ref, quietControl())).rejects.toThrow(
      'rows of crm.contacts, the snapshot 2000',
    );
    await held.release();
    await withdrawExport(fixture.deps, ref);
  });
});

describe('an export that something is in the way of', () => {
  it('keeps no half part when the storage is full, and goes on when there is room again', async () => {
    const ref = await fixture.begin();
    const held = await fixture.hold(ref, 1);
    await fixture.plan(held.ref);
    const { storage } = fixture.deps;
    const full: ObjectStorage = Object.create(storage, {
      put: {
        value: (name: string, content: Readable) => {
          const failure = new Unavailable('The storage folder failed with ENOSPC.', { service: 'storage' });
          setTimeout(() => content.destroy(failure), 5);
          return storage.put(name, content);
        },
      },
    });
    const onFullDisk = { ...fixture.deps, storage: full };
    await expect(writePart(onFullDisk, { ...held.ref, ordinal: 1 }, quietControl())).rejects.toThrow('ENOSPC');
    expect(await storedKeys(ref)).toEqual([]);
    expect(await storedParts(ref.exportId)).toEqual([]);
    await fixture.writeParts(held.ref, 1, 1);
    expect(await storedParts(ref.exportId)).toHaveLength(1);
    await held.release();
    await withdrawExport(fixture.deps, ref);
  });

  it('shows what that is from the second attempt on, until it is over', async () => {
    const ref = await fixture.begin();
    const attempt = (number: number, next: () => Promise<void>) => {
      const context = {
        info: { attempt: number, activityType: 'exportPart' },
        cancellationSignal: new AbortController().signal,
      };
      const interceptor = new FailureInterceptor(context as Context, fixture.deps.db, createLogger('a test', 'silent'));
      return interceptor.execute({ args: [ref], headers: {} }, next);
    };
    const blockedBy = async () => (await readExport(fixture.app, fixture.caller, ref.exportId)).blockedBy;
    const away = () => Promise.reject(new Unavailable('The source crm is not reachable.', { service: 'source' }));
    await expect(attempt(1, away)).rejects.toThrow();
    expect(await blockedBy()).toBeNull();
    await expect(attempt(2, away)).rejects.toThrow();
    expect(await blockedBy()).toBe('source');
    await attempt(3, () => Promise.resolve());
    expect(await blockedBy()).toBeNull();
    await expect(attempt(2, () => Promise.reject(new SnapshotLost('It is lost.')))).rejects.toThrow();
    expect(await blockedBy()).toBeNull();
    await withdrawExport(fixture.deps, ref);
  });
});

describe('an export that is cancelled', () => {
  it('leaves nothing in the storage', async () => {
    const ref = await fixture.begin();
    const held = await fixture.hold(ref, 1);
    await fixture.plan(held.ref);
    await fixture.writeParts(held.ref, 1, 2);
    await held.release();
    expect(await withdrawExport(fixture.deps, ref)).toEqual({ status: 'cancelled' });
    expect(await storedKeys(ref)).toEqual([]);
    await expect(fixture.writeParts(held.ref, 3, 3)).rejects.toThrow('cancelled');
  });
});

async function storedKeys({ workspaceId, exportId }: ExportRef): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const entry of fixture.deps.storage.list(`exports/${workspaceId}/${exportId}/`)) found.push(entry.key);
  return found;
}

async function storedParts(exportId: string): Promise<readonly object[]> {
  const { rows } = await fixture.own.pool.query<object>(
    "SELECT ordinal, storage_key, stored_at FROM steward.export_parts WHERE export_id = $1 AND state = 'stored' ORDER BY ordinal",
    [exportId],
  );
  return rows;
}
