/** Requests that stand where their package is to be built. */
import { randomUUID } from 'node:crypto';
import { WORKSPACES } from '../../dev/sample-crm/people.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { openDatabase } from '../../platform/database.ts';
import { loadKeyRing } from '../../platform/key-ring.ts';
import { createApiKey, createWorkspace } from '../../platform/records/admin.ts';
import { fileRequest } from '../../platform/records/request-filing.ts';
import { moveRequest } from '../../platform/records/request-progress.ts';
import type { Site } from '../support/site.ts';
import type { BenchPerson } from './people.ts';

export interface RequestDesk {
  file(person: BenchPerson): Promise<RequestRef>;
  close(): Promise<void>;
}

/** Registers the sample's workspaces and files on behalf of a customer. */
export async function openRequestDesk({ home, databases }: Site): Promise<RequestDesk> {
  const ring = await loadKeyRing(home.path('keys.json'));
  const app = openDatabase(databases.steward_app, { maxConnections: 2 });
  const worker = openDatabase(databases.steward_worker, { maxConnections: 2 });
  for (const workspace of WORKSPACES) {
    await app.withPlatform((trx) => createWorkspace(trx, { ...workspace, sources: { crm: workspace.id } }));
  }
  const key = { name: 'a benchmark', party: 'controller', scopes: ['requests:write'] } as const;
  return {
    file: async ({ email, workspaceId }) => {
      const wish = { ...key, workspaceId };
      const { principalId } = await app.withTenant(workspaceId, (trx) => createApiKey(trx, ring, wish));
      const caller = { workspaceId, principal: { ...wish, id: principalId, teamId: undefined } };
      const receivedByControllerAt = new Date();
      const attestation = { text: 'Export it.', attestedBy: 'A benchmark', attestedAt: receivedByControllerAt };
      const requestId = await fileRequest(
        app,
        ring,
        caller,
        {
          type: 'access',
          regime: 'gdpr',
          regimeSource: 'controller',
          receivedByControllerAt,
          identities: [{ type: 'email', value: email, canonical: email }],
          instruction: { source: 'support_request', attestation },
        },
        { operation: 'a benchmark', key: randomUUID(), digests: [Buffer.alloc(32)] },
      );
      const ref = { workspaceId, requestId };
      await worker.withTenant(workspaceId, (trx) => moveRequest(trx, ref, { to: 'locating' }));
      return ref;
    },
    close: async () => {
      await Promise.all([app.close(), worker.close()]);
    },
  };
}
