/** The way to Temporal for the API and the outbox: start and signal the runs of requests, exports and holds. */
import {
  Client,
  Connection,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../../domain/search-attributes.ts';
import {
  SCHEDULES,
  SIGNALS,
  TASK_QUEUES,
  WORKFLOWS,
  dataSubjectRequestId,
  holdPlacementId,
  holdReleaseId,
  workspaceExportId,
  workspaceRetentionId,
} from '../../domain/ids.ts';
import { StewardError, Unavailable } from '../../domain/errors.ts';
import { exportLine, holdLine, holdReleaseLine, requestLine, retentionLine } from '../../domain/summaries.ts';
import type { HoldRef } from '../../domain/holds.ts';
import type { RequestRun } from '../../domain/runs.ts';
import type { ExportRef } from '../../domain/workspace-export.ts';
import type { Config } from '../config.ts';
import type { KeyRing } from '../keys.ts';
import { dataConverter } from './data-converter.ts';

/** A start or a signal must answer within the time in which a caller of the API still waits. */
const CALL_DEADLINE_MS = 3_000;

export interface Temporal {
  readonly client: Client;
  /** Starts the run of a request; a run that is there already, or has ended, is no error. */
  startRequest(run: RequestRun): Promise<void>;
  /** Tells a run that the database has news; a run that has ended does not need to know. `continues` as in RequestRun. */
  signalRequest(requestId: string, signal: keyof typeof SIGNALS, continues?: number): Promise<void>;
  /** Starts the comparison of the data map with the sources out of turn; one that waits for its next look gives way. */
  checkDataMap(): Promise<void>;
  /** Starts a round of backups, or their trial restore, out of turn. */
  runBackups(what: 'backup' | 'backupDrill'): Promise<void>;
  /** The same for the run of an export. */
  startExport(ref: ExportRef): Promise<void>;
  signalExport(exportId: string, signal: keyof typeof SIGNALS): Promise<void>;
  /** The same for the runs of a hold: one that tells the sources of it, and one after its release. */
  startHoldPlacement(ref: HoldRef): Promise<void>;
  startHoldRelease(ref: HoldRef): Promise<void>;
  /** Starts the retention review of a workspace, or tells the one that runs to look once more when it is done. */
  reviewRetention(workspaceId: string): Promise<void>;
  /** Starts the one of all workspaces out of turn, unless it runs. */
  reviewAllRetention(): Promise<void>;
  /** Throws Unavailable when the server does not answer. */
  health(): Promise<void>;
  close(): Promise<void>;
}

/** Connects at the first call, so that the API comes up while Temporal is away. */
export function openTemporal(
  settings: Config['temporal'],
  ring: KeyRing,
  converter: DataConverter = dataConverter(ring, settings.namespace),
): Temporal {
  const connection = Connection.lazy(connectionOptions(settings));
  const client = new Client({
    connection,
    namespace: settings.namespace,
    dataConverter: converter,
  });
  const call = <T>(work: () => Promise<T>) =>
    translateFailures(() => connection.withDeadline(Date.now() + CALL_DEADLINE_MS, work));
  return {
    client,
    startRequest: (run) => call(() => startRequest(client, run)),
    signalRequest: (requestId, signal, continues) =>
      call(() => signalRun(client, dataSubjectRequestId(requestId, continues), signal)),
    startExport: (ref) => call(() => startExport(client, ref)),
    signalExport: (exportId, signal) => call(() => signalRun(client, workspaceExportId(exportId), signal)),
    startHoldPlacement: (ref) => call(() => startHoldRun(client, ref, 'holdPlacement')),
    startHoldRelease: (ref) => call(() => startHoldRun(client, ref, 'holdRelease')),
    checkDataMap: () => call(() => trigger(client, SCHEDULES.mapCheck, ScheduleOverlapPolicy.CANCEL_OTHER)),
    reviewRetention: (workspaceId) => call(() => reviewRetention(client, workspaceId)),
    reviewAllRetention: () => call(() => trigger(client, SCHEDULES.retentionReview, ScheduleOverlapPolicy.SKIP)),
    runBackups: (what) => call(() => trigger(client, SCHEDULES[what], ScheduleOverlapPolicy.CANCEL_OTHER)),
    health: () => call(() => connection.workflowService.getSystemInfo({}).then(() => undefined)),
    close: () => connection.close(),
  };
}

export function connectionOptions(settings: Config['temporal']) {
  return {
    address: settings.address,
    ...(settings.tls ? { tls: true } : {}),
    ...(settings.apiKey === undefined ? {} : { apiKey: settings.apiKey }),
  };
}

async function startRequest(client: Client, run: RequestRun): Promise<void> {
  try {
    await client.workflow.start(WORKFLOWS.dataSubjectRequest, {
      workflowId: dataSubjectRequestId(run.requestId, run.continues),
      taskQueue: TASK_QUEUES.core,
      args: [run],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: requestLine(run),
      priority: { fairnessKey: run.workspaceId },
      typedSearchAttributes: [
        { key: SEARCH_ATTRIBUTES.workspace, value: run.workspaceId },
        { key: SEARCH_ATTRIBUTES.requestType, value: run.type },
        { key: SEARCH_ATTRIBUTES.status, value: run.continues === undefined ? 'received' : 'partially_completed' },
        { key: SEARCH_ATTRIBUTES.dueAt, value: new Date(run.legalDueAt) },
        { key: SEARCH_ATTRIBUTES.regulation, value: run.regime },
        { key: SEARCH_ATTRIBUTES.needsAttention, value: false },
      ],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

async function startExport(client: Client, ref: ExportRef): Promise<void> {
  try {
    await client.workflow.start(WORKFLOWS.workspaceExport, {
      workflowId: workspaceExportId(ref.exportId),
      taskQueue: TASK_QUEUES.core,
      args: [ref],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: exportLine(ref.exportId),
      priority: { fairnessKey: ref.workspaceId },
      typedSearchAttributes: [
        { key: SEARCH_ATTRIBUTES.workspace, value: ref.workspaceId },
        { key: SEARCH_ATTRIBUTES.requestType, value: 'workspace_export' },
        { key: SEARCH_ATTRIBUTES.status, value: 'received' },
        { key: SEARCH_ATTRIBUTES.needsAttention, value: false },
      ],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

const HOLD_RUNS = {
  holdPlacement: { idOf: holdPlacementId, summaryOf: holdLine, status: 'pending' },
  holdRelease: { idOf: holdReleaseId, summaryOf: holdReleaseLine, status: 'released' },
} as const;

async function startHoldRun(client: Client, ref: HoldRef, workflow: keyof typeof HOLD_RUNS): Promise<void> {
  const { idOf, summaryOf, status } = HOLD_RUNS[workflow];
  try {
    await client.workflow.start(WORKFLOWS[workflow], {
      workflowId: idOf(ref.holdId),
      taskQueue: TASK_QUEUES.core,
      args: [ref],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: summaryOf(ref.holdId),
      priority: { fairnessKey: ref.workspaceId },
      typedSearchAttributes: [
        { key: SEARCH_ATTRIBUTES.workspace, value: ref.workspaceId },
        { key: SEARCH_ATTRIBUTES.requestType, value: 'hold' },
        { key: SEARCH_ATTRIBUTES.status, value: status },
        { key: SEARCH_ATTRIBUTES.needsAttention, value: false },
      ],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

async function signalRun(client: Client, workflowId: string, signal: keyof typeof SIGNALS): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId).signal(SIGNALS[signal]);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

async function reviewRetention(client: Client, workspaceId: string): Promise<void> {
  await client.workflow.signalWithStart(WORKFLOWS.workspaceRetention, {
    workflowId: workspaceRetentionId(workspaceId),
    taskQueue: TASK_QUEUES.core,
    args: [{ workspaceId }],
    signal: SIGNALS.reviewed,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    staticSummary: retentionLine(workspaceId),
    priority: { fairnessKey: workspaceId },
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTES.workspace, value: workspaceId },
      { key: SEARCH_ATTRIBUTES.needsAttention, value: false },
    ],
  });
}

async function trigger(client: Client, schedule: string, overlap: ScheduleOverlapPolicy): Promise<void> {
  try {
    await client.schedule.getHandle(schedule).trigger(overlap);
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new Unavailable('The schedule is not there yet: a worker makes it at its start.', {
      service: 'temporal',
      retryAfterSeconds: 30,
    });
  }
}

async function translateFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StewardError || !isAway(error)) throw error;
    throw new Unavailable('Temporal is not reachable.', { service: 'temporal', retryAfterSeconds: 5 });
  }
}

/** gRPC: 4 DEADLINE_EXCEEDED, 8 RESOURCE_EXHAUSTED, 14 UNAVAILABLE; 1 CANCELLED is what a lost connection gives. */
const AWAY = new Set([1, 4, 8, 14]);

function isAway(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : error;
  if (!(cause instanceof Error)) return false;
  const { code } = cause as { code?: unknown };
  return (typeof code === 'number' && AWAY.has(code)) || /failed to connect/i.test(cause.message);
}
