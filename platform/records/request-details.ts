/** What belongs to one request and is shown with it: counts, package and timeline. */
import { NotFound } from '../../domain/errors.ts';
import type { RequestStatus } from '../../domain/request.ts';
import type { Database, Transaction } from '../database.ts';
import type { Caller } from './caller.ts';
import { listLinks } from './links.ts';
import type { LinkRecord } from './links.ts';
import { findPackage } from './packages.ts';
import type { PackageRecord } from './packages.ts';
import { readRequest } from './requests.ts';
import type { RequestRecord } from './requests.ts';

/** How many rows of a collection were found to be the person's. */
interface CollectionCount {
  readonly source: string;
  readonly collection: string;
  readonly rows: number;
}

export interface RequestDetails extends RequestRecord {
  readonly counts: readonly CollectionCount[];
  readonly package: PackageRecord | null;
  readonly erasing: ErasingRecord | null;
}

/** How far the newest erasure of a request is. */
interface ErasingRecord {
  readonly rows: number;
  readonly of: number;
}

/** Throws NotFound. */
export async function readRequestDetails(db: Database, caller: Caller, id: string): Promise<RequestDetails> {
  return db.withTenant(caller.workspaceId, async (trx) => ({
    ...(await readRequest(trx, caller, id)),
    counts: await readCounts(trx, caller, id),
    package: (await findPackage(trx, caller, { request_id: id })) ?? null,
    erasing: await readErasing(trx, caller, id),
  }));
}

export interface PackageDetails extends PackageRecord {
  readonly counts: readonly CollectionCount[];
  readonly links: readonly LinkRecord[];
}

/** Throws NotFound while the request has no package. */
export async function readPackageOf(db: Database, caller: Caller, requestId: string): Promise<PackageDetails> {
  return db.withTenant(caller.workspaceId, async (trx) => {
    const found = await findPackage(trx, caller, { request_id: requestId });
    if (!found) throw new NotFound(`Request ${requestId} has no package.`);
    const counts = await readCounts(trx, caller, requestId);
    return { ...found, counts, links: await listLinks(trx, caller, found.id) };
  });
}

async function readCounts(trx: Transaction, { workspaceId }: Caller, requestId: string): Promise<CollectionCount[]> {
  const counts = await trx('request_counts')
    .where({ workspace_id: workspaceId, request_id: requestId })
    .orderBy(['source', 'collection'])
    .select<{ source: string; collection: string; rows: string }[]>('source', 'collection', 'rows');
  return counts.map((count) => ({ ...count, rows: Number(count.rows) }));
}

async function readErasing(
  trx: Transaction,
  { workspaceId }: Caller,
  requestId: string,
): Promise<ErasingRecord | null> {
  const row = await trx('erasures')
    .where({ workspace_id: workspaceId, request_id: requestId })
    .orderBy('ordinal', 'desc')
    .first<{ rows: string | null; of: string | null } | undefined>({ rows: 'erasing_rows', of: 'erasing_of' });
  return row === undefined || row.rows === null ? null : { rows: Number(row.rows), of: Number(row.of) };
}

export interface EventRecord {
  readonly at: Date;
  readonly kind: string;
  readonly status: RequestStatus | null;
  /** The principal's id; null for what Steward does by itself. */
  readonly actor: string | null;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

/** Everything that happened to a request, oldest first. Throws NotFound. */
export async function readTimeline(db: Database, caller: Caller, id: string): Promise<readonly EventRecord[]> {
  return db.withTenant(caller.workspaceId, async (trx) => {
    await readRequest(trx, caller, id);
    return trx('request_events')
      .where({ workspace_id: caller.workspaceId, request_id: id })
      .orderBy('id')
      .select<EventRecord[]>('at', 'kind', 'status', 'actor', 'details');
  });
}
