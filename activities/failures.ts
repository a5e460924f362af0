/**
 * What Temporal gets to see of a failed activity: the code and text of our own errors; of any other, its name and where
 * it arose, but not its text, which may quote data. While an activity keeps failing, the row of the request or export says on what.
 */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import type { Context } from '@temporalio/activity';
import { CompleteAsyncError } from '@temporalio/activity';
import type { Logger } from 'pino';
import type { Blocker } from '../domain/blockers.ts';
import {
  Conflict,
  FenceRaised,
  InvalidDataMap,
  InvalidSchedule,
  PackageBroken,
  SnapshotLost,
  SourceFailed,
  StewardError,
  Unavailable,
} from '../domain/errors.ts';
import type { Database } from '../platform/database.ts';

/** A failure that passes by itself at the next attempt is nobody's business. */
const ATTEMPTS_BEFORE_SHOWN = 2;

export class FailureInterceptor implements ActivityInboundCallsInterceptor {
  private readonly context: Context;
  private readonly db: Database;
  private readonly log: Logger;

  constructor(context: Context, db: Database, log: Logger) {
    this.context = context;
    this.db = db;
    this.log = log;
  }

  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    const { attempt, activityType } = this.context.info;
    const ref = ownerOf(input.args);
    try {
      const result = await next(input);
      if (ref && attempt > ATTEMPTS_BEFORE_SHOWN) await this.show(ref, undefined);
      return result;
    } catch (error) {
      if (isControlFlow(error, this.context.cancellationSignal)) throw error;
      const blockedBy = classify(error);
      this.log.warn({ activity: activityType, attempt, blockedBy, problem: nameOf(error) }, 'activity failed');
      if (ref && attempt >= ATTEMPTS_BEFORE_SHOWN && blockedBy) await this.show(ref, blockedBy);
      throw presentable(error);
    }
  }

  /** Best effort: when the database itself is away there is nowhere to say so, and the API answers 503 anyway. */
  private async show({ workspaceId, table, id }: Owner, blockedBy: Blocker | undefined): Promise<void> {
    await this.db
      .withTenant(workspaceId, async (trx) => {
        const since = blockedBy === undefined ? null : trx.raw('coalesce(blocked_since, now())');
        await trx(table)
          .where({ workspace_id: workspaceId, id })
          .update({ blocked_by: blockedBy ?? null, blocked_since: since, needs_attention: blockedBy !== undefined });
      })
      .catch(() => undefined);
  }
}

/** What an activity works for, and where its row is. */
interface Owner {
  readonly workspaceId: string;
  readonly table: 'requests' | 'workspace_exports';
  readonly id: string;
}

function ownerOf(args: readonly unknown[]): Owner | undefined {
  const [first] = args;
  if (typeof first !== 'object' || first === null || !('workspaceId' in first)) return undefined;
  const { workspaceId } = first;
  if (typeof workspaceId !== 'string') return undefined;
  if ('requestId' in first && typeof first.requestId === 'string')
    return { workspaceId, table: 'requests', id: first.requestId };
  if ('exportId' in first && typeof first.exportId === 'string')
    return { workspaceId, table: 'workspace_exports', id: first.exportId };
  return undefined;
}

function isControlFlow(error: unknown, signal: AbortSignal): boolean {
  return error instanceof CancelledFailure || error instanceof CompleteAsyncError || signal.aborted;
}

/** Undefined for what is an answer and not a fault of a service: the run knows how to go on. */
function classify(error: unknown): Blocker | undefined {
  if (error instanceof Conflict || error instanceof FenceRaised || error instanceof SnapshotLost) return undefined;
  if (error instanceof Unavailable) return error.extras.service ?? 'unknown';
  if (error instanceof SourceFailed) return 'source';
  if (error instanceof InvalidDataMap) return 'data_map';
  if (error instanceof InvalidSchedule) return 'schedule';
  if (error instanceof PackageBroken) return 'package';
  return 'unknown';
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

function presentable(error: unknown): Error {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof StewardError) return ApplicationFailure.create({ message: error.message, type: error.code });
  const failure = ApplicationFailure.create({
    message: `An unexpected failure of type ${nameOf(error)}.`,
    type: 'unexpected',
  });
  if (error instanceof Error) failure.stack = framesOf(error);
  return failure;
}

function framesOf(error: Error): string {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
