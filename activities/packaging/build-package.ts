/** Builds a request's package: found, packed, sealed and stored in one stream, then recorded. */
import { createHash, randomUUID } from 'node:crypto';
import { collectionsOf } from '../../data-map/model.ts';
import type { DataMap } from '../../data-map/model.ts';
import { textsIn } from '../../data-map/texts.ts';
import type { Language } from '../../domain/languages.ts';
import type { Manifest } from '../../domain/manifest.ts';
import type { PackageResult, RequestRef } from '../../domain/runs.ts';
import { STEWARD_ITSELF, appendAudit } from '../../platform/audit.ts';
import type { Config } from '../../platform/config.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { moveRequest, recordEvent } from '../../platform/records/request-progress.ts';
import type { Sources } from '../../platform/sources.ts';
import type { ObjectStorage } from '../../platform/storage/storage.ts';
import type { Search } from '../plan-runner.ts';
import type { PackageFacts, Supplements, UnreachedSource } from './contents.ts';
import type { Control } from './control.ts';
import { readOrder } from './package-order.ts';
import type { PackageOrder } from './package-order.ts';
import { readSupplements } from './supplements.ts';
import { findPackageOf, resultOf, savePackage } from './package-row.ts';
import { writePackage } from './package-writer.ts';
import { Progress } from './progress.ts';
import { storeArchive } from './sealed-archive.ts';
import type { ArchiveDigest } from './sealed-archive.ts';

export interface BuildDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly map: DataMap;
  readonly sources: Sources;
  readonly storage: ObjectStorage;
  readonly packages: Config['packages'];
}

const DAY_MS = 86_400_000;

/** A package in the making: nobody sees it before its row is written. */
interface Draft {
  readonly packageId: string;
  readonly storageKey: string;
  readonly createdAt: Date;
  readonly order: PackageOrder & Supplements;
}

interface Packed {
  readonly manifest: Manifest;
  readonly manifestSha256: Buffer;
  readonly archive: ArchiveDigest;
}

/**
 * Answers the package that the request has, or builds it. Of attempts that died nothing stays: the next one removes what
 * they stored. Throws Conflict when the request has moved on, as by a cancellation.
 */
export async function buildPackage(deps: BuildDeps, ref: RequestRef, control: Control): Promise<PackageResult> {
  const begun = await deps.db.withTenant(ref.workspaceId, (trx) => begin(deps, trx, ref));
  if ('finished' in begun) return begun.finished;
  const { draft } = begun;
  await removeLeavings(deps.storage, folderOf(ref));
  try {
    const packed = await pack(deps, ref, draft, control);
    return await finish(deps, ref, draft, packed);
  } catch (error) {
    await deps.storage.delete(draft.storageKey).catch(() => undefined);
    throw error;
  }
}

const folderOf = (ref: RequestRef): string => `packages/${ref.workspaceId}/${ref.requestId}/`;

async function begin(
  { ring, map, storage }: BuildDeps,
  trx: Transaction,
  ref: RequestRef,
): Promise<{ readonly finished: PackageResult } | { readonly draft: Draft }> {
  const earlier = await findPackageOf(trx, ref);
  if (earlier?.status === 'ready') return { finished: resultOf(earlier) };
  await moveRequest(trx, ref, { to: 'packaging' });
  const order = await readOrder(trx, ring, map, ref);
  const draft = {
    packageId: earlier?.id ?? randomUUID(),
    storageKey: `${folderOf(ref)}${randomUUID()}`,
    createdAt: new Date(),
    order: { ...order, ...(await readSupplements({ ring, map, storage }, trx, ref, order)) },
  };
  return { draft };
}

async function removeLeavings(storage: ObjectStorage, folder: string): Promise<void> {
  for await (const { key } of storage.list(folder)) await storage.delete(key);
}

async function pack(deps: BuildDeps, ref: RequestRef, draft: Draft, control: Control): Promise<Packed> {
  const { packageId, storageKey, createdAt, order } = draft;
  const place = { storage: deps.storage, storageKey, packageId, dataKey: order.dataKey.bytes };
  const { search, attachments, redactions, manualSystems } = order;
  const unreached = unreachedBy(search, deps.map, order.language);
  const work = { facts: factsOf(deps, ref, draft), search, unreached, attachments, redactions, manualSystems };
  const progress = new Progress();
  const { content, archive } = await storeArchive(place, {
    createdAt,
    control,
    report: (bytes) => progress.report(bytes),
    fill: (writer) => writePackage(writer, work, deps, { progress, signal: control.signal }),
  });
  const { manifest, document } = content;
  return { manifest, manifestSha256: createHash('sha256').update(document).digest(), archive };
}

function unreachedBy({ plan: { unreached } }: Search, map: DataMap, language: Language): readonly UnreachedSource[] {
  const known = collectionsOf(map);
  return unreached.map(({ source, collections }) => ({
    source,
    collections: known
      .filter(({ ref }) => collections.includes(ref))
      .map((each) => ({ collection: each.ref, label: textsIn(each, language).label })),
  }));
}

function factsOf({ map }: BuildDeps, ref: RequestRef, { packageId, createdAt, order }: Draft): PackageFacts {
  const { requestType, regime, workspace, instruction, language, contact } = order;
  return {
    packageId,
    requestId: ref.requestId,
    requestType,
    regime,
    workspace,
    instruction,
    language,
    contact,
    dataMapVersion: map.version,
    createdAt,
  };
}

/** The lock makes two attempts at once take turns: the first one's package stays, also when its worker was thought dead. */
async function finish(deps: BuildDeps, ref: RequestRef, draft: Draft, packed: Packed): Promise<PackageResult> {
  return deps.db.withTenant(ref.workspaceId, async (trx) => {
    await trx('requests').where({ workspace_id: ref.workspaceId, id: ref.requestId }).forUpdate().first('id');
    const other = await findPackageOf(trx, ref);
    if (other?.status === 'ready') {
      await deps.storage.delete(draft.storageKey);
      return resultOf(other);
    }
    await moveRequest(trx, ref, { to: 'packaging' });
    return record(deps, trx, ref, draft, packed);
  });
}

async function record(
  { ring, map, packages }: BuildDeps,
  trx: Transaction,
  ref: RequestRef,
  { packageId, storageKey, createdAt, order }: Draft,
  { manifest, manifestSha256, archive }: Packed,
): Promise<PackageResult> {
  const { rows, files, missingFiles } = manifest.totals;
  await savePackage(trx, ref, {
    id: packageId,
    storage_key: storageKey,
    data_key_id: order.dataKey.id,
    map_version: map.version,
    signing_key_id: ring.current('signing').id,
    manifest_sha256: manifestSha256,
    sha256: Buffer.from(archive.sha256, 'hex'),
    bytes: archive.bytes,
    rows,
    files,
    missing_files: missingFiles,
    age_recipient: order.ageRecipient,
    created_at: createdAt,
    expires_at: new Date(createdAt.getTime() + packages.keepDays * DAY_MS),
  });
  const left = leftOutIn(manifest);
  const details = { packageId, rows, files, missingFiles, bytes: archive.bytes, ...left };
  await recordEvent(trx, ref, { kind: 'package_built', details, dedupe: `package_built:${storageKey}` });
  await appendAudit(trx, ref.workspaceId, {
    actor: STEWARD_ITSELF,
    action: 'package.built',
    subject: { kind: 'package', id: packageId },
    instruction: order.instruction,
    details: { ...details, requestId: ref.requestId, sha256: archive.sha256, mapVersion: map.version },
  });
  return { packageId, rows, files, missingFiles, bytes: archive.bytes };
}

/** For the timeline: how many rows are kept back, and how many name other people. */
function leftOutIn({ collections }: Manifest): { readonly withheld?: number; readonly mixed?: number } {
  const withheld = collections.reduce((sum, each) => sum + (each.withheld ?? 0), 0);
  const mixed = collections.reduce((sum, each) => sum + (each.mixed?.rows ?? 0), 0);
  return { ...(withheld > 0 && { withheld }), ...(mixed > 0 && { mixed }) };
}
