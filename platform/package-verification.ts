/**
 * Checks a package with the public keys alone: the signature over the manifest's exact bytes, and that the archive holds
 * the files that the manifest lists, with these sizes and digests, and no others. Constant memory, nothing is unpacked.
 *
 * The archive may come from anybody, so nothing in it is believed before it has been checked, and a broken one gives a
 * list of problems, not an exception.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { JSONWebKeySet } from 'jose';
import { openPromise, validateFileName } from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';
import { NotFound, StewardError } from '../domain/errors.ts';
import { MANIFEST_FILE, SIGNATURE_FILE } from '../domain/manifest.ts';
import type { Manifest, ManifestFile } from '../domain/manifest.ts';
import { parseManifest } from './manifest-format.ts';
import { SignatureInvalid, verifyDetached } from './signing.ts';

export interface PackageProblem {
  /** The entry that it is about; `archive` when it is about the whole. */
  readonly path: string;
  readonly what: string;
}

export interface VerificationReport {
  readonly ok: boolean;
  readonly problems: readonly PackageProblem[];
  /** Undefined when there is none that can be read. Not to be believed unless `ok`. */
  readonly manifest: Manifest | undefined;
}

/** How yauzl is opened: names as bytes, since with decoding it gives up at the first odd one. */
export const ZIP_OPTIONS = { decodeStrings: false, autoClose: false } as const;

const NOT_A_ZIP = 'is not a zip archive that can be read';

/** A manifest takes about 200 bytes a file; what is larger than this is no manifest of ours. */
const MAX_DOCUMENT_BYTES = 512 * 2 ** 20;

/** Throws NotFound when the file cannot be opened. */
export async function verifyPackageFile(path: string, publicKeys: JSONWebKeySet): Promise<VerificationReport> {
  await access(path, constants.R_OK).catch(() => {
    throw new NotFound(`The file ${path} cannot be opened.`);
  });
  return verifyArchive(() => openPromise(path, ZIP_OPTIONS), publicKeys);
}

/** The same for an archive that `openZip` opens, with ZIP_OPTIONS, from wherever it is. What the reader fails with is thrown. */
export async function verifyArchive(
  openZip: () => Promise<ZipFile>,
  publicKeys: JSONWebKeySet,
): Promise<VerificationReport> {
  const check = new ArchiveCheck(publicKeys);
  const manifest = await check.run(openZip);
  return { ok: check.problems.length === 0, problems: check.problems, manifest };
}

class ArchiveCheck {
  readonly problems: PackageProblem[] = [];
  private readonly publicKeys: JSONWebKeySet;
  private readonly entries = new Map<string, Entry>();

  constructor(publicKeys: JSONWebKeySet) {
    this.publicKeys = publicKeys;
  }

  async run(openZip: () => Promise<ZipFile>): Promise<Manifest | undefined> {
    const zip = await openZip().catch((error: unknown) => this.reportUnlessOurs('archive', NOT_A_ZIP, error));
    if (!zip) return undefined;
    try {
      await this.readDirectory(zip);
      return await this.checkContents(zip);
    } finally {
      zip.close();
    }
  }

  private async checkContents(zip: ZipFile): Promise<Manifest | undefined> {
    const document = await this.readDocument(zip, MANIFEST_FILE);
    const signature = await this.readDocument(zip, SIGNATURE_FILE);
    if (!document) return undefined;
    if (signature) await this.checkSignature(document, signature);
    const manifest = parseManifest(document);
    if (!manifest) this.report(MANIFEST_FILE, 'is not a manifest of a known format');
    else await this.checkFiles(zip, manifest);
    return manifest;
  }

  private async readDirectory(zip: ZipFile): Promise<void> {
    try {
      for await (const entry of zip.eachEntry()) this.addEntry(entry);
    } catch (error) {
      this.reportUnlessOurs('archive', 'has a directory that cannot be read', error);
    }
  }

  private addEntry(entry: Entry): void {
    const name = entry.fileNameRaw.toString('utf8');
    const unsafe = validateFileName(name);
    if (unsafe !== null || name.includes('\\'))
      this.report(name, 'has a name that leads out of the folder it is unpacked in');
    if (this.entries.has(name)) this.report(name, 'is in the archive more than once');
    this.entries.set(name, entry);
  }

  /** Reads a small entry whole. */
  private async readDocument(zip: ZipFile, path: string): Promise<Buffer | undefined> {
    const entry = this.entries.get(path);
    if (!entry) return this.report(path, 'is missing');
    if (entry.uncompressedSize > MAX_DOCUMENT_BYTES) return this.report(path, 'is too large to be read');
    const chunks: Buffer[] = [];
    return (await this.readEntry(zip, entry, (chunk) => chunks.push(chunk))) ? Buffer.concat(chunks) : undefined;
  }

  private async checkSignature(document: Buffer, signature: Buffer): Promise<void> {
    try {
      await verifyDetached(document, parseJson(signature), this.publicKeys);
    } catch (error) {
      if (!(error instanceof SignatureInvalid)) throw error;
      this.report(SIGNATURE_FILE, `does not prove the manifest: ${error.message}`);
    }
  }

  private async checkFiles(zip: ZipFile, manifest: Manifest): Promise<void> {
    const listed = new Set([MANIFEST_FILE, SIGNATURE_FILE]);
    for (const file of manifest.files) {
      if (listed.has(file.path)) this.report(file.path, 'is listed in the manifest more than once');
      listed.add(file.path);
      const entry = this.entries.get(file.path);
      if (entry) await this.checkFile(zip, entry, file);
      else this.report(file.path, 'is listed in the manifest and missing from the archive');
    }
    for (const path of this.entries.keys()) {
      if (!listed.has(path)) this.report(path, 'is in the archive and not listed in the manifest');
    }
    const rows = manifest.collections.reduce((sum, collection) => sum + collection.rows, 0);
    if (rows !== manifest.totals.rows)
      this.report(MANIFEST_FILE, 'gives a total of rows that is not the sum of its collections');
  }

  private async checkFile(zip: ZipFile, entry: Entry, file: ManifestFile): Promise<void> {
    const hash = createHash('sha256');
    let bytes = 0;
    const wasRead = await this.readEntry(zip, entry, (chunk) => {
      hash.update(chunk);
      bytes += chunk.length;
    });
    if (!wasRead) return;
    if (bytes !== file.bytes) this.report(file.path, `has ${bytes} bytes, not ${file.bytes} as the manifest says`);
    else if (hash.digest('hex') !== file.sha256)
      this.report(file.path, 'was changed: its SHA-256 is not the one in the manifest');
  }

  /** Answers whether the entry could be read to its end. */
  private async readEntry(zip: ZipFile, entry: Entry, take: (chunk: Buffer) => void): Promise<boolean> {
    const path = entry.fileNameRaw.toString('utf8');
    try {
      const { fileName } = await zip.readLocalFileHeaderPromise(entry);
      // Some unpackers go by the name before the content, others by the one in the directory.
      if (!fileName.equals(entry.fileNameRaw)) this.report(path, 'bears another name before its content');
      const content: AsyncIterable<Buffer> = await zip.openReadStreamPromise(entry);
      for await (const chunk of content) take(chunk);
      return true;
    } catch (error) {
      this.reportUnlessOurs(path, 'cannot be unpacked', error);
      return false;
    }
  }

  private report(path: string, what: string): undefined {
    this.problems.push({ path: printable(path), what });
  }

  /** Whatever a library says of a broken archive is a problem of the archive; a typed error is one of the storage. */
  private reportUnlessOurs(path: string, what: string, error: unknown): undefined {
    if (error instanceof StewardError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    this.report(path, `${what} (${printable(reason)})`);
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A name from a foreign archive goes to somebody's terminal. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '\u{FFFD}').slice(0, 300);
