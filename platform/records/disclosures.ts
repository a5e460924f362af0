/** To whom a request's package was handed out, for which purpose, and whether it arrived. */
import type { DisclosurePurpose } from '../../domain/parties.ts';
import type { Database } from '../database.ts';
import type { Caller } from './caller.ts';
import { readPage } from './paging.ts';
import type { Page, PageRequest } from './paging.ts';
import { readRequest } from './requests.ts';

export interface DisclosureRecord {
  readonly id: string;
  readonly packageId: string;
  readonly linkId: string;
  readonly recipient: string;
  readonly purpose: DisclosurePurpose;
  readonly startedAt: Date;
  /** Null while it goes on, and for one that broke off. */
  readonly completedAt: Date | null;
  /** Handed out; null while it goes on. */
  readonly bytes: number | null;
}

interface DisclosureRow {
  readonly id: string;
  readonly package_id: string;
  readonly link_id: string;
  readonly recipient: string;
  readonly purpose: DisclosurePurpose;
  readonly created_at: Date;
  readonly completed_at: Date | null;
  readonly bytes: string | null;
}

/** Newest first. Throws NotFound when there is no such request. */
export async function listDisclosures(
  db: Database,
  caller: Caller,
  requestId: string,
  page: PageRequest,
): Promise<Page<DisclosureRecord>> {
  return db.withTenant(caller.workspaceId, async (trx) => {
    await readRequest(trx, caller, requestId);
    const all = trx('disclosures')
      .where({ workspace_id: caller.workspaceId })
      .whereIn('package_id', trx('packages').where({ request_id: requestId }).select('id'))
      // Those of version 0.1 have microseconds, which a page's position does not.
      .select('*', trx.raw(`date_trunc('milliseconds', started_at) AS created_at`));
    const query = trx.from(all.as('shown')).select('shown.*');
    const { rows, last } = await readPage<DisclosureRow>(query, 'shown', page);
    return { rows: rows.map(toRecord), last };
  });
}

function toRecord(row: DisclosureRow): DisclosureRecord {
  return {
    id: row.id,
    packageId: row.package_id,
    linkId: row.link_id,
    recipient: row.recipient,
    purpose: row.purpose,
    startedAt: row.created_at,
    completedAt: row.completed_at,
    bytes: row.bytes === null ? null : Number(row.bytes),
  };
}
