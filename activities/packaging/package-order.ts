/** What a package is to be made of, read from Steward's database: the request, who it is about, where to look. */
import type { DataMap } from '../../data-map/model.ts';
import { Conflict, NotFound } from '../../domain/errors.ts';
import type { Language } from '../../domain/languages.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Transaction } from '../../platform/database.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { readInquiry, searchOf } from '../inquiry.ts';
import { readConfirmed } from '../locating/match-records.ts';
import type { Search } from '../plan-runner.ts';
import { readPlanRedactions } from './supplements.ts';

export interface PackageOrder {
  readonly requestType: string;
  readonly regime: string;
  readonly instruction: { readonly id: string; readonly version: number };
  readonly workspace: { readonly id: string; readonly name: string };
  readonly language: Language;
  /** Where the controller is to be reached. */
  readonly contact: string;
  readonly ageRecipient: string | null;
  readonly dataKey: { readonly id: string; readonly bytes: Buffer };
  readonly search: Search;
}

interface OrderRow {
  readonly type: string;
  readonly regime: string;
  readonly instruction_id: string | null;
  readonly instruction_version: number | null;
  readonly age_recipient: string | null;
  readonly language: Language;
  readonly workspace_name: string;
  readonly contact: string;
}

/**
 * Throws NotFound; Conflict when the request has no instruction; InvalidDataMap when no source of the map knows the
 * workspace; SealBroken when the request's data key was destroyed.
 */
export async function readOrder(trx: Transaction, ring: KeyRing, map: DataMap, ref: RequestRef): Promise<PackageOrder> {
  const row = await trx('requests')
    .join('workspaces', { 'workspaces.id': 'requests.workspace_id' })
    .where({ 'requests.workspace_id': ref.workspaceId, 'requests.id': ref.requestId })
    .first<OrderRow | undefined>('requests.*', {
      workspace_name: 'workspaces.name',
      contact: 'workspaces.contact_email',
    });
  if (!row) throw new NotFound(`There is no request ${ref.requestId}.`);
  if (row.instruction_id === null || row.instruction_version === null) {
    throw new Conflict(`Request ${ref.requestId} has no instruction.`);
  }
  const inquiry = await readInquiry(trx, ring, map, ref);
  return {
    requestType: row.type,
    regime: row.regime,
    instruction: { id: row.instruction_id, version: row.instruction_version },
    workspace: { id: ref.workspaceId, name: row.workspace_name },
    language: row.language,
    contact: row.contact,
    ageRecipient: row.age_recipient,
    dataKey: inquiry.dataKey,
    search: searchOf(map, inquiry, {
      confirmed: await readConfirmed(trx, ref),
      redactions: await readPlanRedactions(trx, ref),
    }),
  };
}
