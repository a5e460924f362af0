/**
 * What a request can be, in which state, and how it can end. The lists are closed and published: types, the database's
 * constraints, the API's description and the tests read them from here.
 */

/** The rights of GDPR Art. 15 to 18, 20 and 21, under the names the field uses. */
export const REQUEST_TYPES = ['access', 'portability', 'erasure', 'rectification', 'restriction', 'objection'] as const;
export type RequestType = (typeof REQUEST_TYPES)[number];

/** The types that this version carries out; the others are known and not offered yet. */
export const OFFERED_TYPES = ['access', 'portability', 'erasure'] as const satisfies readonly RequestType[];

export const REQUEST_OUTCOMES = [
  'fulfilled',
  'partially_fulfilled',
  'not_required',
  'not_feasible',
  'refused_by_controller',
  'withdrawn',
  'no_data',
] as const;
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

/** Which status may follow which. A status without a successor is an end. */
const TRANSITIONS = {
  received: ['awaiting_instruction', 'locating', 'cancelled'],
  /** With `planning` when it goes on after a partial answer: what it found then is found anew. */
  awaiting_instruction: ['locating', 'planning', 'cancelled'],
  locating: ['reviewing_matches', 'gathering', 'packaging', 'planning', 'completed', 'cancelled'],
  /** Rows that may be somebody else's wait for a person's word; then it is looked again. */
  reviewing_matches: ['locating', 'cancelled'],
  /** Systems that are not connected are searched by people. */
  gathering: ['packaging', 'planning', 'cancelled'],
  packaging: ['awaiting_release', 'delivering', 'cancelled'],
  /** The controller looks at the package; a redaction sends it back to be built again. */
  awaiting_release: ['packaging', 'delivering', 'cancelled'],
  delivering: ['completed', 'cancelled'],
  /** What is to be erased is weighed against the retention schedule and the holds. */
  planning: ['awaiting_approval', 'cooling_off', 'certifying', 'cancelled'],
  /** Refused it ends, with the proof of what had been erased before. */
  awaiting_approval: ['planning', 'cooling_off', 'verifying', 'completed', 'cancelled'],
  /** Approved, and still to be cancelled; a new hold sends it back to be planned. */
  cooling_off: ['planning', 'erasing', 'cancelled'],
  /** No way back from here: what is erased stays erased. */
  erasing: ['planning', 'verifying'],
  verifying: ['planning', 'certifying'],
  certifying: ['completed', 'partially_completed'],
  /** Answered; goes on by itself when a ground of what is retained ends, if its instruction still stands. */
  partially_completed: ['awaiting_instruction', 'planning'],
  completed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type RequestStatus = keyof typeof TRANSITIONS;

export const REQUEST_STATUSES = Object.keys(TRANSITIONS) as readonly RequestStatus[];

export function mayFollow(from: RequestStatus, to: RequestStatus): boolean {
  return (TRANSITIONS[from] as readonly RequestStatus[]).includes(to);
}

export function isFinal(status: RequestStatus): boolean {
  return TRANSITIONS[status].length === 0;
}

/** Whether the request has its outcome: its run has ended, although another may follow. */
export function isAnswered(status: RequestStatus): boolean {
  return isFinal(status) || status === 'partially_completed';
}

/** How the identities of a request are combined: rows that have any of them, or rows that have all which they could have. */
export const COMBINATIONS = ['any', 'all'] as const;
export type Combination = (typeof COMBINATIONS)[number];

/** Whether a package goes out as soon as it has verified, or after the controller has looked at it. */
export const RELEASES = ['immediate', 'reviewed'] as const;
export type Release = (typeof RELEASES)[number];

/** In which the request waits for a decision, and for which. */
const WAITING_FOR = {
  awaiting_instruction: 'instruction',
  reviewing_matches: 'match_review',
  gathering: 'manual_tasks',
  awaiting_release: 'release',
  awaiting_approval: 'approval',
} as const satisfies Partial<Record<RequestStatus, string>>;
export const AWAITED_DECISIONS = Object.values(WAITING_FOR);
export type AwaitedDecision = (typeof WAITING_FOR)[keyof typeof WAITING_FOR];

/** The decision that a request in this status waits for. */
export function awaitedIn(status: RequestStatus): AwaitedDecision | undefined {
  return (WAITING_FOR as Partial<Record<RequestStatus, AwaitedDecision>>)[status];
}

/** What a caller of the API can do with a request that waits. */
const ACTION_FOR = {
  instruction: 'instruct',
  match_review: 'review_matches',
  manual_tasks: 'close_tasks',
  release: 'release',
  approval: 'approve',
} as const satisfies Record<AwaitedDecision, string>;
export const REQUEST_ACTIONS = [...Object.values(ACTION_FOR), 'cancel'] as const;
export type RequestAction = (typeof REQUEST_ACTIONS)[number];

/** What a caller of the API can do with a request in this status. */
export function allowedActions(status: RequestStatus): readonly RequestAction[] {
  const awaited = awaitedIn(status);
  return [...(awaited ? [ACTION_FOR[awaited]] : []), ...(mayFollow(status, 'cancelled') ? ['cancel' as const] : [])];
}

/** The statuses from which `to` can be reached in one step: the guard of an UPDATE. */
export function predecessors(to: RequestStatus): readonly RequestStatus[] {
  return REQUEST_STATUSES.filter((from) => mayFollow(from, to));
}
