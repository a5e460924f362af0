/** What a package is to be made of, read from Steward's database: the request, who it is about, where to look. */
import type { DataMap } from '../../data-map/model.ts';
import { planAcross } from '../../data-map/plan.ts';
import { identityContext } from '../../domain/contexts.ts';
import { Conflict, InvalidDataMap, NotFound } from '../../domain/errors.ts';
import type { Identity } from '../../domain/identities.ts';
import type { Language } from '../../domain/languages.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Transaction } from '../../platform/database.ts';
import { openText } from '../../platform/envelope.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { openDataKey } from '../../platform/records/data-keys.ts';
import type { Search } from '../plan-runner.ts';
import type { Supplements } from './contents.ts';

export interface PackageOrder extends Supplements {
  readonly requestType: string;
  readonly regime: string;
  readonly instruction: { readonly id: string; readonly version: number };
  readonly workspace: { readonly id: string; readonly name: string };
  readonly language: Language;
  /** Where the controller is to be reached. */
  readonly contact: string;
  readonly ageRecipient: string | null;
  readonly dataKey: { readonly id: string; readonly bytes: Buffer };
  readonly identities: readonly Identity[];
  readonly search: Search;
}

interface OrderRow {
  readonly type: string;
  readonly regime: string;
  readonly instruction_id: string | null;
  readonly instruction_version: number | null;
  readonly data_key_id: string;
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
  const dataKey = await openDataKey(trx, ring, ref.workspaceId, row.data_key_id);
  const identities = await readIdentities(trx, dataKey, ref);
  return {
    requestType: row.type,
    regime: row.regime,
    instruction: { id: row.instruction_id, version: row.instruction_version },
    workspace: { id: ref.workspaceId, name: row.workspace_name },
    language: row.language,
    contact: row.contact,
    ageRecipient: row.age_recipient,
    dataKey: { id: row.data_key_id, bytes: dataKey },
    identities,
    search: await readSearch(trx, map, ref, identities),
    attachments: [],
    redactions: [],
    manualSystems: [],
  };
}

async function readIdentities(trx: Transaction, dataKey: Buffer, ref: RequestRef): Promise<readonly Identity[]> {
  const rows = await trx('request_identities')
    .where({ workspace_id: ref.workspaceId, request_id: ref.requestId })
    .orderBy('ordinal')
    .select<{ type: string; sealed_value: Buffer }[]>('type', 'sealed_value');
  return rows.map(({ type, sealed_value: sealed }) => ({
    type,
    value: openText(dataKey, sealed, identityContext(ref.requestId)),
  }));
}

async function readSearch(
  trx: Transaction,
  map: DataMap,
  { workspaceId }: RequestRef,
  identities: readonly Identity[],
): Promise<Search> {
  const rows = await trx('workspace_sources')
    .where({ workspace_id: workspaceId })
    .select<{ source: string; tenant_key: string }[]>('source', 'tenant_key');
  const tenantKeys = new Map(rows.map((row) => [row.source, row.tenant_key]));
  const known = [...tenantKeys.keys()].filter((source) => map.datasets.some((each) => each.source === source));
  if (known.length === 0) throw new InvalidDataMap(`No source of the data map knows the workspace ${workspaceId}.`);
  return { plan: planAcross(map, known, identities), tenantKeys };
}
