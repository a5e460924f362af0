/** A request that waits for the review of its matches, as its run leaves it in the database. */
import { hintContext } from '../../domain/contexts.ts';
import { sealText } from '../../platform/envelope.ts';
import { openDataKey } from '../../platform/records/data-keys.ts';
import type { TestApi } from './api-fixture.ts';
import { accessRequest, move } from './filing.ts';

export const HINT = { name: 'T. O.', identifiers: [{ type: 'phone_number', value: '…0101' }] };

export interface Matched {
  readonly id: string;
  readonly pending: readonly string[];
  readonly certain: string;
}

/** Two of its matches are uncertain, one is not. */
export async function awaitingMatchReview(api: TestApi): Promise<Matched> {
  const { body } = await api.call('POST', '/v1/requests', { body: accessRequest() });
  const { rows: requests } = await api.database.pool.query<{ data_key_id: string }>(
    'SELECT data_key_id FROM steward.requests WHERE id = $1',
    [body.id],
  );
  const { deps, workspaceId } = api;
  const dataKey = await deps.db.withTenant(workspaceId, (trx) =>
    openDataKey(trx, deps.ring, workspaceId, requests[0]?.data_key_id ?? ''),
  );
  const hint = sealText(dataKey, JSON.stringify(HINT), hintContext(body.id));
  const { rows } = await api.database.pool.query<{ id: string; review: string | null }>(
    `INSERT INTO steward.match_records (workspace_id, request_id, subject_id, source, collection, row_key, identity_ordinal,
       confidence, uncertain, review, sealed_hint, created_at)
     SELECT $1, $2, $2, 'crm', 'crm.contacts', jsonb_build_object('id', n::text), 0,
       CASE WHEN n < 3 THEN 'weak' ELSE 'exact' END, n < 3, CASE WHEN n < 3 THEN 'pending' END, CASE WHEN n < 3 THEN $3::bytea END,
       date_trunc('milliseconds', now())
       FROM generate_series(1, 3) n RETURNING id, review`,
    [workspaceId, body.id, hint],
  );
  await move(api, body.id, 'reviewing_matches');
  const certain = rows.find(({ review }) => review === null)?.id ?? '';
  return { id: body.id, certain, pending: rows.filter(({ review }) => review === 'pending').map((row) => row.id) };
}
