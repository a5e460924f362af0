/** What the release of a hold sets going: what it kept is looked at again, and people are told. */
import type { HoldRef } from '../../domain/holds.ts';
import type { Audience } from '../../domain/retention/words.ts';
import type { Transaction } from '../database.ts';
import { writeJournal } from './hold-journal.ts';
import { countOf } from './paging.ts';

/**
 * A release is dated by its transaction's beginning and seen from its end on, so a plan that was made a little later may still
 * have the hold in it. Looking once more at one that has not does no harm.
 */
const UNTIL_SEEN = '1 minute';

/**
 * Erasures that have ended with records retained come up for the retention review at once. Only plans that were made while
 * the hold stood are meant, so that doing it again does nothing. Answers how many erasures are still open with such a plan:
 * they may end with what the hold kept, and must then come up as well.
 */
export async function settleReleased(trx: Transaction, { workspaceId, holdId }: HoldRef): Promise<number> {
  const hold = await trx('holds')
    .where({ workspace_id: workspaceId, id: holdId })
    .first<{ released_at: Date | null } | undefined>('released_at');
  if (!hold?.released_at) return 0;
  await trx.raw(
    `UPDATE erasures SET review_at = now()
       FROM holds, requests
      WHERE holds.workspace_id = ? AND holds.id = ? AND erasures.workspace_id = holds.workspace_id
        AND (requests.workspace_id, requests.id) = (erasures.workspace_id, erasures.request_id)
        AND requests.status = 'partially_completed'
        AND erasures.closed_at IS NOT NULL AND erasures.planned_at <= holds.released_at + interval '${UNTIL_SEEN}'
        AND (erasures.review_at IS NULL OR erasures.review_at > now())
        AND NOT EXISTS (SELECT FROM erasures later
              WHERE (later.workspace_id, later.request_id) = (erasures.workspace_id, erasures.request_id)
                AND later.ordinal > erasures.ordinal)`,
    [workspaceId, holdId],
  );
  return countOf(
    trx('erasures')
      .join('holds', { 'holds.workspace_id': 'erasures.workspace_id' })
      .where({ 'holds.workspace_id': workspaceId, 'holds.id': holdId })
      // What the retention review erases is of no request, and looks again by itself.
      .whereNotNull('erasures.request_id')
      .whereNull('erasures.closed_at')
      .whereRaw(`(erasures.planned_at IS NULL OR erasures.planned_at <= holds.released_at + interval '${UNTIL_SEEN}')`),
  );
}

/** Whom to tell of a release, once. */
export interface ReleaseNews {
  readonly releasedAt: Date;
  readonly addresses: readonly string[];
  readonly timeZone: string;
}

interface NewsRow {
  readonly released_at: Date | null;
  readonly visibility: Audience;
  readonly notify_email: string | null;
  readonly contact_email: string;
  readonly time_zone: string;
}

/** Undefined when they were told. A hold in confidence is not told of to the controller. */
export async function readReleaseNews(
  trx: Transaction,
  { workspaceId, holdId }: HoldRef,
): Promise<ReleaseNews | undefined> {
  const row = await trx('holds')
    .join('workspaces', { 'workspaces.id': 'holds.workspace_id' })
    .where({ 'holds.workspace_id': workspaceId, 'holds.id': holdId })
    .first<NewsRow | undefined>('released_at', 'visibility', 'notify_email', 'contact_email', 'time_zone');
  const told = await trx('hold_journal')
    .where({ workspace_id: workspaceId, hold_id: holdId })
    .whereRaw(`change ->> 'kind' = 'release_told'`)
    .first('id');
  if (!row?.released_at || told !== undefined) return undefined;
  const contact = row.visibility === 'processor' ? [] : [row.contact_email];
  const addresses = [...new Set([...contact, ...(row.notify_email === null ? [] : [row.notify_email])])];
  return { releasedAt: row.released_at, addresses, timeZone: row.time_zone };
}

export async function recordReleaseTold(trx: Transaction, ref: HoldRef, mails: number): Promise<void> {
  await writeJournal(trx, ref, { kind: 'release_told', details: { mails } });
}
