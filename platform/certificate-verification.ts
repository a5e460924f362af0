/**
 * Checks a certificate with the public keys alone: the signature over its exact bytes, that it is of a format known here,
 * that what it says in several places agrees, and that the printed one is the one it names. Says what does not hold.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { JSONWebKeySet } from 'jose';
import { fromBufferPromise } from 'yauzl';
import { contradictionsIn } from '../domain/certificate/contradictions.ts';
import {
  CERTIFICATE_ARCHIVE_SUFFIX,
  CERTIFICATE_FILE,
  CERTIFICATE_PAPER_FILE,
  CERTIFICATE_SIGNATURE_FILE,
} from '../domain/certificate/format.ts';
import type { Certificate } from '../domain/certificate/format.ts';
import { NotFound } from '../domain/errors.ts';
import { packEntries } from './certificate-archive.ts';
import { parseCertificate } from './certificate-format.ts';
import type { PackageProblem } from './package-verification.ts';
import { SignatureInvalid, canonicalJws, verifyDetached } from './signing.ts';

export interface CertificateReport {
  readonly ok: boolean;
  readonly problems: readonly PackageProblem[];
  /** Undefined when there is none that can be read. Not to be believed unless `ok`. */
  readonly certificate: Certificate | undefined;
}

/** In this order. */
const FILES = [CERTIFICATE_FILE, CERTIFICATE_SIGNATURE_FILE, CERTIFICATE_PAPER_FILE] as const;

/** A certificate has some hundred kilobytes; what is larger than this is none of ours. */
const MAX_BYTES = 64 * 2 ** 20;

export type CertificateFiles = ReadonlyMap<string, Buffer>;

/** Where a zip has the name of its first entry. */
const FIRST_NAME = 30;

/** The archive at `path` when it is a certificate's; undefined when it is something else. Throws NotFound. */
export async function readCertificateArchive(path: string): Promise<Buffer | undefined> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts) throw new NotFound(`The file ${path} cannot be opened.`);
  if (!facts.isFile() || facts.size > MAX_BYTES) return undefined;
  const archive = await readFile(path);
  const first = archive.toString('latin1', FIRST_NAME, FIRST_NAME + CERTIFICATE_FILE.length);
  return path.endsWith(CERTIFICATE_ARCHIVE_SUFFIX) || first === CERTIFICATE_FILE ? archive : undefined;
}

/** The files of an archive by their names; undefined when it cannot be read, or has one twice. */
export async function unpackCertificate(archive: Buffer): Promise<CertificateFiles | undefined> {
  const files = new Map<string, Buffer>();
  const zip = await fromBufferPromise(archive, { autoClose: false }).catch(() => undefined);
  if (!zip) return undefined;
  try {
    for await (const entry of zip.eachEntry()) {
      if (files.has(entry.fileName) || entry.uncompressedSize > MAX_BYTES) return undefined;
      files.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
    }
    return files;
  } catch {
    return undefined;
  } finally {
    zip.close();
  }
}

export async function verifyCertificate(archive: Buffer, publicKeys: JSONWebKeySet): Promise<CertificateReport> {
  const files = await unpackCertificate(archive);
  if (!files) return reportOf([{ path: 'archive', what: 'is not a zip archive that can be read' }]);
  const [document, signature, paper] = FILES.map((name) => files.get(name));
  const strangers = [...files.keys()].filter((name) => !FILES.some((each) => each === name));
  const problems: PackageProblem[] = [
    ...FILES.filter((name) => !files.has(name)).map((path) => ({ path, what: 'is missing' })),
    ...strangers.map((name) => ({ path: printable(name), what: 'is in the archive and no part of a certificate' })),
  ];
  if (!document) return reportOf(problems);
  if (signature) problems.push(...(await signatureProblems(document, signature, publicKeys)));
  const certificate = parseCertificate(document);
  if (!certificate) problems.push({ path: CERTIFICATE_FILE, what: 'is not a certificate of a known format' });
  else {
    problems.push(...contradictionsIn(certificate).map((what) => ({ path: CERTIFICATE_FILE, what })));
    if (paper) problems.push(...paperProblems(certificate, paper));
  }
  if (problems.length === 0 && !archive.equals(packCertificate(files)))
    problems.push({ path: 'archive', what: 'is not the one that was issued: it was altered around its files' });
  return reportOf(problems, certificate);
}

/** The archive of a certificate's files. */
export function packCertificate(files: CertificateFiles): Buffer {
  return packEntries(FILES.map((name) => ({ name, content: files.get(name) ?? Buffer.alloc(0) })));
}

async function signatureProblems(
  document: Buffer,
  signature: Buffer,
  publicKeys: JSONWebKeySet,
): Promise<readonly PackageProblem[]> {
  const problem = (what: string): PackageProblem => ({ path: CERTIFICATE_SIGNATURE_FILE, what });
  const jws = canonicalJws(signature);
  if (jws === undefined) return [problem('does not prove the certificate: it is not written as signatures are')];
  try {
    await verifyDetached(document, jws, publicKeys);
    return [];
  } catch (error) {
    if (!(error instanceof SignatureInvalid)) throw error;
    return [problem(`does not prove the certificate: ${error.message}`)];
  }
}

function paperProblems({ paper }: Certificate, content: Buffer): readonly PackageProblem[] {
  const sha256 = createHash('sha256').update(content).digest('hex');
  if (content.length === paper.bytes && sha256 === paper.sha256) return [];
  return [{ path: CERTIFICATE_PAPER_FILE, what: 'was changed: it is not the one that the certificate names' }];
}

function reportOf(problems: readonly PackageProblem[], certificate?: Certificate): CertificateReport {
  return { ok: problems.length === 0, problems, certificate };
}

/** A name from a foreign archive goes to somebody's terminal. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '\u{FFFD}').slice(0, 300);
