/** Hands a package over: a new link, mailed to the workspace's contact. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { RequestRef } from '../../domain/runs.ts';
import { STEWARD_ITSELF, appendAudit } from '../../platform/audit.ts';
import type { Config } from '../../platform/config.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { KeyRing } from '../../platform/keys.ts';
import type { Mailer } from '../../platform/mail.ts';
import { lookupDigest } from '../../platform/pseudonyms.ts';
import { recordEvent } from '../../platform/records/request-progress.ts';
import type { PackageRow } from '../../platform/records/packages.ts';
import { deliveryMail } from './delivery-mail.ts';
import type { Delivery } from './delivery-mail.ts';
import { readReadyPackage } from './package-row.ts';

export interface DeliverDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly mailer: Mailer;
  readonly packages: Config['packages'];
  readonly publicUrl: string;
}

const DAY_MS = 86_400_000;

interface Prepared {
  readonly packageId: string;
  readonly linkId: string;
  /** Of the event that says so. */
  readonly dedupe: string;
  readonly delivery: Delivery;
}

/**
 * A crash between sending and recording sends a second mail; its link then takes the place of the first one's. Throws
 * Unavailable while the mail server is away, before a link is made, and Conflict when there is no package that is ready.
 */
export async function deliverPackage(deps: DeliverDeps, ref: RequestRef): Promise<void> {
  await deps.mailer.check();
  const prepared = await deps.db.withTenant(ref.workspaceId, (trx) => prepare(deps, trx, ref));
  if (!prepared) return;
  await deps.mailer.send(deliveryMail(prepared.delivery));
  await deps.db.withTenant(ref.workspaceId, (trx) => recordDelivery(trx, ref, prepared));
}

/** Undefined when this package was delivered before. */
async function prepare(deps: DeliverDeps, trx: Transaction, ref: RequestRef): Promise<Prepared | undefined> {
  const row = await readReadyPackage(trx, ref);
  const dedupe = dedupeOf(row);
  if (await wasDelivered(trx, ref, dedupe)) return undefined;
  const facts = await readFacts(trx, ref);
  const link = await replaceMailLink(deps, trx, ref, row, facts.contact_email);
  const delivery: Delivery = {
    to: facts.contact_email,
    workspaceName: facts.name,
    timeZone: facts.time_zone,
    requestId: ref.requestId,
    requestType: facts.type,
    legalDueAt: facts.legal_due_at,
    contractualDueAt: facts.contractual_due_at,
    link: new URL(`/d/${link.token}`, deps.publicUrl).href,
    expiresAt: link.expiresAt,
    maxDownloads: deps.packages.maxDownloads,
    bytes: Number(row.bytes),
    rows: Number(row.rows),
    files: row.files,
    missingFiles: row.missing_files,
    ageEncrypted: row.age_recipient !== null,
  };
  return { packageId: row.id, linkId: link.id, dedupe, delivery };
}

/** A package that was built again after it had been thrown away is another one, under the same id. */
const dedupeOf = ({ storage_key: storageKey }: PackageRow): string => `delivered:${storageKey}`;

async function wasDelivered(trx: Transaction, ref: RequestRef, dedupe: string): Promise<boolean> {
  const found = await trx('request_events')
    .where({ workspace_id: ref.workspaceId, request_id: ref.requestId, dedupe })
    .first('id');
  return found !== undefined;
}

interface Facts {
  readonly type: string;
  readonly legal_due_at: Date;
  readonly contractual_due_at: Date;
  readonly name: string;
  readonly contact_email: string;
  readonly time_zone: string;
}

async function readFacts(trx: Transaction, ref: RequestRef): Promise<Facts> {
  return trx('requests')
    .join('workspaces', { 'workspaces.id': 'requests.workspace_id' })
    .where({ 'requests.workspace_id': ref.workspaceId, 'requests.id': ref.requestId })
    .first<Facts>('type', 'legal_due_at', 'contractual_due_at', 'name', 'contact_email', 'time_zone');
}

/** Only one link that was mailed works at a time. */
async function replaceMailLink(
  { ring, packages }: DeliverDeps,
  trx: Transaction,
  { workspaceId }: RequestRef,
  row: PackageRow,
  recipient: string,
): Promise<{ readonly id: string; readonly token: string; readonly expiresAt: Date }> {
  await trx('links')
    .where({ workspace_id: workspaceId, package_id: row.id, channel: 'mail' })
    .whereNull('revoked_at')
    .update({ revoked_at: new Date() });
  const id = randomUUID();
  const token = randomBytes(32).toString('base64url');
  const { digest, keyId } = lookupDigest(ring, token);
  const expiresAt = new Date(Date.now() + Math.min(packages.linkDays, packages.keepDays) * DAY_MS);
  await keepUntil(trx, workspaceId, row, expiresAt);
  await trx('links').insert({
    id,
    workspace_id: workspaceId,
    package_id: row.id,
    token_digest: digest,
    digest_key_id: keyId,
    channel: 'mail',
    recipient,
    max_downloads: packages.maxDownloads,
    expires_at: expiresAt,
  });
  return { id, token, expiresAt };
}

/** A package can have waited long, for its release or for the mail server; it is kept for as long as its link works. */
async function keepUntil(trx: Transaction, workspaceId: string, row: PackageRow, at: Date): Promise<void> {
  if (row.expires_at < at)
    await trx('packages').where({ workspace_id: workspaceId, id: row.id }).update({ expires_at: at });
}

async function recordDelivery(trx: Transaction, ref: RequestRef, prepared: Prepared): Promise<void> {
  const { packageId, linkId, dedupe, delivery } = prepared;
  await recordEvent(trx, ref, {
    kind: 'delivered',
    details: { packageId, linkId, channel: 'mail' },
    dedupe,
  });
  await appendAudit(trx, ref.workspaceId, {
    actor: STEWARD_ITSELF,
    action: 'link.mailed',
    subject: { kind: 'link', id: linkId },
    details: {
      packageId,
      requestId: ref.requestId,
      expiresAt: delivery.expiresAt.toISOString(),
      maxDownloads: delivery.maxDownloads,
    },
  });
}
