/** Links: expiring, counted capabilities to download a package. The token is shown once and kept as a keyed hash. */
import { randomBytes, randomUUID } from 'node:crypto';
import { Conflict, IdempotencyConflict, NotFound } from '../../domain/errors.ts';
import type { DisclosurePurpose } from '../../domain/parties.ts';
import type { Release, RequestStatus } from '../../domain/request.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import { lookupDigest } from '../pseudonyms.ts';
import type { Caller } from './caller.ts';
import { findLinkable, visiblePackages } from './packages.ts';
import { claimKey } from './repeats.ts';
import type { Repeat } from './repeats.ts';

export interface LinkRecord {
  readonly id: string;
  readonly packageId: string;
  readonly channel: 'api' | 'mail';
  /** Who it is for, in the words of who made it. */
  readonly recipient: string;
  readonly purpose: DisclosurePurpose;
  readonly maxDownloads: number;
  readonly downloads: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
}

/** What a link can be made for: to hand the package over, or to look at it before its release. */
export const LINK_PURPOSES = ['data_subject_request', 'release_review'] as const satisfies readonly DisclosurePurpose[];

export interface NewLink {
  readonly recipient: string;
  readonly purpose: (typeof LINK_PURPOSES)[number];
  readonly days: number;
  readonly maxDownloads: number;
}

interface LinkRow {
  readonly id: string;
  readonly package_id: string;
  readonly channel: LinkRecord['channel'];
  readonly recipient: string;
  readonly purpose: DisclosurePurpose;
  readonly max_downloads: number;
  readonly downloads: number;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly revoked_at: Date | null;
}

const DAY_MS = 86_400_000;

/**
 * Makes a link that ends with its package at the latest. Throws NotFound; Conflict when the package is no longer there to
 * be had; IdempotencyConflict for a repeat, for the token of the first cannot be shown again.
 */
export async function createLink(
  db: Database,
  ring: KeyRing,
  caller: Caller,
  packageId: string,
  link: NewLink,
  repeat: Repeat,
): Promise<{ readonly record: LinkRecord; readonly token: string }> {
  return db.withTenant(caller.workspaceId, async (trx) => {
    const id = randomUUID();
    const earlier = await claimKey(trx, caller, repeat, id);
    if (earlier !== undefined) throw tokenIsGone(earlier);
    const found = await findLinkable(trx, caller, packageId);
    if (!found) throw new NotFound(`There is no package ${packageId}.`);
    if (found.status !== 'ready') throw new Conflict(`The package is ${found.status}.`);
    const purpose = await purposeOf(trx, caller, found.requestId, link.purpose);
    const expiresAt = new Date(Math.min(Date.now() + link.days * DAY_MS, found.expiresAt.getTime()));
    const created = await insertLink(trx, ring, caller, { ...link, purpose, id, packageId, expiresAt });
    await appendAudit(trx, caller.workspaceId, {
      actor: caller.principal,
      action: 'link.created',
      subject: { kind: 'link', id },
      details: {
        packageId,
        purpose,
        expiresAt: expiresAt.toISOString(),
        maxDownloads: link.maxDownloads,
      },
    });
    return created;
  });
}

/** A workspace's export goes back to whom it belongs, and nobody reviews it first. */
async function purposeOf(
  trx: Transaction,
  caller: Caller,
  requestId: string | null,
  wished: NewLink['purpose'],
): Promise<DisclosurePurpose> {
  if (requestId !== null) {
    await requireReleased(trx, caller, requestId, wished);
    return wished;
  }
  if (wished === 'release_review') throw new Conflict('An export of a workspace has no release to review.');
  return 'return_to_controller';
}

/** Before its release a package is for those alone who decide on it; afterwards there is nothing left to review. */
async function requireReleased(
  trx: Transaction,
  { workspaceId }: Caller,
  requestId: string,
  purpose: NewLink['purpose'],
): Promise<void> {
  const { release, status } = await trx('requests')
    .where({ workspace_id: workspaceId, id: requestId })
    .forShare()
    .first<{ release: Release; status: RequestStatus }>('release', 'status');
  if (purpose === 'release_review') {
    if (status !== 'awaiting_release')
      throw new Conflict(`The request is ${status}: no package waits for its release.`);
  } else if (release === 'reviewed' && status !== 'delivering' && status !== 'completed') {
    throw new Conflict(
      'The package has not been released; a link with the purpose release_review lets you look at it.',
    );
  }
}

function tokenIsGone(resourceId: string): Error {
  return new IdempotencyConflict('This key has made a link already; its address was shown then and is not kept.', {
    resourceId,
  });
}

async function insertLink(
  trx: Transaction,
  ring: KeyRing,
  { workspaceId, principal }: Caller,
  link: Omit<NewLink, 'purpose'> & {
    readonly purpose: DisclosurePurpose;
    readonly id: string;
    readonly packageId: string;
    readonly expiresAt: Date;
  },
): Promise<{ readonly record: LinkRecord; readonly token: string }> {
  const token = randomBytes(32).toString('base64url');
  const { digest, keyId } = lookupDigest(ring, token);
  const [row] = await trx('links')
    .insert({
      id: link.id,
      workspace_id: workspaceId,
      package_id: link.packageId,
      token_digest: digest,
      digest_key_id: keyId,
      channel: 'api',
      recipient: link.recipient,
      purpose: link.purpose,
      max_downloads: link.maxDownloads,
      created_by: principal.id,
      expires_at: link.expiresAt,
    })
    .returning<LinkRow[]>('*');
  if (!row) throw new Error('A link was not written.');
  return { record: toRecord(row), token };
}

/** The links of a package, newest first. */
export async function listLinks(trx: Transaction, { workspaceId }: Caller, packageId: string): Promise<LinkRecord[]> {
  const rows = await trx('links')
    .where({ workspace_id: workspaceId, package_id: packageId })
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .select<LinkRow[]>('*');
  return rows.map(toRecord);
}

/** Throws NotFound when there is no such package. */
export async function readLinks(db: Database, caller: Caller, packageId: string): Promise<LinkRecord[]> {
  return db.withTenant(caller.workspaceId, async (trx) => {
    if (!(await findLinkable(trx, caller, packageId))) throw new NotFound(`There is no package ${packageId}.`);
    return listLinks(trx, caller, packageId);
  });
}

/** A link that was revoked before stays so. Throws NotFound. */
export async function revokeLink(db: Database, caller: Caller, id: string): Promise<void> {
  await db.withTenant(caller.workspaceId, async (trx) => {
    const link = await trx('links')
      .where({ workspace_id: caller.workspaceId, id })
      .whereIn('package_id', visiblePackages(trx, caller).select('id'))
      .forUpdate()
      .first<LinkRow | undefined>();
    if (!link) throw new NotFound(`There is no link ${id}.`);
    if (link.revoked_at) return;
    await trx('links').where({ workspace_id: caller.workspaceId, id }).update({ revoked_at: new Date() });
    await appendAudit(trx, caller.workspaceId, {
      actor: caller.principal,
      action: 'link.revoked',
      subject: { kind: 'link', id },
      details: { packageId: link.package_id },
    });
  });
}

function toRecord(row: LinkRow): LinkRecord {
  return {
    id: row.id,
    packageId: row.package_id,
    channel: row.channel,
    recipient: row.recipient,
    purpose: row.purpose,
    maxDownloads: row.max_downloads,
    downloads: row.downloads,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  };
}
