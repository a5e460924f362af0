/** What people do with requests, exports and holds whose runs are in the plain namespace. */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Conflict } from '../../domain/errors.ts';
import type { Identity } from '../../domain/identities.ts';
import type { ReleaseDecision } from '../../domain/release.ts';
import type { Release, RequestStatus, RequestType } from '../../domain/request.ts';
import { decideReview } from '../../platform/records/erasure-approvals.ts';
import type { Verdict } from '../../platform/records/erasure-approvals.ts';
import { readErasureReview } from '../../platform/records/erasure-summary.ts';
import { placeHold } from '../../platform/records/hold-placing.ts';
import { releaseHold } from '../../platform/records/hold-steering.ts';
import { checkIdentities } from '../../platform/records/identities.ts';
import { closeTask, listTasks } from '../../platform/records/manual-tasks.ts';
import { decideMatches, listMatches } from '../../platform/records/match-review.ts';
import { decideRelease } from '../../platform/records/releases.ts';
import type { Repeat } from '../../platform/records/repeats.ts';
import { fileRequest } from '../../platform/records/request-filing.ts';
import { cancelRequest, instructRequest } from '../../platform/records/request-steering.ts';
import { fileExport } from '../../platform/records/workspace-exports.ts';
import type { PlainNamespace } from './plain-namespace.ts';

const CHOICE = {
  source: 'support_request',
  attestation: { text: 'Go ahead.', attestedBy: 'Privacy desk', attestedAt: new Date() },
} as const;

const oneCall = (): Repeat => ({ operation: 'test', key: randomUUID(), digests: [randomBytes(32)] });

const checked = (identities: readonly Identity[]) =>
  checkIdentities(identities, ['email', 'phone_number', 'external_id', 'archive_number']);

interface Wish {
  readonly type?: RequestType;
  /** True when nothing else is said. */
  readonly instructed?: boolean;
  readonly release?: Release;
}

export class PlainRequests {
  private readonly plain: PlainNamespace;

  constructor(plain: PlainNamespace) {
    this.plain = plain;
  }

  /** An access request when nothing else is said. Answers its id; its run has started. */
  async file(identities: readonly Identity[], { type = 'access', instructed = true, release }: Wish = {}) {
    const { db, ring, processor, people } = this.plain;
    const filing = {
      type,
      regime: 'gdpr',
      regimeSource: 'a test',
      receivedByControllerAt: new Date(),
      identities: checked(identities),
      instruction: instructed ? CHOICE : undefined,
      teamId: undefined,
      ageRecipient: undefined,
      release,
      note: undefined,
    } as const;
    const requestId = await fileRequest(db, ring, type === 'erasure' ? people[0] : processor, filing, oneCall());
    await this.plain.deliver({ requestId });
    return requestId;
  }

  /** Of the whole workspace. Answers its id; its run has started. */
  async exportWorkspace(): Promise<string> {
    const filing = { formats: ['jsonl'], includeRedacted: false, instruction: CHOICE } as const;
    const { db, ring, people } = this.plain;
    const exportId = await fileExport(db, ring, people[0], filing, oneCall());
    await this.plain.deliver({ exportId });
    return exportId;
  }

  async instruct(requestId: string): Promise<void> {
    await instructRequest(this.plain.db, this.plain.processor, requestId, CHOICE, oneCall());
    await this.plain.deliver({ requestId });
  }

  /** Says of each search by hand that it found nothing. */
  async closeTasks(requestId: string): Promise<void> {
    const { db, ring, processor } = this.plain;
    for (const { id } of await listTasks(db, ring, processor, requestId))
      await closeTask(db, ring, processor, requestId, id, { outcome: 'nothing_found' }, oneCall());
    await this.plain.deliver({ requestId });
  }

  async acceptMatches(requestId: string): Promise<void> {
    const { db, ring, processor } = this.plain;
    const page = { limit: 200, after: undefined };
    const { rows } = await listMatches(db, ring, processor, requestId, 'pending', page);
    const decisions = rows.map(({ id }) => ({ matchId: id, decision: 'accepted' }) as const);
    await decideMatches(db, processor, requestId, decisions);
    await this.plain.deliver({ requestId });
  }

  /** As soon as a package waits for it. */
  async decideRelease(requestId: string, decision: ReleaseDecision): Promise<void> {
    const wish = { decision, manifestSha256: undefined, instruction: undefined, note: undefined };
    await untilNoConflict(() => decideRelease(this.plain.db, this.plain.people[0], requestId, wish, oneCall()));
    await this.plain.deliver({ requestId });
  }

  /** As soon as there is something to decide, by as many people as it needs. `before` is done before the run is told. */
  async decideReview(requestId: string, verdict: Verdict, note?: string, before?: () => Promise<void>): Promise<void> {
    const { db, ring, people } = this.plain;
    await this.waitFor(requestId, 'awaiting_approval');
    for (const person of people) {
      const { pending, generation } = await readErasureReview(db, ring, person, requestId);
      if (pending === 0) break;
      const wish = { verdict, generation, instruction: undefined, note };
      await decideReview(db, person, requestId, wish, oneCall());
      if (verdict === 'reject') break;
    }
    await before?.();
    await this.plain.deliver({ requestId });
  }

  async cancel(requestId: string): Promise<void> {
    await cancelRequest(this.plain.db, this.plain.processor, requestId, undefined);
    await this.plain.deliver({ requestId });
  }

  async waitFor(requestId: string, ...statuses: readonly RequestStatus[]): Promise<void> {
    while (!statuses.includes(await this.statusOf(requestId))) await delay(100);
  }

  async statusOf(requestId: string): Promise<RequestStatus> {
    const { db, processor } = this.plain;
    const row = await db.withTenant(processor.workspaceId, (trx) =>
      trx('requests').where({ id: requestId }).first<{ status: RequestStatus }>('status'),
    );
    return row.status;
  }

  /** On whom the identities are of. Answers its id; its run has started. */
  async placeHold(subject: readonly Identity[], matter: string): Promise<string> {
    const { db, ring, people } = this.plain;
    const hold = {
      party: 'controller',
      visibility: 'controller',
      matter,
      authority: 'General counsel',
      purpose: 'legal',
      subject: checked(subject),
      scope: {},
    } as const;
    const holdId = await placeHold(db, ring, people[0], hold, oneCall());
    await this.plain.deliver({ holdId });
    return holdId;
  }

  async releaseHold(holdId: string, reason: string): Promise<void> {
    const release = { reason, instruction: undefined };
    await releaseHold(this.plain.db, this.plain.people[1], holdId, release, oneCall());
    await this.plain.deliver({ holdId });
  }

  /** What was left for the request's run by others than these functions. */
  tell(requestId: string): Promise<void> {
    return this.plain.deliver({ requestId });
  }
}

async function untilNoConflict(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const refusal = await work().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refusal === undefined) return;
    if (!(refusal instanceof Conflict)) throw refusal;
    await delay(100);
  }
}
