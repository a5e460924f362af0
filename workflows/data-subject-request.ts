/** One request of one person, from its arrival to its end. */
import {
  CancellationScope,
  ParentClosePolicy,
  allHandlersFinished,
  condition,
  executeChild,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import { exportPackagingId } from '../domain/ids.ts';
import type { PackageResult, RequestResult, RequestRun } from '../domain/runs.ts';
import * as summaries from '../domain/summaries.ts';
import { bulk, core, outbound } from './activity-proxies.ts';
import { exportPackaging } from './export-packaging.ts';
import { cancelRequested, currentStatus, instructionGiven } from './messages.ts';
import { Progress } from './progress.ts';
import { waitForPerson } from './wait-for-person.ts';

export async function dataSubjectRequest(run: RequestRun): Promise<RequestResult> {
  const request = new RequestInProgress(run);
  return request.execute();
}

/** The run's state and steps; each step leaves the database, the search attributes and the details saying the same. */
class RequestInProgress {
  private readonly run: RequestRun;
  private readonly progress = new Progress();
  private readonly scope = new CancellationScope();
  private instructionNews = false;
  private withdrawn = false;

  constructor(run: RequestRun) {
    this.run = run;
    setHandler(currentStatus, () => this.progress.status);
    setHandler(instructionGiven, () => {
      this.instructionNews = true;
    });
    setHandler(cancelRequested, () => {
      this.withdrawn = true;
      this.scope.cancel();
    });
  }

  async execute(): Promise<RequestResult> {
    try {
      return await this.scope.run(() => this.fulfil());
    } catch (error) {
      if (!this.withdrawn || !isCancellation(error)) throw error;
      return await this.withdraw();
    } finally {
      await condition(allHandlersFinished);
    }
  }

  private async fulfil(): Promise<RequestResult> {
    await outbound.acknowledgeRequest(this.run);
    await this.awaitInstruction();
    const found = await this.locate();
    await this.deliver();
    return this.close(found.rows === 0 ? 'no_data' : 'fulfilled');
  }

  /** No action on workspace data without the controller's instruction (GDPR Art. 28(3)(a)). */
  private async awaitInstruction(): Promise<void> {
    while (!(await core.checkInstruction(this.run))) {
      this.progress.enter('awaiting_instruction', summaries.waitingForInstruction(new Date(), this.run.legalDueAt));
      await waitForPerson({
        isOver: () => this.instructionNews,
        dueAt: this.run.legalDueAt,
        progress: this.progress,
        remind: (reminder) => outbound.remindController(this.run, reminder),
      });
      this.instructionNews = false;
    }
  }

  private async locate() {
    this.progress.enter('locating', summaries.lookingForPerson());
    const found = await bulk.locatePerson(this.run);
    this.progress.say(summaries.found(found.rows, found.collections));
    return found;
  }

  private async deliver(): Promise<PackageResult> {
    this.progress.enter('packaging', summaries.packing());
    return executeChild(exportPackaging, {
      workflowId: exportPackagingId(this.run.requestId),
      args: [this.run],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    });
  }

  private async close(outcome: 'fulfilled' | 'no_data'): Promise<RequestResult> {
    await core.closeRequest(this.run, outcome);
    this.progress.enter('completed', summaries.completed(outcome, new Date()));
    return { outcome };
  }

  private withdraw(): Promise<RequestResult> {
    return CancellationScope.nonCancellable(async () => {
      await core.withdrawRequest(this.run);
      this.progress.enter('cancelled', summaries.cancelled(new Date()));
      return { outcome: 'withdrawn' };
    });
  }
}
