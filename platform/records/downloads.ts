/**
 * Downloads by link. A download counts when its first byte is about to go, under the lock of the link's row, so that
 * however many come at once no more get through than the link allows.
 */
import { randomUUID } from 'node:crypto';
import { NotFound } from '../../domain/errors.ts';
import type { DisclosurePurpose } from '../../domain/parties.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import { lookupDigests } from '../pseudonyms.ts';
import { openDataKey } from './data-keys.ts';
import { whyGone } from './gone-links.ts';
import { recordExportEvent } from './export-progress.ts';
import { recordEvent } from './request-progress.ts';
import type { TimelineEvent } from './request-progress.ts';

/** What a link gives. */
export interface Offer {
  readonly workspaceId: string;
  readonly linkId: string;
  readonly packageId: string;
  /** Null for a part of an export. */
  readonly requestId: string | null;
  readonly exportId: string | null;
  readonly part: number | null;
  readonly storageKey: string;
  /** The key that downloads are encrypted to. */
  readonly ageRecipient: string | null;
}

/** A download that was counted. */
export interface Disclosure {
  readonly id: string;
  readonly offer: Offer;
  readonly purpose: DisclosurePurpose;
  /** 32 bytes. */
  readonly dataKey: Buffer;
}

/** Throws NotFound for a token that is no link's, LinkGone for one that is used up, over or revoked, or whose package is. */
export async function findOffer(db: Database, ring: KeyRing, token: string): Promise<Offer> {
  const link = /^[\w-]{20,100}$/.test(token) ? await findLink(db, ring, token) : undefined;
  if (!link) throw new NotFound('There is no such link.');
  return db.withTenant(link.workspace_id, async (trx) => {
    const row = await openLinks(trx, link.id).first<OfferRow | undefined>(OFFER_COLUMNS);
    if (!row) throw await whyGone(trx, link.id);
    return { ...row, workspaceId: link.workspace_id, linkId: link.id };
  });
}

/** Counts a download and records to whom the data goes and why. Throws LinkGone. */
export async function beginDownload(db: Database, ring: KeyRing, offer: Offer): Promise<Disclosure> {
  return db.withTenant(offer.workspaceId, async (trx) => {
    const link = await countDownload(trx, offer);
    const id = randomUUID();
    await trx('disclosures').insert({
      id,
      workspace_id: offer.workspaceId,
      package_id: offer.packageId,
      link_id: offer.linkId,
      recipient: link.recipient,
      purpose: link.purpose,
      started_at: new Date(),
    });
    const dataKey = await openDataKey(trx, ring, offer.workspaceId, link.data_key_id);
    const { purpose } = link;
    await auditDownload(trx, offer, 'package.download_started', { disclosureId: id, purpose });
    return { id, offer, purpose, dataKey };
  });
}

/** Records how much was sent, and whether that was all: the receipt, in the request's timeline and in the audit log. */
export async function endDownload(
  db: Database,
  { id, offer, purpose }: Disclosure,
  bytes: number,
  isWhole: boolean,
): Promise<void> {
  await db.withTenant(offer.workspaceId, async (trx) => {
    await trx('disclosures')
      .where({ workspace_id: offer.workspaceId, id })
      .update({ bytes, ...(isWhole ? { completed_at: new Date() } : {}) });
    const outcome = isWhole ? 'download_completed' : 'download_broken_off';
    const details = { disclosureId: id, purpose, bytes };
    await recordReceipt(trx, offer, { kind: outcome, details, dedupe: `${outcome}:${id}` });
    await auditDownload(trx, offer, `package.${outcome}`, details);
  });
}

async function recordReceipt(trx: Transaction, offer: Offer, event: TimelineEvent): Promise<void> {
  const { workspaceId, requestId, exportId } = offer;
  if (requestId !== null) await recordEvent(trx, { workspaceId, requestId }, event);
  else if (exportId !== null) await recordExportEvent(trx, { workspaceId, exportId }, event);
}

type OfferRow = Omit<Offer, 'workspaceId' | 'linkId'>;

const OFFER_COLUMNS = {
  packageId: 'packages.id',
  requestId: 'packages.request_id',
  exportId: 'packages.export_id',
  part: 'packages.part',
  storageKey: 'packages.storage_key',
  ageRecipient: 'packages.age_recipient',
};

interface FoundLink {
  readonly workspace_id: string;
  readonly id: string;
}

async function findLink(db: Database, ring: KeyRing, token: string): Promise<FoundLink | undefined> {
  const digests = lookupDigests(ring, token).map(({ digest }) => digest);
  return db.withPlatform(async (trx) => {
    for (const digest of digests) {
      const { rows } = await trx.raw<{ rows: FoundLink[] }>('SELECT * FROM steward.find_link(?)', [digest]);
      if (rows[0]) return rows[0];
    }
    return undefined;
  });
}

/** The link, if it still works, joined with its package. */
function openLinks(trx: Transaction, linkId: string) {
  return trx('links')
    .join('packages', { 'packages.workspace_id': 'links.workspace_id', 'packages.id': 'links.package_id' })
    .where({ 'links.id': linkId, 'packages.status': 'ready' })
    .whereNull('links.revoked_at')
    .whereRaw('links.downloads < links.max_downloads')
    .where('links.expires_at', '>', trx.fn.now())
    .where('packages.expires_at', '>', trx.fn.now());
}

interface CountedLink {
  readonly recipient: string;
  readonly purpose: DisclosurePurpose;
  readonly data_key_id: string;
}

async function countDownload(trx: Transaction, { linkId }: Offer): Promise<CountedLink> {
  const link = await openLinks(trx, linkId)
    .forUpdate('links')
    .first<CountedLink | undefined>('links.recipient', 'links.purpose', 'packages.data_key_id');
  if (!link) throw await whyGone(trx, linkId);
  await trx('links').where({ id: linkId }).increment('downloads');
  return link;
}

async function auditDownload(
  trx: Transaction,
  { workspaceId, linkId, packageId }: Offer,
  action: string,
  details: Readonly<Record<string, string | number>>,
): Promise<void> {
  await appendAudit(trx, workspaceId, {
    actor: { id: `link:${linkId}`, party: 'controller' },
    action,
    subject: { kind: 'package', id: packageId },
    details,
  });
}
