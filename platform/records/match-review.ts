/** Matches of a request as a reviewer sees them, and the decisions on those that may be somebody else's. */
import { hintContext } from '../../domain/contexts.ts';
import { Conflict, InvalidInput } from '../../domain/errors.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import { openText } from '../envelope.ts';
import type { KeyRing } from '../keys.ts';
import type { Caller } from './caller.ts';
import { openRequestKey } from './data-keys.ts';
import { readPage } from './paging.ts';
import type { Page, PageRequest } from './paging.ts';
import { recordEvent } from './request-progress.ts';
import { lockRequest, readRequest } from './requests.ts';

export const MATCH_CONFIDENCES = ['exact', 'probable', 'weak'] as const;
export const MATCH_REVIEWS = ['pending', 'accepted', 'rejected'] as const;
export const MATCH_DECISIONS = ['accepted', 'rejected'] as const;
type Review = (typeof MATCH_REVIEWS)[number];

/** What a reviewer sees of a row, masked. */
export interface MatchHint {
  /** Initials, such as `T. O.`; empty when the row bears no name. */
  readonly name: string;
  readonly identifiers: readonly { readonly type: string; readonly value: string }[];
}

export interface MatchRecord {
  readonly id: string;
  readonly source: string;
  readonly collection: string;
  readonly confidence: (typeof MATCH_CONFIDENCES)[number];
  readonly identityType: string | null;
  /** The row is not the person's own but mentions them. */
  readonly mention: boolean;
  /** Null for a match that needed no review. */
  readonly hint: MatchHint | null;
  readonly review: Review | null;
  readonly reviewedAt: Date | null;
}

export interface MatchDecision {
  readonly matchId: string;
  readonly decision: (typeof MATCH_DECISIONS)[number];
}

interface MatchRow {
  readonly id: string;
  readonly source: string;
  readonly collection: string;
  readonly confidence: MatchRecord['confidence'];
  readonly identity_type: string | null;
  readonly mention: boolean;
  readonly sealed_hint: Buffer | null;
  readonly review: Review | null;
  readonly reviewed_at: Date | null;
  readonly created_at: Date;
}

/**
 * A page of a request's matches; that somebody looked is audited, for the hints say something of people who asked for
 * nothing. Throws NotFound; SealBroken when the request's data key was destroyed.
 */
export async function listMatches(
  db: Database,
  ring: KeyRing,
  caller: Caller,
  requestId: string,
  review: Review | undefined,
  page: PageRequest,
): Promise<Page<MatchRecord>> {
  const { workspaceId, principal } = caller;
  return db.withTenant(workspaceId, async (trx) => {
    await readRequest(trx, caller, requestId);
    const query = trx('match_records')
      .leftJoin('request_identities as identity', {
        'identity.workspace_id': 'match_records.workspace_id',
        'identity.request_id': 'match_records.request_id',
        'identity.ordinal': 'match_records.identity_ordinal',
      })
      .where({ 'match_records.workspace_id': workspaceId, 'match_records.request_id': requestId })
      .select('match_records.*', { identity_type: 'identity.type' });
    if (review) void query.where({ review });
    const { rows, last } = await readPage<MatchRow>(query, 'match_records', page);
    const dataKey = await openRequestKey(trx, ring, workspaceId, requestId);
    await appendAudit(trx, workspaceId, {
      actor: principal,
      action: 'request.matches_read',
      subject: { kind: 'request', id: requestId },
      details: { matches: rows.length },
    });
    return { rows: rows.map((row) => toRecord(row, dataKey, requestId)), last };
  });
}

function toRecord(row: MatchRow, dataKey: Buffer, requestId: string): MatchRecord {
  return {
    id: row.id,
    source: row.source,
    collection: row.collection,
    confidence: row.confidence,
    identityType: row.identity_type,
    mention: row.mention,
    hint: row.sealed_hint && (JSON.parse(openText(dataKey, row.sealed_hint, hintContext(requestId))) as MatchHint),
    review: row.review,
    reviewedAt: row.reviewed_at,
  };
}

/**
 * Decides on matches, all of them or none. The same decision again changes nothing. Throws NotFound; InvalidInput when a
 * match is not the request's or needs no decision; Conflict when one was decided otherwise, or the request does not wait for
 * the review any more.
 */
export async function decideMatches(
  db: Database,
  caller: Caller,
  requestId: string,
  decisions: readonly MatchDecision[],
): Promise<void> {
  const { workspaceId, principal } = caller;
  await db.withTenant(workspaceId, async (trx) => {
    const { status } = await lockRequest(trx, caller, requestId);
    const open = await undecided(trx, { workspaceId, requestId }, decisions);
    if (open.length === 0) return;
    if (status !== 'reviewing_matches')
      throw new Conflict(`The request is ${status} and waits for no review of matches.`);
    const counts: Record<MatchDecision['decision'], number> = { accepted: 0, rejected: 0 };
    for (const decision of MATCH_DECISIONS) {
      const ids = open.filter((each) => each.decision === decision).map(({ matchId }) => matchId);
      counts[decision] = await trx('match_records')
        .where({ workspace_id: workspaceId, request_id: requestId })
        .whereIn('id', ids)
        .update({ review: decision, reviewed_by: principal.id, reviewed_at: new Date() });
    }
    await recordEvent(
      trx,
      { workspaceId, requestId },
      { kind: 'matches_reviewed', actor: principal.id, details: counts },
    );
    await trx('outbox').insert({ workspace_id: workspaceId, request_id: requestId, message: 'review' });
    await appendAudit(trx, workspaceId, {
      actor: principal,
      action: 'request.matches_reviewed',
      subject: { kind: 'request', id: requestId },
      details: counts,
    });
  });
}

/** The decisions that change something. */
async function undecided(
  trx: Transaction,
  { workspaceId, requestId }: { readonly workspaceId: string; readonly requestId: string },
  decisions: readonly MatchDecision[],
): Promise<readonly MatchDecision[]> {
  const rows = await trx('match_records')
    .where({ workspace_id: workspaceId, request_id: requestId })
    .whereIn(
      'id',
      decisions.map(({ matchId }) => matchId),
    )
    .whereNotNull('review')
    .select<{ id: string; review: Review }[]>('id', 'review');
  const reviews = new Map(rows.map(({ id, review }) => [id, review]));
  const fields = decisions.flatMap(({ matchId }, index) =>
    reviews.has(matchId)
      ? []
      : [
          {
            pointer: `/decisions/${index}/matchId`,
            detail: 'The request has no match of this id that needs a decision.',
          },
        ],
  );
  if (fields.length > 0) throw new InvalidInput('There are matches that cannot be decided.', { fields });
  const otherwise = decisions.find(
    ({ matchId, decision }) => !['pending', decision].includes(reviews.get(matchId) ?? ''),
  );
  if (otherwise) throw new Conflict(`Match ${otherwise.matchId} is ${reviews.get(otherwise.matchId)} already.`);
  return decisions.filter(({ matchId }) => reviews.get(matchId) === 'pending');
}
