/** Links: expiring, counted capabilities to download a package. The token is shown once and kept as a keyed hash. */
import { randomBytes, randomUUID } from 'node:crypto';
import { Conflict, IdempotencyConflict, NotFound } from '../../domain/errors.ts';
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
  readonly maxDownloads: number;
  readonly downloads: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
}

export interface NewLink {
  readonly recipient: string;
  readonly days: number;
  readonly maxDownloads: number;
}

interface LinkRow {
  readonly id: string;
  readonly package_id: string;
  readonly channel: LinkRecord['channel'];
  readonly recipient: string;
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
    const expiresAt = new Date(Math.min(Date.now() + link.days * DAY_MS, found.expiresAt.getTime()));
    const created = await insertLink(trx, ring, caller, { ...link, id, packageId, expiresAt });
    await appendAudit(trx, caller.workspaceId, {
      actor: caller.principal,
      action: 'link.created',
      subject: { kind: 'link', id },
      details: { packageId, expiresAt: expiresAt.toISOString(), maxDownloads: link.maxDownloads },
    });
    return created;
  });
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
  link: NewLink & { readonly id: string; readonly packageId: string; readonly expiresAt: Date },
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
    maxDownloads: row.max_downloads,
    downloads: row.downloads,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  };
}
