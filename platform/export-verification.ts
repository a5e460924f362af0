/**
 * Checks a downloaded export with the public keys alone: the signature over the manifest's exact bytes, and that the folder
 * holds every part that the manifest lists, each with its size and digest, and no part that it does not list. Constant
 * memory but for the manifest. Nothing in the folder is believed before it has been checked.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { JSONWebKeySet } from 'jose';
import { openPromise } from 'yauzl';
import { z } from 'zod';
import { InvalidInput, NotFound } from '../domain/errors.ts';
import { EXPORT_MANIFEST_FORMAT, exportPartName } from '../domain/export-manifest.ts';
import type { ExportManifest } from '../domain/export-manifest.ts';
import { MANIFEST_FILE, SIGNATURE_FILE } from '../domain/manifest.ts';
import { EXPORT_FORMATS } from '../domain/workspace-export.ts';
import type { PackageProblem } from './package-verification.ts';
import { SignatureInvalid, verifyDetached } from './signing.ts';

export interface ExportReport {
  readonly ok: boolean;
  readonly problems: readonly PackageProblem[];
  /** Undefined when there is none that can be read. Not to be believed unless `ok`. */
  readonly manifest: ExportManifest | undefined;
}

const MANIFEST_PART_FILE = /^steward-export-[0-9a-f-]{36}-part-00000\.zip$/;
/** A part takes about 300 bytes of the manifest; what is larger than this is no manifest of ours. */
const MAX_DOCUMENT_BYTES = 512 * 2 ** 20;

/**
 * Part 0 of an export, at `path` itself or in the folder that it is; undefined when there is none. Throws InvalidInput when
 * the folder has several exports, NotFound when there is no such file.
 */
export async function findExportManifest(path: string): Promise<string | undefined> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts) throw new NotFound(`The file ${path} cannot be opened.`);
  if (!facts.isDirectory()) return MANIFEST_PART_FILE.test(basename(path)) ? path : undefined;
  const [found, ...others] = (await readdir(path)).filter((name) => MANIFEST_PART_FILE.test(name));
  if (others.length > 0)
    throw new InvalidInput(`The folder ${path} has several exports; name the one to check by its part 0.`);
  return found === undefined ? undefined : join(path, found);
}

/** `manifestFile` is part 0; the other parts are looked for beside it. */
export async function verifyExport(manifestFile: string, publicKeys: JSONWebKeySet): Promise<ExportReport> {
  const problems: PackageProblem[] = [];
  const report = (path: string, what: string): void => void problems.push({ path, what });
  const documents = await readDocuments(manifestFile);
  if (documents === undefined) {
    report(basename(manifestFile), 'holds no manifest with its signature that can be read');
    return { ok: false, problems, manifest: undefined };
  }
  await verifyDetached(documents.manifest, parseJson(documents.signature), publicKeys).catch((error: unknown) => {
    if (!(error instanceof SignatureInvalid)) throw error;
    report(SIGNATURE_FILE, `does not prove the manifest: ${error.message}`);
  });
  const manifest = exportManifest.safeParse(parseJson(documents.manifest)).data;
  if (manifest === undefined) report(MANIFEST_FILE, 'is not a manifest of a known format');
  else {
    checkSums(manifest, report);
    await checkParts(dirname(manifestFile), manifest, report);
  }
  return { ok: problems.length === 0, problems, manifest };
}

type Report = (path: string, what: string) => void;

async function readDocuments(file: string): Promise<{ manifest: Buffer; signature: Buffer } | undefined> {
  const zip = await openPromise(file, { autoClose: false }).catch(() => undefined);
  if (!zip) return undefined;
  const found = new Map<string, Buffer>();
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== MANIFEST_FILE && entry.fileName !== SIGNATURE_FILE) continue;
      if (entry.uncompressedSize > MAX_DOCUMENT_BYTES) return undefined;
      found.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
    }
  } catch {
    return undefined;
  } finally {
    zip.close();
  }
  const [manifest, signature] = [found.get(MANIFEST_FILE), found.get(SIGNATURE_FILE)];
  return manifest && signature ? { manifest, signature } : undefined;
}

/** What the manifest says in two places must agree, and its parts be numbered without gaps. */
function checkSums({ exportId, parts, totals, collections }: ExportManifest, report: Report): void {
  const isNumbered = parts.every(
    ({ part, name }, index) => part === index + 1 && name === exportPartName(exportId, part),
  );
  if (!isNumbered) report(MANIFEST_FILE, 'does not number its parts from 1 without gaps');
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  if (parts.length !== totals.parts || rows !== totals.rows)
    report(MANIFEST_FILE, 'gives totals that are not the sums of its parts');
  for (const { source, collection, rows: expected } of collections) {
    const held = parts
      .filter((part) => part.source === source)
      .flatMap((part) => part.collections.filter((each) => each.collection === collection))
      .reduce((sum, each) => sum + each.rows, 0);
    if (held !== expected)
      report(MANIFEST_FILE, `lists ${held} rows of ${collection} in its parts instead of ${expected}`);
  }
}

async function checkParts(folder: string, { exportId, parts }: ExportManifest, report: Report): Promise<void> {
  for (const { name, bytes, sha256 } of parts) {
    const file = join(folder, basename(name));
    const facts = await stat(file).catch(() => undefined);
    if (!facts) report(name, 'is listed in the manifest and missing');
    else if (facts.size !== bytes) report(name, `has ${facts.size} bytes, not ${bytes} as the manifest says`);
    else if ((await digestOf(file)) !== sha256) report(name, 'was changed: its SHA-256 is not the one in the manifest');
  }
  const listed = new Set([exportPartName(exportId, 0), ...parts.map(({ name }) => name)]);
  for (const name of await readdir(folder)) {
    const isOurs = name.startsWith(`steward-export-${exportId}-`) && name.endsWith('.zip');
    if (isOurs && !listed.has(name)) report(name, 'is in the folder and not listed in the manifest');
  }
}

/** Lower-case hex. */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  const chunks: AsyncIterable<Buffer> = createReadStream(file);
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

const count = z.number().int().nonnegative();
const text = z.string();

const exportManifest: z.ZodType<ExportManifest> = z.object({
  format: z.literal(EXPORT_MANIFEST_FORMAT),
  exportId: z.uuid(),
  workspace: z.object({ id: text, name: text }),
  instruction: z.object({ id: text, version: count }),
  dataMapVersion: text,
  formats: z.array(z.enum(EXPORT_FORMATS)),
  createdAt: text,
  sources: z.array(z.object({ source: text, snapshotAt: text, restarts: count })),
  restarts: count,
  totals: z.object({ parts: count, rows: count, files: count, missingFiles: count, bytes: count }),
  collections: z.array(
    z.object({
      source: text,
      collection: text,
      label: text,
      kind: text,
      rows: count,
      parts: count,
      columns: z.array(text),
      omitted: z.array(text),
    }),
  ),
  leftOut: z.array(z.object({ source: text, collection: text, reason: text })),
  parts: z.array(
    z.object({
      part: count,
      name: text,
      source: text,
      collections: z.array(z.object({ collection: text, rows: count })),
      rows: count,
      files: count,
      bytes: count,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
  missing: z.array(z.object({ store: text, object: text })),
});
