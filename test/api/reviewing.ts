/** What callers of the API do with a review, and what stands of it in the database. */
import type { Reply, TestApi } from './api-fixture.ts';
import { ATTESTATION } from './filing.ts';
import type { Planned } from './planned.ts';

/** `api` is opened by each test file before its first test. */
export function reviewCalls(api: () => TestApi) {
  const call: TestApi['call'] = (...parts) => api().call(...parts);
  return {
    look: (id: string, options = {}) => call('GET', `/v1/requests/${id}/review`, options),
    decisions: (id: string, query = '', options = {}) =>
      call('GET', `/v1/requests/${id}/review/decisions${query}`, options),
    approve: ({ requestId, generation }: Planned, options = {}, more = {}) =>
      call('POST', `/v1/requests/${requestId}/review/approve`, { body: { generation, ...more }, ...options }),
    reject: ({ requestId, generation }: Planned, options = {}, more = {}) =>
      call('POST', `/v1/requests/${requestId}/review/reject`, {
        body: { generation, reason: 'It was not the person who asked.', ...more },
        ...options,
      }),
    override: ({ requestId }: Planned, body: object, options = {}) =>
      call('POST', `/v1/requests/${requestId}/review/decisions`, {
        body: { reason: 'A dispute with Zebedee Quill.', ...body },
        ...options,
      }),
    withdraw: ({ requestId }: Planned, id: unknown, options = {}, query = '') =>
      call('DELETE', `/v1/requests/${requestId}/review/decisions/${String(id)}${query}`, options),
    /** The processor's people, in the same workspace. */
    ours: () => ({ key: api().adminKey, headers: { 'Steward-Workspace': api().workspaceId } }),
    standing: async (requestTypes = ['erasure']): Promise<string> => {
      const body = { source: 'terms', requestTypes, attestation: ATTESTATION };
      return (await call('POST', '/v1/instructions', { body })).body.id;
    },
    written: (planned: Planned) => written(api(), planned),
  };
}

export const overridesOf = ({ body }: Reply) =>
  body['overrides'] as readonly { readonly id: string; readonly kind: string }[];

/** How much stands of a request in the tables that people's words go into. */
async function written({ database }: TestApi, { requestId }: Planned): Promise<readonly number[]> {
  const { rows } = await database.pool.query<{ n: string }>(
    `SELECT count(*) AS n FROM steward.decision_approvals WHERE request_id = $1
     UNION ALL SELECT count(*) FROM steward.erasure_overrides o JOIN steward.erasures e ON e.id = o.erasure_id
       WHERE e.request_id = $1
     UNION ALL SELECT count(*) FROM steward.outbox WHERE request_id = $1
     UNION ALL SELECT count(*) FROM steward.audit_events WHERE subject_id = $1::text`,
    [requestId],
  );
  return rows.map(({ n }) => Number(n));
}
