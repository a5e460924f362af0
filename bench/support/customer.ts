/** Steward's side of a customer: what a suite files requests and exports with. */
import { randomUUID } from 'node:crypto';
import { SHOWCASE_PERSON, WORKSPACES } from '../../dev/sample-crm/people.ts';
import type { Scope } from '../../domain/parties.ts';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import { loadKeyRing } from '../../platform/key-ring.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { createApiKey, createWorkspace } from '../../platform/records/admin.ts';
import type { Caller } from '../../platform/records/caller.ts';
import type { Repeat } from '../../platform/records/repeats.ts';
import type { Site } from './site.ts';

export interface Customer {
  readonly app: Database;
  readonly worker: Database;
  readonly ring: KeyRing;
  readonly caller: Caller;
  close(): Promise<void>;
}

/** Registers the sample's workspaces and gives the first a key. */
export async function openCustomer({ home, databases }: Site, scopes: readonly Scope[]): Promise<Customer> {
  const ring = await loadKeyRing(home.path('keys.json'));
  const app = openDatabase(databases.steward_app, { maxConnections: 2 });
  const worker = openDatabase(databases.steward_worker, { maxConnections: 2 });
  for (const workspace of WORKSPACES) {
    await app.withPlatform((trx) => createWorkspace(trx, { ...workspace, sources: { crm: workspace.id } }));
  }
  const { workspaceId } = SHOWCASE_PERSON;
  const key = { name: 'a benchmark', party: 'controller', workspaceId, scopes } as const;
  const { principalId } = await app.withTenant(workspaceId, (trx) => createApiKey(trx, ring, key));
  return {
    app,
    worker,
    ring,
    caller: { workspaceId, principal: { ...key, id: principalId, teamId: undefined } },
    close: async () => {
      await Promise.all([app.close(), worker.close()]);
    },
  };
}

/** Every filing is one of its own. */
export const noRepeat = (): Repeat => ({ operation: 'a benchmark', key: randomUUID(), digests: [Buffer.alloc(32)] });

export function instructed() {
  const attestation = { text: 'Export it.', attestedBy: 'A benchmark', attestedAt: new Date() };
  return { source: 'support_request', attestation } as const;
}
