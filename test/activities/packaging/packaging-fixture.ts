/** Steward's database, a small source with its files, and a request for one of its people, ready to be packed. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ExportPackagingDeps } from '../../../activities/export-packaging.ts';
import type { Control } from '../../../activities/packaging/control.ts';
import { parseDataMap } from '../../../data-map/parse.ts';
import { packageContext } from '../../../domain/contexts.ts';
import { Unavailable } from '../../../domain/errors.ts';
import { canonicalIdentity } from '../../../domain/identities.ts';
import type { RequestRef } from '../../../domain/runs.ts';
import { openDatabase } from '../../../platform/database.ts';
import type { Database } from '../../../platform/database.ts';
import type { Mail, Mailer } from '../../../platform/mail.ts';
import { createApiKey, createWorkspace } from '../../../platform/records/admin.ts';
import type { Caller } from '../../../platform/records/caller.ts';
import { openDataKey } from '../../../platform/records/data-keys.ts';
import { fileRequest } from '../../../platform/records/request-filing.ts';
import { moveRequest } from '../../../platform/records/request-progress.ts';
import { openStream } from '../../../platform/sealed-stream.ts';
import { openSources } from '../../../platform/sources.ts';
import { openFolder } from '../../../platform/storage/folder.ts';
import { collection, dataset, email, field, key, mapFile, mapOf, refers } from '../../data-map/fixtures.ts';
import { freshKeyRing } from '../../platform/fresh-key-ring.ts';
import { openArchive } from './open-archive.ts';
import { inRole, stewardDatabase, testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';

export const ADA = 'ada@example.com';
export const NOBODY = 'nobody@example.com';

export interface PackagingFixture {
  readonly deps: ExportPackagingDeps;
  readonly own: TestDatabase;
  readonly source: TestDatabase;
  /** The root of the packages' storage. */
  readonly storagePath: string;
  readonly mails: Mail[];
  mailIsAway: boolean;
  putMedia(key: string, content: string): Promise<void>;
  /** A request that stands where its package is to be built. */
  fileRequest(email: string): Promise<RequestRef>;
  /** The stored archive, opened with its key: its entries by path. */
  openPackage(ref: RequestRef): Promise<Map<string, Buffer>>;
  events(ref: RequestRef): Promise<readonly string[]>;
  close(): Promise<void>;
}

const MAP = mapOf(
  collection(
    'contacts',
    [
      key('id'),
      email(),
      field('name', { steward: { label: 'Full name' } }),
      field('profile'),
      field('balance'),
      field('big'),
      field('born'),
      field('password_hash', { redact: 'name' }),
    ],
    { label: 'Contacts', kind: 'People' },
  ),
  collection('notes', [key('id'), refers('contact_id', 'contacts.id', 'from'), field('body'), field('written_at')], {
    label: 'Notes',
    kind: 'Activities',
  }),
  collection('files', [key('id'), refers('contact_id', 'contacts.id', 'from'), field('object'), field('title')], {
    label: 'Files',
    kind: 'Files',
    media: [{ column: 'object', store: 'crm-media', name_column: 'title' }],
  }),
  collection('invoices', [key('id'), refers('contact_id', 'contacts.id', 'from')], {
    label: 'Invoices',
    kind: 'Money',
  }),
);

/** Of the two sources only the first knows the workspace. */
export const MAP_WITH_SUPPORT = parseDataMap([
  mapFile(
    dataset([collection('contacts', [key('id'), email()], { label: 'Contacts' })]),
    dataset(
      [collection('tickets', [key('id'), email()], { label: 'Tickets' })],
      {},
      {
        fides_key: 'support',
        fides_meta: { steward: { source: 'support' } },
      },
    ),
  ),
]);

const SCHEMA = `
  CREATE TABLE contacts (id int PRIMARY KEY, workspace_id text NOT NULL, email text, name text, profile json,
                         balance numeric(12, 2), big bigint, born date, password_hash text);
  CREATE TABLE notes (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int, body text, written_at timestamptz);
  CREATE TABLE files (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int, object text, title text);
  CREATE TABLE invoices (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int);
  CREATE INDEX ON notes (contact_id);
  INSERT INTO contacts VALUES
    (1, 'acme', '${ADA}', 'Ada <b>Lovelace</b>', E'{"lines":\\n  ["one",\\r\\n "two"], "n": 1.50}', 12.50, 9007199254740993,
     '1815-12-10', '$2b$10$secret'),
    (2, 'other', '${ADA}', 'Ada elsewhere', NULL, 0, 0, NULL, NULL),
    (3, 'acme', 'bob@example.com', 'Bob', NULL, 0, 0, NULL, NULL);
  INSERT INTO notes VALUES
    (1, 'acme', 1, E'Line one\\nLine two, with "quotes"', '2026-03-05T10:20:30Z'),
    (2, 'acme', 1, '=HYPERLINK("https://evil.example")', '2026-03-05T10:20:31Z'),
    (3, 'acme', 1, 'שלום <script>alert(1)</script>', NULL),
    (4, 'acme', 3, 'about Bob', NULL);`;

export async function openPackagingFixture(): Promise<PackagingFixture> {
  const home = await mkdtemp(join(tmpdir(), 'steward-packaging-'));
  const [storagePath, mediaPath] = [join(home, 'storage'), join(home, 'media')];
  await Promise.all([mkdir(storagePath), mkdir(mediaPath)]);
  const [own, source] = [await stewardDatabase(), await testDatabase()];
  await source.pool.query(SCHEMA);
  const app = openDatabase(inRole(own.url, 'steward_app'));
  const db = openDatabase(inRole(own.url, 'steward_worker'));
  const ring = await freshKeyRing();
  const sources = openSources([
    { name: 'crm', kind: 'postgres', url: source.url },
    { name: 'crm-media', kind: 'folder', path: mediaPath },
  ]);
  const mails: Mail[] = [];
  const fixture: PackagingFixture = {
    deps: {
      db,
      ring,
      sources,
      map: MAP,
      storage: openFolder(storagePath),
      mailer: testMailer(mails, () => fixture.mailIsAway),
      packages: { keepDays: 30, linkDays: 7, maxDownloads: 5 },
      publicUrl: 'https://steward.example',
    },
    own,
    source,
    storagePath,
    mails,
    mailIsAway: false,
    putMedia: async (object, content) => {
      await mkdir(dirname(join(mediaPath, object)), { recursive: true });
      await writeFile(join(mediaPath, object), content);
    },
    fileRequest: (address) => fileAccessRequest(fixture, app, caller, address),
    openPackage: (ref) => openStoredPackage(fixture, ref),
    events: async (ref) => {
      const { rows } = await own.pool.query<{ kind: string }>(
        'SELECT kind FROM steward.request_events WHERE request_id = $1 ORDER BY id',
        [ref.requestId],
      );
      return rows.map(({ kind }) => kind);
    },
    close: async () => {
      await Promise.all([app.close(), db.close(), sources.close()]);
      await Promise.all([own.drop(), source.drop(), rm(home, { recursive: true })]);
    },
  };
  const caller = await createCaller(app, ring);
  return fixture;
}

async function createCaller(app: Database, ring: ExportPackagingDeps['ring']): Promise<Caller> {
  const workspace = { name: 'Acme & Söhne', contactEmail: 'privacy@acme.example', timeZone: 'Europe/Vienna' };
  const workspaceId = await app.withPlatform((trx) => createWorkspace(trx, { ...workspace, sources: { crm: 'acme' } }));
  const wish = { name: 'a test', party: 'controller', workspaceId, scopes: ['requests:write'] } as const;
  const { principalId } = await app.withTenant(workspaceId, (trx) => createApiKey(trx, ring, wish));
  return { workspaceId, principal: { ...wish, id: principalId, teamId: undefined } };
}

async function fileAccessRequest(
  { deps }: PackagingFixture,
  app: Database,
  caller: Caller,
  address: string,
): Promise<RequestRef> {
  const identity = { type: 'email', value: address };
  const requestId = await fileRequest(
    app,
    deps.ring,
    caller,
    {
      type: 'access',
      regime: 'gdpr',
      regimeSource: 'controller',
      receivedByControllerAt: new Date(),
      identities: [{ ...identity, canonical: canonicalIdentity(identity) ?? '' }],
      instruction: {
        source: 'support_request',
        attestation: { text: 'Export it.', attestedBy: 'Privacy desk', attestedAt: new Date() },
      },
    },
    { operation: 'a test', key: randomUUID(), digests: [Buffer.alloc(32)] },
  );
  const ref = { workspaceId: caller.workspaceId, requestId };
  await deps.db.withTenant(ref.workspaceId, (trx) => moveRequest(trx, ref, { to: 'locating' }));
  return ref;
}

async function openStoredPackage({ deps }: PackagingFixture, ref: RequestRef): Promise<Map<string, Buffer>> {
  const { row, dataKey } = await deps.db.withTenant(ref.workspaceId, async (trx) => {
    const found = await trx('packages')
      .where({ request_id: ref.requestId })
      .first<{ id: string; storage_key: string; data_key_id: string }>();
    return { row: found, dataKey: await openDataKey(trx, deps.ring, ref.workspaceId, found.data_key_id) };
  });
  const { stream } = await deps.storage.get(row.storage_key);
  return openArchive(stream.pipe(openStream(dataKey, packageContext(row.id))));
}

function testMailer(mails: Mail[], isAway: () => boolean): Mailer {
  const check = async (): Promise<void> => {
    if (isAway()) throw new Unavailable('The mail server is not reachable.', { service: 'mail' });
  };
  return {
    check,
    send: async (mail) => {
      await check();
      mails.push(mail);
    },
  };
}

/** An activity that nobody cancels. */
export function quietControl(): Control {
  return { signal: new AbortController().signal, beat: () => () => undefined };
}

/** The files of everything that is stored. */
export async function objectsOf({ storagePath }: PackagingFixture): Promise<readonly string[]> {
  const files = await readdir(storagePath, { recursive: true, withFileTypes: true });
  return files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
}
