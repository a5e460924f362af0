/** Finds the person of a request in every mapped collection, and records how much there is and why it counts as theirs. */
import type { ClientBase } from 'pg';
import type { DataMap } from '../data-map/model.ts';
import { matches } from '../data-map/matches.ts';
import { planSearch } from '../data-map/plan.ts';
import type { PlannedCollection } from '../data-map/plan.ts';
import type { Identity } from '../domain/identities.ts';
import type { LocateResult, RequestRef } from '../domain/runs.ts';
import type { Database, Transaction } from '../platform/database.ts';
import type { KeyRing } from '../platform/keys.ts';
import { moveRequest, recordEvent } from '../platform/records/request-progress.ts';
import type { Sources } from '../platform/sources.ts';
import { currentControl } from './packaging/control.ts';
import { readOrder } from './packaging/package-order.ts';
import type { PackageOrder } from './packaging/package-order.ts';
import { withSnapshots } from './plan-runner.ts';

export interface LocateDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly map: DataMap;
  readonly sources: Sources;
}

export type LocateActivities = ReturnType<typeof createLocateActivities>;

interface Found {
  readonly counts: readonly { readonly source: string; readonly collection: string; readonly rows: number }[];
  readonly matches: readonly Match[];
}

interface Match {
  readonly source: string;
  readonly collection: string;
  readonly rowKey: Readonly<Record<string, unknown>>;
  readonly identityOrdinal: number;
  readonly confidence: 'exact' | 'probable';
}

/** An identifier that points at more rows of one collection than this is no identifier; the rest is not written down. */
const MATCHES_AT_MOST = 1_000;

export function createLocateActivities(deps: LocateDeps) {
  return {
    /** Throws Conflict when the request has moved on, as by a cancellation. */
    async locatePerson(ref: RequestRef): Promise<LocateResult> {
      const order = await deps.db.withTenant(ref.workspaceId, async (trx) => {
        await moveRequest(trx, ref, { to: 'locating' });
        return readOrder(trx, deps.ring, deps.map, ref);
      });
      const stopBeating = currentControl().beat(() => undefined);
      try {
        const found = await search(deps, order);
        await deps.db.withTenant(ref.workspaceId, (trx) => record(trx, ref, found));
        return summarise(found);
      } finally {
        stopBeating();
      }
    },
  };
}

async function search(deps: LocateDeps, { identities, search: what }: PackageOrder): Promise<Found> {
  return withSnapshots(deps.sources, what, async (snapshots) => {
    const found: Match[] = [];
    for (const { client, source, tenantKey } of snapshots) {
      found.push(...(await matchesOf(client, deps.map, source, tenantKey, identities)));
    }
    const counts = snapshots.flatMap(({ source, counts: each }) =>
      Object.entries(each).map(([collection, rows]) => ({ source, collection, rows })),
    );
    return { counts, matches: found };
  });
}

async function matchesOf(
  client: ClientBase,
  map: DataMap,
  source: string,
  tenantKey: string,
  identities: readonly Identity[],
): Promise<readonly Match[]> {
  const found: Match[] = [];
  for (const [identityOrdinal, identity] of identities.entries()) {
    for (const collection of planSearch(map, source, [identity]).collections) {
      for (const rowKey of await keysOf(client, collection, tenantKey)) {
        found.push({ source, collection: collection.ref, rowKey, identityOrdinal, confidence: confidenceOf(identity) });
      }
    }
  }
  return found;
}

async function keysOf(
  client: ClientBase,
  collection: PlannedCollection,
  tenantKey: string,
): Promise<readonly Match['rowKey'][]> {
  const statement = matches(collection, collection.seeds, tenantKey, MATCHES_AT_MOST);
  if (!statement) return [];
  const { rows } = await client.query<{ key: Match['rowKey'] }>({
    text: statement.text,
    values: [...statement.values],
  });
  return rows.map(({ key }) => key);
}

/** People share a phone more often than a mailbox. */
function confidenceOf({ type }: Identity): Match['confidence'] {
  return type === 'phone_number' ? 'probable' : 'exact';
}

/** A repeat replaces what an earlier attempt wrote. */
async function record(trx: Transaction, ref: RequestRef, found: Found): Promise<void> {
  const owner = { workspace_id: ref.workspaceId, request_id: ref.requestId };
  await trx('match_records').where(owner).delete();
  await trx('request_counts').where(owner).delete();
  if (found.counts.length > 0)
    await trx('request_counts').insert(found.counts.map((count) => ({ ...owner, ...count })));
  // Each request's person is a subject of their own until somebody merges two.
  const rows = found.matches.map(({ rowKey, identityOrdinal, ...match }) => ({
    ...owner,
    ...match,
    subject_id: ref.requestId,
    row_key: JSON.stringify(rowKey),
    identity_ordinal: identityOrdinal,
  }));
  if (rows.length > 0) await trx.batchInsert('match_records', rows, 500);
  await recordEvent(trx, ref, { kind: 'located', dedupe: 'located', details: { ...summarise(found) } });
}

function summarise({ counts }: Found): LocateResult {
  return {
    collections: counts.filter(({ rows }) => rows > 0).length,
    rows: counts.reduce((sum, { rows }) => sum + rows, 0),
  };
}
