/** The decision on a package that waits for its release: handed over as it is, or built again. */
import { Conflict } from '../../domain/errors.ts';
import type { ReleaseDecision } from '../../domain/release.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import { leaveMessage } from '../outbox.ts';
import { isControllers, requireAuthority } from './authority.ts';
import type { NamedInstruction } from './authority.ts';
import type { Caller } from './caller.ts';
import { openDataKey } from './data-keys.ts';
import type { InstructionRef } from './instructions.ts';
import { listRedactions } from './redactions.ts';
import type { RedactionRecord } from './redactions.ts';
import { findDecision, hasUnbuiltChanges, lockReview, requireBuiltPackage } from './release-review.ts';
import type { BuiltPackage, Review } from './release-review.ts';
import { countOf } from './paging.ts';
import { claimKey } from './repeats.ts';
import type { Repeat } from './repeats.ts';
import { recordEvent } from './request-progress.ts';
import { readRequest } from './requests.ts';
import type { RequestRecord } from './requests.ts';

export interface Decision {
  readonly decision: ReleaseDecision;
  /** Lower-case hex: the package that was looked at; the present one when undefined. */
  readonly manifestSha256: string | undefined;
  readonly instruction: NamedInstruction | undefined;
  /** Kept beside the audit log. */
  readonly note: string | undefined;
}

/**
 * Decides, once for each package that was built, and tells the request's run. Throws NotFound; Conflict when nothing waits
 * for it, when somebody else has decided, when the package is no longer the one that was looked at, or when a release would
 * hand over what was decided to be kept back; WrongParty and InvalidInput as `requireAuthority` does.
 */
export async function decideRelease(
  db: Database,
  caller: Caller,
  requestId: string,
  decision: Decision,
  repeat: Repeat,
): Promise<void> {
  await db.withTenant(caller.workspaceId, async (trx) => {
    if ((await claimKey(trx, caller, repeat, requestId)) !== undefined) return;
    const review = await lockReview(trx, caller, requestId);
    const instruction = await requireAuthority(trx, caller, review.request, decision.instruction);
    await requireSound(trx, caller, review, decision);
    await insertDecision(trx, caller, review, decision.decision, instruction);
    await revokeReviewLinks(trx, caller, review.package.id);
    await note(trx, caller, review, decision, instruction);
  });
}

async function requireSound(
  trx: Transaction,
  { workspaceId }: Caller,
  { request, package: { build, manifestSha256 } }: Review,
  decision: Decision,
): Promise<void> {
  if (decision.manifestSha256 !== undefined && decision.manifestSha256 !== manifestSha256.toString('hex'))
    throw new Conflict('The package has been built again since you looked at it; look at it again.');
  if (decision.decision !== 'release') return;
  if (await hasUnbuiltChanges(trx, { workspaceId, requestId: request.id }, build))
    throw new Conflict('Redactions have changed since this package was built; have it rebuilt first.');
}

async function insertDecision(
  trx: Transaction,
  { workspaceId, principal }: Caller,
  { request, package: built }: Review,
  decision: ReleaseDecision,
  instruction: InstructionRef,
): Promise<void> {
  await trx('releases').insert({
    workspace_id: workspaceId,
    request_id: request.id,
    build: built.build,
    package_id: built.id,
    manifest_sha256: built.manifestSha256,
    decision,
    decided_by: principal.id,
    party: principal.party,
    instruction_id: instruction.id,
    instruction_version: instruction.version,
    decided_at: new Date(),
  });
}

/** They were for looking before the decision. */
async function revokeReviewLinks(trx: Transaction, { workspaceId }: Caller, packageId: string): Promise<void> {
  await trx('links')
    .where({ workspace_id: workspaceId, package_id: packageId, purpose: 'release_review' })
    .whereNull('revoked_at')
    .update({ revoked_at: new Date() });
}

async function note(
  trx: Transaction,
  { workspaceId, principal }: Caller,
  { request, package: built }: Review,
  { decision, note: text }: Decision,
  instruction: InstructionRef,
): Promise<void> {
  const ref = { workspaceId, requestId: request.id };
  const details = { decision, packageId: built.id };
  await recordEvent(trx, ref, { kind: 'release_decided', actor: principal.id, details });
  await leaveMessage(trx, ref, 'review');
  await appendAudit(trx, workspaceId, {
    actor: principal,
    action: 'release.decided',
    subject: { kind: 'request', id: request.id },
    instruction,
    details: { ...details, manifestSha256: built.manifestSha256.toString('hex') },
    ...(text === undefined ? {} : { note: text }),
  });
}

/** What stands in the database of a package that waits; what is in the package stands in its manifest. */
export interface ReviewFacts {
  readonly request: RequestRecord;
  readonly package: BuiltPackage;
  /** 32 bytes; opens the package. */
  readonly dataKey: Buffer;
  readonly decision: ReleaseDecision | null;
  readonly redactions: readonly RedactionRecord[];
  readonly needsRebuild: boolean;
  readonly matches: { readonly accepted: number; readonly rejected: number; readonly pending: number };
  /** Whether this caller decides without naming an instruction. */
  readonly decidesAlone: boolean;
}

/** Throws NotFound while the request has no package. */
export async function readReview(db: Database, ring: KeyRing, caller: Caller, requestId: string): Promise<ReviewFacts> {
  const ref = { workspaceId: caller.workspaceId, requestId };
  return db.withTenant(caller.workspaceId, async (trx) => {
    const request = await readRequest(trx, caller, requestId);
    const built = await requireBuiltPackage(trx, ref);
    return {
      request,
      package: built,
      dataKey: await openDataKey(trx, ring, caller.workspaceId, built.dataKeyId),
      decision: (await findDecision(trx, ref)) ?? null,
      redactions: (await listRedactions(trx, ring, ref)).filter(({ withdrawnAt }) => withdrawnAt === null),
      needsRebuild: await hasUnbuiltChanges(trx, ref, built.build),
      matches: await countMatches(trx, caller, requestId),
      decidesAlone: isControllers(caller.principal),
    };
  });
}

async function countMatches(
  trx: Transaction,
  { workspaceId }: Caller,
  requestId: string,
): Promise<ReviewFacts['matches']> {
  const having = (review: keyof ReviewFacts['matches']) =>
    countOf(trx('match_records').where({ workspace_id: workspaceId, request_id: requestId, review }));
  return {
    accepted: await having('accepted'),
    rejected: await having('rejected'),
    pending: await having('pending'),
  };
}
