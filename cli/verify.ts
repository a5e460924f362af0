/** `steward verify FILE`: checks a package, an export's folder, a certificate or a retention report offline, with the public key alone. */
import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { InvalidConfiguration } from '../domain/errors.ts';
import { readCertificateArchive, verifyCertificate } from '../platform/certificate-verification.ts';
import type { CertificateReport } from '../platform/certificate-verification.ts';
import { findExportManifest, verifyExport } from '../platform/export-verification.ts';
import type { ExportReport } from '../platform/export-verification.ts';
import { verifyPackageFile } from '../platform/package-verification.ts';
import { readRetentionReportFile, verifyRetentionReport } from '../platform/retention-report-verification.ts';
import type { RetentionReportCheck } from '../platform/retention-report-verification.ts';
import { apiUrl } from './endpoints.ts';

export function verifyCommand(program: Command): void {
  program
    .command('verify')
    .description(
      'check a package, an export, a certificate or a retention report: its signature, every file or part against the manifest, every figure against the others',
    )
    .argument(
      '<file>',
      'the package or the certificate (.zip), the report (.json), or the folder with the parts of an export',
    )
    .option('--keys <file>', "the processor's public keys: a JSON Web Key Set, or one key as PEM")
    .option('--json', 'the report as JSON')
    .addHelpText('after', '\nWithout --keys the keys are read from the running stack of STEWARD_HOME.')
    .action(verify);
}

interface VerifyOptions {
  readonly keys?: string;
  readonly json?: boolean;
}

async function verify(file: string, options: VerifyOptions): Promise<void> {
  const manifestFile = await findExportManifest(file);
  if (manifestFile !== undefined) return reportExport(manifestFile, options);
  const keys = await keysOf(options);
  const certificate = await readCertificateArchive(file);
  if (certificate !== undefined) return reportCertificate(file, await verifyCertificate(certificate, keys), options);
  const retention = await readRetentionReportFile(file);
  if (retention !== undefined) return reportRetention(file, await verifyRetentionReport(retention, keys), options);
  const report = await verifyPackageFile(file, keys);
  if (options.json) console.log(JSON.stringify(report, null, 2));
  else console.log(inWords(file, report));
  if (!report.ok) process.exitCode = 1;
}

function reportCertificate(file: string, report: CertificateReport, { json }: VerifyOptions): void {
  console.log(json ? JSON.stringify(report, null, 2) : certificateInWords(file, report));
  if (!report.ok) process.exitCode = 1;
}

function reportRetention(file: string, check: RetentionReportCheck, { json }: VerifyOptions): void {
  console.log(json ? JSON.stringify(check, null, 2) : retentionInWords(file, check));
  if (!check.ok) process.exitCode = 1;
}

function retentionInWords(file: string, { ok, problems, report }: RetentionReportCheck): string {
  if (!ok || report === undefined)
    return [`${file} does NOT verify:`, ...problems.map(({ path, what }) => `  ${path}: ${what}`)].join('\n');
  const { reviewId, audience, asOf, totals, errors, holdsToReview } = report;
  return [
    `${file} verifies: the signature is good, and the figures agree.`,
    `  retention review ${reviewId} for the ${audience}, of what had ended by ${asOf}`,
    `  it says: ${totals.due} records due; ${totals.erased} erased, ${totals.retained} retained, ${totals.waiting} waiting for approval`,
    ...errors.map(({ recordClass, problem }) => `  not reviewed: ${recordClass ?? 'the workspace'} (${problem})`),
    ...(holdsToReview.length === 0 ? [] : [`  holds to be looked at: ${holdsToReview.join(', ')}`]),
  ].join('\n');
}

/** What a signed certificate says is the processor's claim; that erasure failed is one as well. */
function certificateInWords(file: string, { ok, problems, certificate }: CertificateReport): string {
  if (!ok || certificate === undefined)
    return [`${file} does NOT verify:`, ...problems.map(({ path, what }) => `  ${path}: ${what}`)].join('\n');
  const { certificateId, audience, issuedAt, request, result, totals, verification, retained, supersedes } =
    certificate;
  const kept = retained.items.length + Number(retained.undisclosed);
  return [
    `${file} verifies: the signature is good, the figures agree, and the printed one is the one that is signed.`,
    `  certificate ${certificateId} for the ${audience}, issued ${issuedAt}, of request ${request.id}`,
    `  it says: ${result}; ${totals.erased} records erased, ${totals.pseudonymised ?? 'some or none'} reduced, ${totals.objects} files removed, ${kept === 0 ? 'nothing' : 'some data'} kept`,
    ...(verification?.residuals ?? []).map(
      ({ kind, place, source, count }) => `  left: ${count} in ${place} of ${source} (${kind})`,
    ),
    ...(supersedes === null ? [] : [`  it takes the place of ${supersedes}`]),
  ].join('\n');
}

/** Checks an export by its part 0, says what was found, and sets the exit code. */
export async function reportExport(manifestFile: string, options: VerifyOptions): Promise<void> {
  const report = await verifyExport(manifestFile, await keysOf(options));
  console.log(options.json ? JSON.stringify(report, null, 2) : exportInWords(manifestFile, report));
  if (!report.ok) process.exitCode = 1;
}

function exportInWords(file: string, { ok, problems, manifest }: ExportReport): string {
  if (!ok || manifest === undefined) {
    return [`The export of ${file} does NOT verify:`, ...problems.map(({ path, what }) => `  ${path}: ${what}`)].join(
      '\n',
    );
  }
  const { exportId, createdAt, totals, restarts } = manifest;
  return [
    `The export verifies: the signature is good, and all ${totals.parts} parts are here as the manifest says.`,
    `  export ${exportId}, finished ${createdAt}, ${totals.rows} rows, ${totals.files} files, ${totals.missingFiles} missing, ${restarts} restarts`,
  ].join('\n');
}

async function keysOf({ keys }: VerifyOptions): Promise<JSONWebKeySet> {
  return keys === undefined ? keysOfRunningStack() : readKeys(keys);
}

function inWords(file: string, report: Awaited<ReturnType<typeof verifyPackageFile>>): string {
  if (!report.ok || report.manifest === undefined) {
    return [`${file} does NOT verify:`, ...report.problems.map(({ path, what }) => `  ${path}: ${what}`)].join('\n');
  }
  const { requestId, createdAt, totals, files, unreached = [] } = report.manifest;
  return [
    `${file} verifies: the signature is good, and all ${files.length} files are as the manifest says.`,
    `  request ${requestId}, packed ${createdAt}, ${totals.rows} records, ${totals.files} attached files, ${totals.missingFiles} missing`,
    ...unreached.map(({ source, collections }) => `  not searched: ${source} (${collections.join(', ')})`),
  ].join('\n');
}

async function readKeys(file: string): Promise<JSONWebKeySet> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new InvalidConfiguration(`The key file ${file} cannot be read.`);
  });
  if (!text.includes('-----BEGIN')) return JSON.parse(text) as JSONWebKeySet;
  const jwk = await exportJWK(createPublicKey(text));
  return { keys: [{ ...jwk, alg: 'EdDSA', kid: await calculateJwkThumbprint(jwk) }] };
}

async function keysOfRunningStack(): Promise<JSONWebKeySet> {
  const response = await fetch(new URL('/.well-known/jwks.json', await apiUrl()));
  return (await response.json()) as JSONWebKeySet;
}
