/** One request of one person, from its arrival to its end. */
import {
  CancellationScope,
  ParentClosePolicy,
  allHandlersFinished,
  condition,
  executeChild,
  isCancellation,
  patched,
  setHandler,
} from '@temporalio/workflow';
import { exportPackagingId } from '../domain/ids.ts';
import type { LocateResult, PackageResult, RequestResult, RequestRun } from '../domain/runs.ts';
import * as summaries from '../domain/summaries.ts';
import { bulk, core, outbound } from './activity-proxies.ts';
import { AwaitedPeople } from './awaited-people.ts';
import { DeletionReview } from './deletion-review.ts';
import { exportPackaging } from './export-packaging.ts';
import type { PackagingOptions } from './export-packaging.ts';
import { cancelRequested, currentStatus, instructionGiven, reviewed } from './messages.ts';
import { Progress } from './progress.ts';
import { waitForPerson } from './wait-for-person.ts';

export async function dataSubjectRequest(run: RequestRun): Promise<RequestResult> {
  const request = new RequestInProgress(run);
  return request.execute();
}

/** Runs begun by version 0.1 know neither searches by hand nor reviews. */
const PEOPLE_TAKE_PART = 'people-take-part';

/** Runs that went on after a partial answer did at first not ask whether their instruction still stands. */
const CONTINUES_UNDER_INSTRUCTION = 'continues-under-instruction';

type Outcome = 'fulfilled' | 'partially_fulfilled' | 'no_data';

/** The run's state and steps; each step leaves the database, the search attributes and the details saying the same. */
class RequestInProgress {
  private readonly run: RequestRun;
  private readonly progress = new Progress();
  private readonly scope = new CancellationScope();
  private readonly people: AwaitedPeople;
  private instructionNews = false;
  private withdrawn = false;

  constructor(run: RequestRun) {
    this.run = run;
    this.people = new AwaitedPeople(run, this.progress);
    setHandler(currentStatus, () => this.progress.status);
    setHandler(instructionGiven, () => {
      this.instructionNews = true;
    });
    setHandler(reviewed, () => this.people.tell());
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
    if (this.run.continues !== undefined) return this.goOn();
    await outbound.acknowledgeRequest(this.run);
    await this.awaitInstruction();
    if (this.run.type === 'erasure') return this.eraseWithPeople();
    return this.close(patched(PEOPLE_TAKE_PART) ? await this.answerWithPeople() : await this.answer());
  }

  /** Months or years after the answer: an instruction can have been revoked, or have ended, meanwhile. */
  private async goOn(): Promise<RequestResult> {
    if (patched(CONTINUES_UNDER_INSTRUCTION)) await this.awaitInstruction();
    return this.review();
  }

  /** As runs of version 0.1 go on. */
  private async answer(): Promise<Outcome> {
    const { rows } = await this.locate();
    await this.pack({ handOver: true });
    return rows === 0 ? 'no_data' : 'fulfilled';
  }

  private async answerWithPeople(): Promise<Outcome> {
    const { rows, attachments } = await this.findWithPeople();
    const redactions = await this.deliver();
    if (redactions > 0) return 'partially_fulfilled';
    return rows + attachments === 0 ? 'no_data' : 'fulfilled';
  }

  private async eraseWithPeople(): Promise<RequestResult> {
    await this.findWithPeople();
    return this.review();
  }

  private async review(): Promise<RequestResult> {
    return { outcome: await new DeletionReview(this.run, this.progress, this.people).carryOut() };
  }

  /** People are asked to search by hand before the machine searches, so that they have the time. */
  private async findWithPeople(): Promise<{ readonly rows: number; readonly attachments: number }> {
    const searches = await core.openManualTasks(this.run);
    if (searches > 0) await this.people.ask('manual_tasks');
    const { rows } = await this.locateSurely();
    return { rows, attachments: await this.gather() };
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

  private async locate(): Promise<LocateResult> {
    this.progress.enter('locating', summaries.lookingForPerson());
    const found = await bulk.locatePerson(this.run);
    this.progress.say(summaries.found(found.rows, found.collections));
    return found;
  }

  /** Looks again when uncertain matches were decided, for each that was accepted leads to more. */
  private async locateSurely(): Promise<LocateResult> {
    for (;;) {
      const found = await this.locate();
      const { pending } = await core.openMatchReview(this.run);
      if (pending === 0) return found;
      await this.people.ask('match_review');
      await this.people.decide('match_review', async () => {
        const { pending: left } = await core.openMatchReview(this.run);
        if (left > 0) {
          this.progress.enter(
            'reviewing_matches',
            summaries.waitingForMatchReview(left, new Date(), this.run.legalDueAt),
          );
        }
        return left === 0;
      });
    }
  }

  /** Waits until each search by hand was closed; answers how many files were attached. */
  private async gather(): Promise<number> {
    let attached = 0;
    await this.people.decide('manual_tasks', async () => {
      const { open, attachments } = await core.gatherManualTasks(this.run);
      attached = attachments;
      if (open > 0)
        this.progress.enter('gathering', summaries.waitingForSearches(open, new Date(), this.run.legalDueAt));
      return open === 0;
    });
    return attached;
  }

  /** Packs and hands over, with the controller's look between the two when it asked for one; answers what is kept back. */
  private async deliver(): Promise<number> {
    if (this.run.release !== 'reviewed') {
      await this.pack({ handOver: true });
      return 0;
    }
    for (;;) {
      await this.pack({ handOver: false });
      const { decision, redactions } = await this.awaitRelease();
      if (decision === 'release') {
        await this.handOver();
        return redactions;
      }
      await core.beginRebuild(this.run);
    }
  }

  private async awaitRelease() {
    let state = await core.openReleaseReview(this.run);
    if (state.decision === 'awaited') await this.people.ask('release');
    await this.people.decide('release', async () => {
      state = await core.openReleaseReview(this.run);
      if (state.decision === 'awaited')
        this.progress.enter('awaiting_release', summaries.waitingForRelease(new Date(), this.run.legalDueAt));
      return state.decision !== 'awaited';
    });
    return state;
  }

  private async handOver(): Promise<void> {
    await core.beginRelease(this.run);
    this.progress.enter('delivering', summaries.delivering());
    await outbound.deliverPackage(this.run);
  }

  private async pack(options: PackagingOptions): Promise<PackageResult> {
    this.progress.enter('packaging', summaries.packing());
    return executeChild(exportPackaging, {
      workflowId: exportPackagingId(this.run.requestId),
      args: [this.run, options],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    });
  }

  private async close(outcome: Outcome): Promise<RequestResult> {
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
