/** The review of one class: what people approved goes, then what may go by itself, and the rest is proposed. */
import { approvalsToDispose, areFree, goAutomatically, isCovered } from '../../data-map/retention/free-groups.ts';
import type { ReviewCounts, ReviewedClass } from '../../domain/retention/review.ts';
import { findOpenDisposal } from '../../platform/records/disposals.ts';
import { findStanding } from '../../platform/records/instructions.ts';
import { bindSchedule, requireReview, saveFindings } from '../../platform/records/retention-reviews.ts';
import type { Finding, ReviewRow } from '../../platform/records/retention-reviews.ts';
import { carriedOut, lapse, openProposal, propose } from '../../platform/records/retention-proposals.ts';
import type { WeighedGroup } from '../erasing/weighed.ts';
import type { Control } from '../packaging/control.ts';
import { dispose } from './dispose.ts';
import type { DisposeDeps } from './dispose.ts';
import { prepareReview } from './prepare.ts';
import type { PreparedReview } from './prepare.ts';
import { withWeighedDue } from './weigh-due.ts';

/**
 * Can be repeated at any point: what was erased stays counted once. Throws Conflict when another schedule was put into force
 * since the run began; FenceRaised when a hold was placed meanwhile, so that a repeat sees it; what the engine throws.
 */
export async function reviewClass(
  deps: DisposeDeps,
  ref: ReviewedClass,
  control: Control,
): Promise<Omit<ReviewCounts, 'erased'>> {
  const stopBeating = control.beat(() => undefined);
  try {
    const { review, mayBeAutomatic } = await deps.db.withTenant(ref.workspaceId, async (trx) => ({
      review: await requireReview(trx, ref),
      // No action on workspace data without the controller's instruction (GDPR Art. 28(3)(a)).
      mayBeAutomatic: (await findStanding(trx, ref.workspaceId, 'retention_disposal')) !== undefined,
    }));
    await carryOutApproved(deps, ref, review, control);
    const first = await look(deps, ref, review, control);
    const goesNow = first.groups.filter((group) => areFree(group) && goAutomatically(first.prepared.schedule, group));
    const mustGoOn = await deps.db.withTenant(ref.workspaceId, (trx) => findOpenDisposal(trx, ref, undefined));
    if (mayBeAutomatic && (goesNow.length > 0 || mustGoOn !== undefined)) {
      await dispose(
        deps,
        {
          ref,
          asOf: review.as_of,
          proposalId: undefined,
          mayGo: (group) => goAutomatically(first.prepared.schedule, group),
        },
        control,
      );
      return await save(deps, ref, review, await look(deps, ref, review, control));
    }
    return await save(deps, ref, review, first);
  } finally {
    stopBeating();
  }
}

interface Look {
  readonly prepared: PreparedReview;
  readonly groups: readonly WeighedGroup[];
}

async function look(
  deps: DisposeDeps,
  ref: ReviewedClass,
  { as_of: asOf }: ReviewRow,
  control: Control,
): Promise<Look> {
  const prepared = await prepareReview(deps, ref.workspaceId);
  const { recordClass } = ref;
  const groups = await withWeighedDue(
    deps,
    prepared,
    { recordClass, asOf },
    async (weighed) => weighed.flatMap((each) => each.groups),
    control.signal,
  );
  return { prepared, groups };
}

/** One that was approved under another schedule is proposed anew, as what is due now. */
async function carryOutApproved(
  deps: DisposeDeps,
  ref: ReviewedClass,
  review: ReviewRow,
  control: Control,
): Promise<void> {
  const { workspaceId } = ref;
  const approved = await deps.db.withTenant(workspaceId, async (trx) => {
    const open = await openProposal(trx, ref);
    return open?.state === 'approved' ? open : undefined;
  });
  if (approved === undefined) return;
  const { schedule } = await prepareReview(deps, workspaceId);
  if (approved.schedule_version !== schedule.version) {
    await deps.db.withTenant(workspaceId, (trx) => lapse(trx, approved));
    return;
  }
  const { outcome, erased } = await dispose(
    deps,
    {
      ref,
      asOf: earlier(approved.as_of, review.as_of),
      proposalId: approved.id,
      mayGo: (group) => isCovered(approved.groups, group),
    },
    control,
  );
  if (outcome === 'done') await deps.db.withTenant(workspaceId, (trx) => carriedOut(trx, approved, erased));
}

const earlier = (a: Date, b: Date): Date => (a < b ? a : b);

async function save(
  { db }: DisposeDeps,
  ref: ReviewedClass,
  review: ReviewRow,
  { prepared: { schedule }, groups }: Look,
): Promise<Omit<ReviewCounts, 'erased'>> {
  const free = groups.filter(areFree);
  return db.withTenant(ref.workspaceId, async (trx) => {
    await bindSchedule(trx, ref, schedule.version);
    const rejectedUntil = await propose(trx, ref, {
      asOf: review.as_of,
      scheduleVersion: schedule.version,
      groups: free.map(({ source, collection, combination, rows }) => ({
        source,
        collection: collection.ref,
        combination,
        rows,
      })),
      approvalsNeeded: approvalsToDispose(schedule, free),
    });
    const findings = groups.map((group) => findingOf(group, rejectedUntil));
    await saveFindings(trx, ref, findings);
    return countsOf(findings);
  });
}

function findingOf(group: WeighedGroup, rejectedUntil: Date | undefined): Finding {
  const { source, collection, combination, rows, decision } = group;
  const isFree = areFree(group);
  const isRetained = !isFree || rejectedUntil !== undefined;
  return {
    source,
    collection: collection.ref,
    combination,
    rows,
    outcome: isRetained ? 'retained' : 'waiting',
    grounds: isRetained ? decision.grounds : undefined,
    endsLast: isFree ? rejectedUntil : group.endsLast,
  };
}

function countsOf(findings: readonly Finding[]): Omit<ReviewCounts, 'erased'> {
  const sum = (wanted: readonly Finding[]) => wanted.reduce((total, { rows }) => total + rows, 0);
  const waiting = sum(findings.filter(({ outcome }) => outcome === 'waiting'));
  const due = sum(findings);
  return { due, waiting, retained: due - waiting };
}
