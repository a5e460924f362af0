/**
 * Steward's workers and client with payloads as they are, in a namespace of their own on the shared Temporal server. What
 * encryption hides can be looked at here: that no payload holds personal data, and what a history consists of.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import './quiet-runtime.ts';
import { createWorkers, openDependencies } from '../../activities/workers.ts';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import type { Identity } from '../../domain/identities.ts';
import { Conflict } from '../../domain/errors.ts';
import type { ReleaseDecision } from '../../domain/release.ts';
import type { Release, RequestStatus } from '../../domain/request.ts';
import { loadConfig } from '../../platform/config.ts';
import { openDatabase } from '../../platform/database.ts';
import { deliverOutbox } from '../../platform/outbox.ts';
import type { Caller } from '../../platform/records/caller.ts';
import { checkIdentities } from '../../platform/records/identities.ts';
import { closeTask, listTasks } from '../../platform/records/manual-tasks.ts';
import { decideMatches, listMatches } from '../../platform/records/match-review.ts';
import { decideRelease } from '../../platform/records/releases.ts';
import { fileRequest } from '../../platform/records/request-filing.ts';
import { cancelRequest, instructRequest } from '../../platform/records/request-steering.ts';
import { fileExport } from '../../platform/records/workspace-exports.ts';
import type { Repeat } from '../../platform/records/repeats.ts';
import { createLogger } from '../../platform/telemetry/logger.ts';
import { openTemporal } from '../../platform/temporal/client.ts';
import type { Temporal } from '../../platform/temporal/client.ts';
import { prepareNamespace } from '../../platform/temporal/namespace.ts';

const PLAIN_NAMESPACE = 'plain';

export interface PlainNamespace {
  readonly temporal: Temporal;
  /** Files an access request whose run starts here; answers its id. */
  file(
    identities: readonly Identity[],
    options: { readonly instructed: boolean; readonly release?: Release },
  ): Promise<string>;
  /** Files an export of the whole workspace, whose run starts here; answers its id. */
  exportWorkspace(): Promise<string>;
  instruct(requestId: string): Promise<void>;
  /** Says of each search by hand that it found nothing. */
  closeTasks(requestId: string): Promise<void>;
  acceptMatches(requestId: string): Promise<void>;
  /** As soon as a package waits for it. */
  decideRelease(requestId: string, decision: ReleaseDecision): Promise<void>;
  cancel(requestId: string): Promise<void>;
  waitFor(requestId: string, status: RequestStatus): Promise<void>;
  close(): Promise<void>;
}

const CHOICE = {
  source: 'support_request',
  attestation: { text: 'Go ahead.', attestedBy: 'Privacy desk', attestedAt: new Date() },
} as const;

const oneCall = (): Repeat => ({ operation: 'test', key: randomUUID(), digests: [randomBytes(32)] });

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

  const { workspaceId } = SHOWCASE_PERSON;
  const caller: Caller = {
    workspaceId,
    principal: { id: principalId, party: 'processor', workspaceId: undefined, teamId: undefined, scopes: [] },
  };
  const controller: Caller = { workspaceId, principal: { ...caller.principal, party: 'controller', workspaceId } };
  /** At once, before the sweep of Steward's own worker would take the message for its own namespace. */
  const deliver = (requestId: string) => deliverOutbox(db, temporal, { workspaceId, requestId });
  return {
    temporal,
    file: async (identities, { instructed, release }) => {
      const filing = {
        type: 'access',
        regime: 'gdpr',
        regimeSource: 'a test',
        receivedByControllerAt: new Date(),
        identities: checkIdentities(identities, ['email', 'phone_number', 'external_id', 'archive_number']),
        instruction: instructed ? CHOICE : undefined,
        teamId: undefined,
        ageRecipient: undefined,
        release,
        note: undefined,
      } as const;
      const requestId = await fileRequest(db, deps.ring, caller, filing, oneCall());
      await deliver(requestId);
      return requestId;
    },
    exportWorkspace: async () => {
      const filing = { formats: ['jsonl'], includeRedacted: false, instruction: CHOICE } as const;
      const exportId = await fileExport(db, deps.ring, controller, filing, oneCall());
      await deliverOutbox(db, temporal, { workspaceId, exportId });
      return exportId;
    },
    instruct: async (requestId) => {
      await instructRequest(db, caller, requestId, CHOICE, oneCall());
      await deliver(requestId);
    },
    closeTasks: async (requestId) => {
      for (const { id } of await listTasks(db, deps.ring, caller, requestId))
        await closeTask(db, deps.ring, caller, requestId, id, { outcome: 'nothing_found' }, oneCall());
      await deliver(requestId);
    },
    acceptMatches: async (requestId) => {
      const page = { limit: 200, after: undefined };
      const { rows } = await listMatches(db, deps.ring, caller, requestId, 'pending', page);
      const decisions = rows.map(({ id }) => ({ matchId: id, decision: 'accepted' }) as const);
      await decideMatches(db, caller, requestId, decisions);
      await deliver(requestId);
    },
    decideRelease: async (requestId, decision) => {
      const wish = { decision, manifestSha256: undefined, instruction: undefined, note: undefined };
      for (;;) {
        const refusal = await decideRelease(db, controller, requestId, wish, oneCall()).catch(
          (error: unknown) => error,
        );
        if (refusal === undefined) break;
        if (!(refusal instanceof Conflict)) throw refusal;
        await delay(100);
      }
      await deliver(requestId);
    },
    cancel: async (requestId) => {
      await cancelRequest(db, caller, requestId, undefined);
      await deliver(requestId);
    },
    waitFor: async (requestId, status) => {
      for (;;) {
        const row = await db.withTenant(workspaceId, (trx) =>
          trx('requests').where({ id: requestId }).first<{ status: string }>('status'),
        );
        if (row.status === status) return;
        await delay(100);
      }
    },
    close: async () => {
      for (const worker of workers) worker.shutdown();
      await running;
      await Promise.all([connection.close(), temporal.close(), deps.close(), db.close()]);
    },
  };
}

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
