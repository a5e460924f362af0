/** Steward's database, a source with two workspaces in it, and exports of one of them, stepped through without Temporal. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { fromBufferPromise } from 'yauzl';
import type { ExportDeps } from '../../../activities/exporting/export-facts.ts';
import { finishExport } from '../../../activities/exporting/finish-export.ts';
import { planParts } from '../../../activities/exporting/plan-parts.ts';
import { holdSnapshot } from '../../../activities/exporting/snapshot.ts';
import { beginExport, beginGeneration } from '../../../activities/exporting/steer-export.ts';
import { writePart } from '../../../activities/exporting/write-part.ts';
import { packageContext } from '../../../domain/contexts.ts';
import type { ExportManifest } from '../../../domain/export-manifest.ts';
import { MANIFEST_FILE } from '../../../domain/manifest.ts';
import type { ExportFormat, ExportRef, PartsPlan, SourceRef } from '../../../domain/workspace-export.ts';
import { openDatabase } from '../../../platform/database.ts';
import type { Database } from '../../../platform/database.ts';
import { createApiKey, createWorkspace } from '../../../platform/records/admin.ts';
import type { Caller } from '../../../platform/records/caller.ts';
import { openDataKey } from '../../../platform/records/data-keys.ts';
import { fileExport } from '../../../platform/records/workspace-exports.ts';
import type { ExportFiling } from '../../../platform/records/workspace-exports.ts';
import { openStream } from '../../../platform/sealed-stream.ts';
import { openSources } from '../../../platform/sources.ts';
import { openFolder } from '../../../platform/storage/folder.ts';
import { freshKeyRing } from '../../platform/fresh-key-ring.ts';
import { inRole, stewardDatabase, testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';
import type { DataMap } from '../../../data-map/model.ts';
import { quietControl } from '../packaging/packaging-fixture.ts';

interface HeldSnapshot {
  readonly ref: SourceRef;
  /** Settles when the snapshot is let go, with the error that it ended with. */
  readonly ended: Promise<unknown>;
  release(): Promise<void>;
}

export interface ExportFixture {
  readonly deps: ExportDeps;
  readonly app: Database;
  readonly caller: Caller;
  readonly own: TestDatabase;
  readonly source: TestDatabase;
  putMedia(key: string, content: string): Promise<void>;
  /** Files an export, and begins it. */
  begin(options?: {
    readonly formats?: readonly ExportFormat[];
    readonly includeRedacted?: boolean;
  }): Promise<ExportRef>;
  hold(ref: ExportRef, generation: number): Promise<HeldSnapshot>;
  plan(ref: SourceRef): Promise<PartsPlan>;
  writeParts(ref: SourceRef, from: number, to: number): Promise<void>;
  /** All of it, in one go. */
  run(options?: { readonly formats?: readonly ExportFormat[]; readonly includeRedacted?: boolean }): Promise<ExportRef>;
  /** Every entry of every part, by path, unpacked. */
  entries(ref: ExportRef): Promise<Map<string, Buffer>>;
  /** The parts as they are downloaded, by number. */
  downloads(ref: ExportRef): Promise<Map<number, Buffer>>;
  manifest(ref: ExportRef): Promise<ExportManifest>;
  close(): Promise<void>;
}

export interface FixtureOptions {
  readonly map: DataMap;
  /** Run in the source. */
  readonly schema: string;
  readonly partMib?: number;
}

export async function openExportFixture({ map, schema, partMib = 1 }: FixtureOptions): Promise<ExportFixture> {
  const home = await mkdtemp(join(tmpdir(), 'steward-exporting-'));
  const [storagePath, mediaPath] = [join(home, 'storage'), join(home, 'media')];
  await Promise.all([mkdir(storagePath), mkdir(mediaPath)]);
  const [own, source] = [await stewardDatabase(), await testDatabase()];
  await source.pool.query(schema);
  const app = openDatabase(inRole(own.url, 'steward_app'));
  const db = openDatabase(inRole(own.url, 'steward_worker'));
  const ring = await freshKeyRing();
  const sources = openSources([
    { name: 'crm', kind: 'postgres', url: source.url },
    { name: 'crm-media', kind: 'folder', path: mediaPath },
  ]);
  const deps: ExportDeps = {
    db,
    ring,
    map,
    sources,
    storage: openFolder(storagePath),
    packages: { keepDays: 30, linkDays: 7, maxDownloads: 5 },
    exports: { partMib, parallel: 2 },
  };
  const caller = await createCaller(app, ring);
  const opened: HeldSnapshot[] = [];
  const fixture: ExportFixture = {
    deps,
    app,
    caller,
    own,
    source,
    putMedia: async (object, content) => {
      await mkdir(dirname(join(mediaPath, object)), { recursive: true });
      await writeFile(join(mediaPath, object), content);
    },
    begin: async ({ formats = JSON_LINES, includeRedacted = false } = {}) => {
      const filing: ExportFiling = { formats, includeRedacted, instruction: INSTRUCTION };
      const repeat = { operation: 'a test', key: randomUUID(), digests: [Buffer.alloc(32)] } as const;
      const ref = {
        workspaceId: caller.workspaceId,
        exportId: await fileExport(app, ring, caller, filing, repeat),
      };
      await beginExport(deps, ref);
      return ref;
    },
    hold: async (ref, generation) => {
      const held = await hold(deps, { ...ref, source: 'crm', generation });
      opened.push(held);
      return held;
    },
    plan: (ref) => planParts(deps, ref, quietControl()),
    writeParts: async (ref, from, to) => {
      for (let ordinal = from; ordinal <= to; ordinal += 1) await writePart(deps, { ...ref, ordinal }, quietControl());
    },
    run: async (options) => {
      const ref = await fixture.begin(options);
      const held = await fixture.hold(ref, 1);
      let { parts } = await fixture.plan(held.ref);
      for (let ordinal = 1; ordinal <= parts; ordinal += 1)
        parts = Math.max(parts, (await writePart(deps, { ...held.ref, ordinal }, quietControl())).parts);
      await held.release();
      await finishExport(deps, ref, quietControl());
      return ref;
    },
    entries: async (ref) => {
      const found = new Map<string, Buffer>();
      for (const part of (await fixture.downloads(ref)).values()) await unzip(part, found);
      return found;
    },
    downloads: (ref) => downloadsOf(fixture, ref),
    manifest: async (ref) => {
      const entry = (await fixture.entries(ref)).get(MANIFEST_FILE);
      return JSON.parse(String(entry)) as ExportManifest;
    },
    close: async () => {
      await Promise.all(opened.map((held) => held.release()));
      await Promise.all([app.close(), db.close(), sources.close()]);
      await Promise.all([own.drop(), source.drop(), rm(home, { recursive: true })]);
    },
  };
  return fixture;
}

const JSON_LINES: readonly ExportFormat[] = ['jsonl'];

const INSTRUCTION = {
  source: 'support_request',
  attestation: { text: 'Give us our data back.', attestedBy: 'Privacy desk', attestedAt: new Date() },
} as const;

async function createCaller(app: Database, ring: ExportDeps['ring']): Promise<Caller> {
  const workspace = { name: 'Acme & Söhne', contactEmail: 'privacy@acme.example', timeZone: 'Europe/Vienna' };
  const workspaceId = await app.withPlatform((trx) => createWorkspace(trx, { ...workspace, sources: { crm: 'acme' } }));
  const wish = { name: 'a test', party: 'controller', workspaceId, scopes: ['workspaces:export'] } as const;
  const { principalId } = await app.withTenant(workspaceId, (trx) => createApiKey(trx, ring, wish));
  return { workspaceId, principal: { ...wish, id: principalId, teamId: undefined } };
}

async function hold(deps: ExportDeps, ref: SourceRef): Promise<HeldSnapshot> {
  await beginGeneration(deps, ref);
  const stop = new AbortController();
  const opened = Promise.withResolvers<void>();
  const holding = {
    signal: stop.signal,
    alive: () => undefined,
    opened: async () => opened.resolve(),
  };
  const held = holdSnapshot(deps, ref, holding);
  const ended = held.catch((error: unknown) => error);
  await Promise.race([opened.promise, held]);
  return {
    ref,
    ended,
    release: async () => {
      stop.abort();
      await ended;
    },
  };
}

async function downloadsOf({ deps }: ExportFixture, ref: ExportRef): Promise<Map<number, Buffer>> {
  const { rows, dataKey } = await deps.db.withTenant(ref.workspaceId, async (trx) => {
    const found = await trx('packages')
      .where({ export_id: ref.exportId })
      .orderBy('part')
      .select<{ id: string; part: number; storage_key: string; data_key_id: string }[]>('*');
    return { rows: found, dataKey: await openDataKey(trx, deps.ring, ref.workspaceId, found[0]?.data_key_id ?? '') };
  });
  const parts = new Map<number, Buffer>();
  for (const row of rows) {
    const { stream } = await deps.storage.get(row.storage_key);
    parts.set(row.part, await buffer(stream.pipe(openStream(dataKey, packageContext(row.id)))));
  }
  return parts;
}

async function unzip(part: Buffer, into: Map<string, Buffer>): Promise<void> {
  const zip = await fromBufferPromise(part);
  for await (const entry of zip.eachEntry()) {
    if (into.has(entry.fileName)) throw new Error(`${entry.fileName} is in two parts.`);
    const content = await buffer(await zip.openReadStreamPromise(entry));
    into.set(entry.fileName, entry.fileName.endsWith('.gz') ? gunzipSync(content) : content);
  }
}

type Row = Readonly<Record<string, unknown>>;

/** The rows of a collection in all its JSON Lines files. */
export function rowsOf(entries: ReadonlyMap<string, Buffer>, collection: string): readonly Row[] {
  return [...entries]
    .filter(([path]) => path.startsWith(`data/${collection}/`) && path.endsWith('.jsonl.gz'))
    .flatMap(([, content]) => content.toString('utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}
