/** A source dumped by pg_dump and restored by pg_restore, on a server of the version that this machine's programs are of. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackupManifest } from '../../../domain/backups.ts';
import { inDatabase } from '../../../platform/backups/connection.ts';
import { countDifferences } from '../../../platform/backups/counts.ts';
import { dumpSource } from '../../../platform/backups/dump-source.ts';
import { findPrograms } from '../../../platform/backups/programs.ts';
import { restoreSource } from '../../../platform/backups/restore-source.ts';
import { withScratchDatabase } from '../../../platform/backups/scratch.ts';
import { prefixOf } from '../../../platform/backups/sealed-parts.ts';
import type { BackupPlace } from '../../../platform/backups/sealed-parts.ts';
import type { KeyRing } from '../../../platform/keys.ts';
import { openFolder } from '../../../platform/storage/folder.ts';
import { startOtherPostgres } from '../../support/other-postgres.ts';
import type { OtherServer } from '../../support/other-postgres.ts';
import { freshKeyRing } from '../fresh-key-ring.ts';

const SECRET = 'Jane Roe of Harbour Street';

let server: OtherServer | undefined;
let home: string;
let ring: KeyRing;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'steward-dump-'));
  await mkdir(join(home, 'storage'));
  ring = await freshKeyRing();
  server = await startOtherPostgres();
});

afterAll(async () => {
  await server?.stop();
  await rm(home, { recursive: true });
});

const never = new AbortController().signal;

function newPlace(source: string): BackupPlace {
  const backupId = randomUUID();
  const keyId = ring.current('wrapping').id;
  return { storage: openFolder(join(home, 'storage')), ring, backupId, prefix: prefixOf(source, backupId), keyId };
}

const dump = (url: string, place: BackupPlace, programs?: string): Promise<BackupManifest> =>
  dumpSource({ source: 'crm', url, programs, place, expiresAt: new Date(), signal: never });

async function run(url: string, statement: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A source on the other server, where this machine has one. */
async function withSource(work: (url: string, admin: string) => Promise<void>): Promise<void> {
  // Where no server is installed beside the embedded one there is no program either, and that is said.
  if (server === undefined) return expect(findPrograms(1, undefined)).rejects.toMatchObject({ name: 'no-pg-dump' });
  const name = `source_${randomUUID().replaceAll('-', '')}`;
  await run(server.url, `CREATE DATABASE ${name}`);
  const url = inDatabase(server.url, name);
  await run(
    url,
    `CREATE SCHEMA app; CREATE TABLE app.people (id int PRIMARY KEY, name text);
     CREATE TABLE app."Odd names" (id int REFERENCES app.people);
     INSERT INTO app.people SELECT n, '${SECRET}' FROM generate_series(1, 2000) n;
     INSERT INTO app."Odd names" VALUES (7)`,
  );
  await work(url, server.url);
}

describe('a dump of a source', () => {
  it('comes back whole in an empty database', () =>
    withSource(async (url, admin) => {
      const place = newPlace('crm');
      const manifest = await dump(url, place);
      expect(manifest).toMatchObject({
        way: 'pg_dump',
        tables: [
          { table: '"app"."Odd names"', rows: 1 },
          { table: '"app"."people"', rows: 2000 },
        ],
        totals: { tables: 2, rows: 2001 },
      });
      await withScratchDatabase(admin, async (scratch) => {
        await restoreSource(scratch, place, manifest, undefined);
        expect(await countDifferences(scratch, manifest)).toEqual([]);
        await run(scratch, 'DELETE FROM app.people WHERE id = 8');
        expect(await countDifferences(scratch, manifest)).toEqual(['"app"."people"']);
      });
    }));

  it('is sealed, and not restored once it was altered', () =>
    withSource(async (url, admin) => {
      const place = newPlace('crm');
      const manifest = await dump(url, place);
      const file = join(home, 'storage', place.prefix, manifest.archive?.name ?? '');
      const bytes = await readFile(file);
      expect(bytes.includes(SECRET)).toBe(false);
      bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
      await writeFile(file, bytes);
      await withScratchDatabase(admin, (scratch) =>
        expect(restoreSource(scratch, place, manifest, undefined)).rejects.toMatchObject({ name: 'seal-broken' }),
      );
    }));

  it('is refused as a role that may not read everything', () =>
    withSource(async (url) => {
      const role = `reader_${randomUUID().replaceAll('-', '')}`;
      await run(url, `CREATE ROLE ${role} LOGIN`);
      const own = new URL(url);
      own.username = role;
      await expect(dump(own.href, newPlace('crm'))).rejects.toMatchObject({ code: '42501' });
    }));
});

describe('the programs', () => {
  it('are not taken for a server that is newer than they are', async () => {
    await expect(findPrograms(999, undefined)).rejects.toMatchObject({ name: 'no-pg-dump' });
    await expect(findPrograms(1, home)).rejects.toMatchObject({ name: 'no-pg-dump' });
  });
});
