/** Who a request asks about and where to look, read from Steward's database. */
import type { DataMap } from '../data-map/model.ts';
import { planAcross } from '../data-map/plan.ts';
import type { SearchOptions } from '../data-map/search-options.ts';
import { identityContext } from '../domain/contexts.ts';
import { InvalidDataMap, NotFound } from '../domain/errors.ts';
import { digestOf } from '../domain/identities.ts';
import type { Identity, IdentityFormat } from '../domain/identities.ts';
import type { Combination } from '../domain/request.ts';
import type { RequestRef } from '../domain/runs.ts';
import type { Transaction } from '../platform/database.ts';
import { openText } from '../platform/envelope.ts';
import type { KeyRing } from '../platform/keys.ts';
import { openDataKey } from '../platform/records/data-keys.ts';
import type { Search } from './plan-runner.ts';

export interface Inquiry {
  readonly dataKey: { readonly id: string; readonly bytes: Buffer };
  /** As they were given; those that are digests with the values that they were last found to stand for. */
  readonly identities: readonly Identity[];
  /** The person's other addresses and numbers, as far as they were found. */
  readonly own: readonly Identity[];
  readonly combine: Combination;
  /** A right to portability is one to what the person provided (GDPR Art. 20(1)). */
  readonly provided: boolean;
  /** By source of the data map that knows the workspace. */
  readonly tenantKeys: ReadonlyMap<string, string>;
}

/**
 * Throws NotFound; InvalidDataMap when no source of the map knows the workspace; SealBroken when the request's data key was
 * destroyed.
 */
export async function readInquiry(trx: Transaction, ring: KeyRing, map: DataMap, ref: RequestRef): Promise<Inquiry> {
  const row = await trx('requests')
    .where({ workspace_id: ref.workspaceId, id: ref.requestId })
    .first<{ type: string; combine: Combination; data_key_id: string } | undefined>('type', 'combine', 'data_key_id');
  if (!row) throw new NotFound(`There is no request ${ref.requestId}.`);
  const bytes = await openDataKey(trx, ring, ref.workspaceId, row.data_key_id);
  return {
    dataKey: { id: row.data_key_id, bytes },
    ...(await readIdentities(trx, bytes, ref)),
    combine: row.combine,
    provided: row.type === 'portability',
    tenantKeys: await readTenantKeys(trx, map, ref),
  };
}

/** Who a request is about, without where to look. Throws NotFound; SealBroken when the request's data key was destroyed. */
export async function readPerson(
  trx: Transaction,
  ring: KeyRing,
  ref: RequestRef,
): Promise<Pick<Inquiry, 'identities' | 'own'>> {
  const row = await trx('requests')
    .where({ workspace_id: ref.workspaceId, id: ref.requestId })
    .first<{ data_key_id: string } | undefined>('data_key_id');
  if (!row) throw new NotFound(`There is no request ${ref.requestId}.`);
  return readIdentities(trx, await openDataKey(trx, ring, ref.workspaceId, row.data_key_id), ref);
}

/** The search for everything of the person. Rows that weak identifiers find count when they are `confirmed`. */
export function searchOf(
  map: DataMap,
  { identities, own, combine, provided, tenantKeys }: Inquiry,
  options: Pick<SearchOptions, 'confirmed' | 'redactions'>,
): Search {
  const uncertain = [...new Set(identities.map(({ type }) => type))];
  const plan = planAcross(map, [...tenantKeys.keys()], identities, { ...options, combine, uncertain, own, provided });
  return { plan, tenantKeys };
}

interface IdentityRow {
  readonly type: string;
  readonly format: IdentityFormat;
  readonly sealed_value: Buffer;
}

interface LearnedRow {
  readonly identity_ordinal: number | null;
  readonly type: string;
  readonly sealed_value: Buffer;
}

async function readIdentities(
  trx: Transaction,
  dataKey: Buffer,
  ref: RequestRef,
): Promise<Pick<Inquiry, 'identities' | 'own'>> {
  const owner = { workspace_id: ref.workspaceId, request_id: ref.requestId };
  const given = await trx('request_identities')
    .where(owner)
    .orderBy('ordinal')
    .select<IdentityRow[]>('type', 'format', 'sealed_value');
  const learned = await trx('person_identifiers')
    .where(owner)
    .orderBy('ordinal')
    .select<LearnedRow[]>('identity_ordinal', 'type', 'sealed_value');
  const open = ({ sealed_value }: { readonly sealed_value: Buffer }) =>
    openText(dataKey, sealed_value, identityContext(ref.requestId));
  return {
    identities: given.map((row, ordinal): Identity => {
      const { type, format } = row;
      if (!digestOf({ format })) return { type, value: open(row) };
      const equals = learned.filter((each) => each.identity_ordinal === ordinal).map(open);
      return { type, format, value: open(row), equals };
    }),
    own: learned.filter((row) => row.identity_ordinal === null).map((row) => ({ type: row.type, value: open(row) })),
  };
}

async function readTenantKeys(
  trx: Transaction,
  map: DataMap,
  { workspaceId }: RequestRef,
): Promise<ReadonlyMap<string, string>> {
  const rows = await trx('workspace_sources')
    .where({ workspace_id: workspaceId })
    .select<{ source: string; tenant_key: string }[]>('source', 'tenant_key');
  const known = rows.filter(({ source }) => map.datasets.some((each) => each.source === source));
  if (known.length === 0) throw new InvalidDataMap(`No source of the data map knows the workspace ${workspaceId}.`);
  return new Map(known.map((row) => [row.source, row.tenant_key]));
}
