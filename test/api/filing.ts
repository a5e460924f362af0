/** Requests for tests: their bodies, and what becomes of them. */
import { randomUUID } from 'node:crypto';
import type { Reply, TestApi } from './api-fixture.ts';

export const ATTESTATION = { text: 'Export what is held.', attestedBy: 'Privacy desk' };

export const ONE_OFF = { source: 'support_request', attestation: ATTESTATION };

/** An access request for somebody new each time, so that no two bodies are equal by chance. */
export function accessRequest(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    type: 'access',
    regime: 'gdpr',
    receivedByControllerAt: new Date().toISOString(),
    identities: [{ type: 'email', value: `${randomUUID()}@example.test` }],
    ...more,
  };
}

export const pointersOf = ({ body }: Reply): readonly string[] => body.errors.map(({ pointer }) => pointer);

/** What the run of a request does to its row. */
export async function move(api: TestApi, id: string, status: string, outcome: string | null = null): Promise<void> {
  const ended = outcome === null ? 'NULL' : 'now()';
  await api.database.pool.query(
    `UPDATE steward.requests SET status = $2, outcome = $3, closed_at = ${ended}, waiting_since = now() WHERE id = $1`,
    [id, status, outcome],
  );
}
