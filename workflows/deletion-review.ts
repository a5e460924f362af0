/**
 * The review of what is to be erased, the erasing and its proof. Until erasing begins everything can be taken back; from
 * then on a cancellation changes nothing, and the review goes on to its certificate.
 *
 * It is a part of its request's run and not a child of it: a review waits for weeks, and operators, signals and searches by
 * status then find one run, not two that have to agree.
 */
import { CancellationScope, CancelledFailure, condition, patched } from '@temporalio/workflow';
import type { ErasurePlanned, ErasureReviewState } from '../domain/erasure.ts';
import type { RequestOutcome } from '../domain/request.ts';
import type { RequestRun } from '../domain/runs.ts';
import * as summaries from '../domain/summaries.ts';
import { core, erasing, outbound } from './activity-proxies.ts';
import type { AwaitedPeople } from './awaited-people.ts';
import type { Progress } from './progress.ts';

/** What was prepared: erase what was approved; certify that nothing is to be erased; or close what was refused. */
type Prepared = 'erase' | 'certify' | 'refuse';

/** Runs with something left over waited at first without a certificate of it. */
const FAILURES_ARE_CERTIFIED = 'failures-are-certified';

/** So often is what a rescan finds left over planned again without anybody having looked. */
const PLANS_FOR_RESIDUALS = 3;

const PAUSE_SECONDS = 10;
const LONGEST_PAUSE_SECONDS = 600;
/** From so many plans on that were out of date before they could be carried out, somebody should look. */
const PLANS_BEFORE_ATTENTION = 5;

export class DeletionReview {
  private readonly run: RequestRun;
  private readonly progress: Progress;
  private readonly people: AwaitedPeople;
  private begun: boolean;
  private residualRounds = 0;

  constructor(run: RequestRun, progress: Progress, people: AwaitedPeople) {
    this.run = run;
    this.progress = progress;
    this.people = people;
    // What goes on after a partial answer has erased before.
    this.begun = run.continues !== undefined;
  }

  /** Throws the cancellation when it came before erasing began. */
  async carryOut(): Promise<RequestOutcome> {
    const prepared = this.begun
      ? await CancellationScope.nonCancellable(() => this.prepare())
      : await this.prepareUnlessCancelled();
    return CancellationScope.nonCancellable(() => this.finish(prepared));
  }

  private async prepareUnlessCancelled(): Promise<Prepared> {
    const prepared = await this.prepare();
    if (prepared !== 'erase') heedCancellation();
    return prepared;
  }

  private async finish(first: Prepared): Promise<RequestOutcome> {
    let prepared = first;
    for (; prepared === 'erase'; prepared = await this.prepare()) {
      if ((await this.erase()) && (await this.verify())) return this.conclude();
    }
    return prepared === 'refuse' ? this.refuse() : this.conclude();
  }

  /** Plans until a plan is approved, has cooled off and is still right. */
  private async prepare(): Promise<Prepared> {
    for (let plans = 1; ; plans += 1) {
      if (plans > 1) await this.pause(plans);
      const plan = await this.plan();
      if (!this.begun && isEmpty(plan)) return 'certify';
      const state = await this.awaitApprovals();
      if (state === 'rejected') return 'refuse';
      if (state === 'approved' && (await this.coolOff())) {
        this.progress.needsAttention(false);
        return 'erase';
      }
    }
  }

  private async plan(): Promise<ErasurePlanned> {
    this.progress.enter('planning', summaries.planningErasure());
    const plan = await erasing.planErasure(this.run);
    this.progress.say(summaries.erasurePlanned(plan.erase, plan.pseudonymise, plan.retain));
    return plan;
  }

  /** Silence is never an approval: it is waited for until people have said a word on each decision. */
  private async awaitApprovals(): Promise<ErasureReviewState['state']> {
    let { state, pending } = await core.openErasureReview(this.run);
    if (state !== 'awaited') return state;
    const since = new Date();
    const say = () => summaries.waitingForApprovals(pending, since, this.run.legalDueAt);
    this.progress.enter('awaiting_approval', say());
    await this.people.ask('approval');
    await this.people.decide('approval', async () => {
      ({ state, pending } = await core.openErasureReview(this.run));
      if (state === 'awaited') this.progress.say(say());
      return state !== 'awaited';
    });
    return state;
  }

  /** True when erasing has begun; false when the plan is out of date. */
  private async coolOff(): Promise<boolean> {
    const { until } = await core.beginCoolingOff(this.run);
    if (until !== undefined && !(await this.waitUntil(until))) return false;
    if (!this.begun) heedCancellation();
    // Its answer must be known: once the request is erasing there is no way back.
    const { proceed } = await CancellationScope.nonCancellable(() => core.endCoolingOff(this.run));
    this.begun ||= proceed;
    return proceed;
  }

  /** Looks at the review after each signal, and says whether it still stood at the end. */
  private async waitUntil(until: string): Promise<boolean> {
    this.progress.enter('cooling_off', summaries.coolingOff(until));
    for (;;) {
      this.people.forgetNews();
      const { state } = await core.openErasureReview(this.run);
      if (state !== 'approved') return false;
      const left = Date.parse(until) - Date.now();
      if (left <= 0) return true;
      await condition(() => this.people.haveNews, left, { summary: summaries.coolingOffTimer() });
    }
  }

  /** True when all that was approved is erased; false when what is left of it is to be planned again. */
  private async erase(): Promise<boolean> {
    this.progress.enter('erasing', summaries.erasingRecords());
    const { outcome, erased, pseudonymised } = await erasing.eraseRecords(this.run);
    this.progress.say(summaries.erasedRecords(erased, pseudonymised));
    if (outcome === 'stale') return false;
    const { objects } = await erasing.eraseMedia(this.run);
    this.progress.say(summaries.erasedAll(erased, pseudonymised, objects));
    return true;
  }

  /**
   * True when nothing is left but what is to be left. Otherwise that is planned again, at first by itself; when it stays,
   * a certificate says so, and somebody has to look: the flag is up, and the request waits for news.
   */
  private async verify(): Promise<boolean> {
    this.progress.enter('verifying', summaries.verifyingErasure());
    this.people.forgetNews();
    const { residuals } = await erasing.verifyErasure(this.run);
    this.progress.needsAttention(residuals > 0);
    if (residuals === 0) return true;
    this.residualRounds += 1;
    this.progress.say(summaries.leftOver(residuals, new Date()));
    if (this.residualRounds <= PLANS_FOR_RESIDUALS) return false;
    if (patched(FAILURES_ARE_CERTIFIED)) await this.certifyFailure();
    await condition(() => this.people.haveNews);
    return false;
  }

  /** What is left is not kept from the controller until it is gone: then another certificate supersedes this one. */
  private async certifyFailure(): Promise<void> {
    await erasing.certifyFailedErasure(this.run);
    await outbound.tellErasure(this.run);
  }

  /** The records' keys are needed for the proof, and gone after it; what keeps them from coming back stays. */
  private async conclude(): Promise<RequestOutcome> {
    if (this.begun) {
      await erasing.endErasure(this.run);
      await core.plantTombstones(this.run);
    }
    this.progress.enter('certifying', summaries.certifying());
    const { erased, retained, reviewAt } = await erasing.certifyErasure(this.run);
    this.progress.say(summaries.certified(erased, retained));
    await outbound.tellErasure(this.run);
    const { status, outcome } = await core.closeErasure(this.run);
    if (status === 'completed') this.progress.enter(status, summaries.completed(outcome, new Date()));
    else this.progress.enter(status, partlyDone(retained, reviewAt));
    return outcome;
  }

  /** What had been erased before the rest was refused is proven like any other. */
  private async refuse(): Promise<RequestOutcome> {
    if (this.begun) {
      this.progress.enter('verifying', summaries.verifyingErasure());
      await erasing.verifyErasure(this.run);
      return this.conclude();
    }
    const { status, outcome } = await core.refuseErasure(this.run);
    this.progress.enter(status, summaries.completed(outcome, new Date()));
    return outcome;
  }

  /** A plan that is out of date at once, as while a source cannot be told of a hold, is not made again without a pause. */
  private async pause(plans: number): Promise<void> {
    this.progress.needsAttention(plans > PLANS_BEFORE_ATTENTION);
    if (plans === 2) return;
    const seconds = Math.min(PAUSE_SECONDS * 2 ** (plans - 3), LONGEST_PAUSE_SECONDS);
    await condition(() => this.people.haveNews, seconds * 1000, { summary: summaries.planAgainTimer() });
  }
}

const isEmpty = ({ erase, pseudonymise, pending }: ErasurePlanned): boolean => erase + pseudonymise + pending === 0;

const partlyDone = (retained: number, reviewAt: string | undefined): string =>
  reviewAt === undefined
    ? summaries.partiallyCompleted(retained, new Date())
    : summaries.partiallyCompletedUntil(retained, reviewAt);

/** Before what cannot be taken back: an activity that ended as the cancellation came has not noticed it. */
function heedCancellation(): void {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('Cancelled before erasing began.');
}
