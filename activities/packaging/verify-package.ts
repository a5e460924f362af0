/** Proves of a stored package that it opens with its key, is what was recorded, and agrees with its signed manifest. */
import { packageContext } from '../../domain/contexts.ts';
import { PackageBroken, SealBroken } from '../../domain/errors.ts';
import type { Manifest } from '../../domain/manifest.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Database } from '../../platform/database.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { ZIP_OPTIONS, verifyArchive } from '../../platform/package-verification.ts';
import type { PackageProblem } from '../../platform/package-verification.ts';
import { openDataKey } from '../../platform/records/data-keys.ts';
import { recordEvent } from '../../platform/records/request-progress.ts';
import type { PackageRow } from '../../platform/records/packages.ts';
import { openSealedZip } from '../../platform/sealed-object.ts';
import { publicKeySet } from '../../platform/signing.ts';
import { ObjectMissing } from '../../platform/storage/storage.ts';
import type { ObjectStorage } from '../../platform/storage/storage.ts';
import type { Control } from './control.ts';
import { digestStored } from './sealed-archive.ts';
import { findPackageOf } from './package-row.ts';

export interface VerifyDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly storage: ObjectStorage;
}

interface StoredPackage {
  readonly row: PackageRow;
  readonly dataKey: Buffer;
}

/**
 * Reads the stored bytes twice and writes nothing of them: once through, against the recorded digest, and once by the
 * archive's directory, against the manifest. Throws PackageBroken, which no repeat mends: the package has to be discarded
 * and built again.
 */
export async function verifyPackage(deps: VerifyDeps, ref: RequestRef, control: Control): Promise<void> {
  const stored = await readStored(deps, ref);
  const stopBeating = control.beat(() => ({ packageId: stored.row.id }));
  try {
    await verifyBytes(deps, stored, control.signal);
    await verifyContents(deps, stored, control.signal);
  } catch (error) {
    const isBroken = error instanceof SealBroken || error instanceof ObjectMissing;
    throw isBroken ? broken(stored.row, error.message) : error;
  } finally {
    stopBeating();
  }
  await recordVerified(deps, ref, stored.row);
}

async function readStored({ db, ring }: VerifyDeps, ref: RequestRef): Promise<StoredPackage> {
  return db.withTenant(ref.workspaceId, async (trx) => {
    const row = await findPackageOf(trx, ref);
    if (row?.status !== 'ready') throw new PackageBroken(`Request ${ref.requestId} has no package to verify.`);
    return { row, dataKey: await openDataKey(trx, ring, ref.workspaceId, row.data_key_id) };
  });
}

async function verifyBytes(
  { storage }: VerifyDeps,
  { row, dataKey }: StoredPackage,
  signal: AbortSignal,
): Promise<void> {
  const place = { storage, storageKey: row.storage_key, packageId: row.id, dataKey };
  const { bytes, sha256 } = await digestStored(place, signal);
  if (bytes !== Number(row.bytes) || sha256 !== row.sha256.toString('hex')) {
    throw broken(row, 'The stored bytes are not those that were recorded.');
  }
}

async function verifyContents(deps: VerifyDeps, { row, dataKey }: StoredPackage, signal: AbortSignal): Promise<void> {
  const { storage, ring } = deps;
  const object = { storage, key: row.storage_key, dataKey, context: packageContext(row.id), signal };
  const { ok, problems, manifest } = await verifyArchive(() => openSealedZip(object, ZIP_OPTIONS), publicKeySet(ring));
  signal.throwIfAborted();
  if (!ok || !manifest) throw broken(row, inWords(problems));
  if (!agrees(manifest, row)) throw broken(row, 'Its manifest counts otherwise than was recorded.');
}

function agrees({ packageId, totals }: Manifest, row: PackageRow): boolean {
  return (
    packageId === row.id &&
    totals.rows === Number(row.rows) &&
    totals.files === row.files &&
    totals.missingFiles === row.missing_files
  );
}

/** Says where the problems are by folder alone: names of files are somebody's. */
function inWords(problems: readonly PackageProblem[]): string {
  const places = new Set(problems.map(({ path }) => path.split('/')[0]));
  return `Problems: ${problems.length}, in ${[...places].join(', ')}.`;
}

const broken = ({ id }: PackageRow, why: string): Error =>
  new PackageBroken(`The package ${id} does not verify. ${why}`);

async function recordVerified({ db }: VerifyDeps, ref: RequestRef, row: PackageRow): Promise<void> {
  await db.withTenant(ref.workspaceId, (trx) =>
    recordEvent(trx, ref, {
      kind: 'package_verified',
      details: { packageId: row.id },
      dedupe: `package_verified:${row.storage_key}`,
    }),
  );
}
