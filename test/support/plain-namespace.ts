/**
 * Steward's workers and client with payloads as they are, in a namespace of their own on the shared Temporal server. What
 * encryption hides can be looked at here: that no payload holds personal data, and what a history consists of.
 */
import { Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import './quiet-runtime.ts';
import { createWorkers, openDependencies } from '../../activities/workers.ts';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import { SCOPES } from '../../domain/parties.ts';
import { loadConfig } from '../../platform/config.ts';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { deliverOutbox } from '../../platform/outbox.ts';
import type { OutboxOwner } from '../../platform/outbox.ts';
import { createApiKey } from '../../platform/records/admin.ts';
import type { Caller } from '../../platform/records/caller.ts';
import { createLogger } from '../../platform/telemetry/logger.ts';
import { openTemporal } from '../../platform/temporal/client.ts';
import type { Temporal } from '../../platform/temporal/client.ts';
import { prepareNamespace } from '../../platform/temporal/namespace.ts';

const PLAIN_NAMESPACE = 'plain';
const { workspaceId } = SHOWCASE_PERSON;

export interface PlainNamespace {
  readonly temporal: Temporal;
  /** As the API has it. */
  readonly db: Database;
  readonly ring: KeyRing;
  readonly processor: Caller;
  /** Two people of the customer, each of whom may do all that a controller may. */
  readonly people: readonly [Caller, Caller];
  /**
   * Sends what was left for Temporal, to this namespace. At once after it was written, before the sweep of Steward's own
   * worker would take the message for its own namespace.
   */
  deliver(owner: Owned): Promise<void>;
  close(): Promise<void>;
}

type Owned = OutboxOwner extends infer Owner ? (Owner extends unknown ? Omit<Owner, 'workspaceId'> : never) : never;

/** `configFile` is the running stack's; its own workers go on beside these, in their own namespace. */
export async function openPlainNamespace(configFile: string, principalId: string): Promise<PlainNamespace> {
  const config = loadConfig({ STEWARD_CONFIG: configFile });
  const settings = { ...config.temporal, namespace: PLAIN_NAMESPACE };
  await registerNamespace(settings.address, PLAIN_NAMESPACE);
  await prepareNamespace(settings);
  const deps = await openDependencies(config);
  const db = openDatabase(config.database.appUrl);
  const dataConverter = {};
  const temporal = openTemporal(settings, deps.ring, dataConverter);
  const connection = await NativeConnection.connect({ address: settings.address });
  const log = createLogger('plain', 'silent');
  const workers = await createWorkers({ connection, namespace: PLAIN_NAMESPACE, dataConverter, log }, deps);
  const running = Promise.all(workers.map((worker) => worker.run()));
  return {
    temporal,
    db,
    ring: deps.ring,
    processor: {
      workspaceId,
      principal: { id: principalId, party: 'processor', workspaceId: undefined, teamId: undefined, scopes: [] },
    },
    people: [await newPerson(db, deps.ring), await newPerson(db, deps.ring)],
    deliver: async (owner) => {
      await deliverOutbox(db, temporal, { workspaceId, ...owner });
    },
    close: async () => {
      for (const worker of workers) worker.shutdown();
      await running;
      await Promise.all([connection.close(), temporal.close(), deps.close(), db.close()]);
    },
  };
}

async function newPerson(db: Database, ring: KeyRing): Promise<Caller> {
  const wish = { name: 'a test', party: 'controller', workspaceId, scopes: PEOPLES_SCOPES } as const;
  const { principalId: id } = await db.withTenant(workspaceId, (trx) => createApiKey(trx, ring, wish));
  return { workspaceId, principal: { id, party: 'controller', workspaceId, teamId: undefined, scopes: wish.scopes } };
}

const PEOPLES_SCOPES = SCOPES.filter((scope) => scope !== 'payloads:decode');

/** The server takes a moment until a new namespace is known everywhere. */
export async function registerNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService
      .registerNamespace({
        namespace,
        workflowExecutionRetentionPeriod: { seconds: 86_400 as never, nanos: 0 },
      })
      .catch((error: unknown) => {
        if (!/already exists/i.test(String(error))) throw error;
      });
  } finally {
    await connection.close();
  }
}
