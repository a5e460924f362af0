/** Mail about a request, which it names by its id alone, sent once for each occasion. */
import { DateTime } from 'luxon';
import { NotFound } from '../domain/errors.ts';
import type { RequestType } from '../domain/request.ts';
import type { Reminder, RequestRef, RequestRun } from '../domain/runs.ts';
import type { Database } from '../platform/database.ts';
import type { Mailer } from '../platform/mail.ts';
import { findTasks } from '../platform/records/manual-tasks.ts';
import { recordEvent } from '../platform/records/request-progress.ts';

export interface RequestMailDeps {
  readonly db: Database;
  readonly mailer: Mailer;
  readonly publicUrl: string;
}

/** A run of a request, whose reminders are counted by themselves. */
export type Occasions = RequestRef & Pick<RequestRun, 'continues'>;

/** What is the second reminder of one run is not the second of the next. */
export function occasion({ continues }: Occasions, ordinal: number): string {
  return continues === undefined ? String(ordinal) : `${continues}.${ordinal}`;
}

export interface RequestMail {
  /** The workspace's contact when left out. */
  readonly to?: string;
  readonly dedupe: string;
  readonly kind: string;
  /** Goes on after "Access request <id> ". */
  readonly subject: string;
  readonly lines: readonly string[];
}

/** The event that the mail was sent is written after it, so a crash between the two sends it again rather than never. */
export async function mailOnce(deps: RequestMailDeps, ref: RequestRef, mail: RequestMail): Promise<void> {
  const { request, contact, sent } = await readOccasion(deps.db, ref, mail.dedupe);
  if (sent) return;
  const day = (date: Date) => DateTime.fromJSDate(date, { zone: contact.time_zone }).toISODate();
  await deps.mailer.send({
    to: mail.to ?? contact.contact_email,
    subject: `Request ${ref.requestId} ${mail.subject}`,
    text: [
      `The ${request.type} request ${ref.requestId} ${mail.subject}.`,
      '',
      `Your answer to the person is due on ${day(request.legal_due_at)}; we owe you ours by ${day(request.contractual_due_at)}.`,
      ...(mail.lines.length > 0 ? ['', ...mail.lines] : []),
    ].join('\n'),
  });
  await deps.db.withTenant(ref.workspaceId, (trx) => recordEvent(trx, ref, { kind: mail.kind, dedupe: mail.dedupe }));
}

interface Occasion {
  readonly request: { readonly type: RequestType; readonly legal_due_at: Date; readonly contractual_due_at: Date };
  readonly contact: { readonly contact_email: string; readonly time_zone: string };
  readonly sent: boolean;
}

function readOccasion(db: Database, ref: RequestRef, dedupe: string): Promise<Occasion> {
  return db.withTenant(ref.workspaceId, async (trx) => {
    const request = await trx('requests')
      .where({ workspace_id: ref.workspaceId, id: ref.requestId })
      .first<Occasion['request'] | undefined>('type', 'legal_due_at', 'contractual_due_at');
    if (!request) throw new NotFound(`There is no request ${ref.requestId}.`);
    const contact = await trx('workspaces')
      .where({ id: ref.workspaceId })
      .first<Occasion['contact']>('contact_email', 'time_zone');
    const event = await trx('request_events')
      .where({ workspace_id: ref.workspaceId, request_id: ref.requestId, dedupe })
      .first('id');
    return { request, contact, sent: event !== undefined };
  });
}

/** Asks those who are awaited: whoever searches a system by hand, each for their own; otherwise the controller. */
export async function remind(deps: RequestMailDeps, ref: Occasions, reminder: Reminder): Promise<void> {
  const kind = reminder.again ? 'reminder_sent' : 'people_asked';
  const dedupe = `reminder-${reminder.about}-${occasion(ref, reminder.ordinal)}`;
  const subject = subjectOf(reminder);
  if (reminder.about !== 'manual_tasks') {
    const mail = { dedupe, kind, subject, lines: callFor(deps, ref, reminder.about) };
    await mailOnce(deps, ref, mail);
    return remindDelegate(deps, ref, reminder, mail);
  }
  const open = await deps.db.withTenant(ref.workspaceId, (trx) => findTasks(trx, ref));
  for (const { id, title, assignee } of open.filter(({ status }) => status === 'open')) {
    const lines = [`System to search: ${title}.`, ...callFor(deps, ref, 'manual_tasks')];
    const mail = { dedupe: `${dedupe}-${id}`, kind, subject, lines };
    await mailOnce(deps, ref, isAddress(assignee) ? { ...mail, to: assignee } : mail);
  }
}

/** Whoever was asked and has not been heard from may be away: then the workspace's delegate is asked as well. */
async function remindDelegate(
  deps: RequestMailDeps,
  ref: RequestRef,
  { about, again }: Reminder,
  mail: RequestMail,
): Promise<void> {
  if (about !== 'approval' || !again) return;
  const { review_delegate_email: to } = await deps.db.withTenant(ref.workspaceId, (trx) =>
    trx('workspaces')
      .where({ id: ref.workspaceId })
      .first<{ readonly review_delegate_email: string | null }>('review_delegate_email'),
  );
  if (to !== null) await mailOnce(deps, ref, { ...mail, to, dedupe: `${mail.dedupe}-delegate` });
}

const AWAITED = {
  match_review: 'waits for your word on uncertain matches',
  manual_tasks: 'waits for a search by hand',
  release: 'has a package that waits for your release',
  approval: 'waits for your approval of what is to be erased',
} as const satisfies Record<Reminder['about'], string>;

function subjectOf({ about, overdue }: Reminder): string {
  return overdue ? `is overdue and ${AWAITED[about]}` : AWAITED[about];
}

const PLACES = { match_review: 'matches', manual_tasks: 'tasks', release: 'release', approval: 'review' } as const;

function callFor({ publicUrl }: RequestMailDeps, ref: RequestRef, about: Reminder['about']): readonly string[] {
  return [
    'It goes no further until somebody has decided, by the console, by the command line or by',
    `${publicUrl}/v1/requests/${ref.requestId}/${PLACES[about]}.`,
  ];
}

const isAddress = (text: string | null): text is string => text !== null && /^[^\s@,;<>]+@[^\s@,;<>]+$/.test(text);
