/**
 * The closed vocabulary of what operators read in the Temporal UI: summaries of runs, activities and timers, and current
 * details. Its texts consist of fixed words, ids, counts, dates and words of closed lists, so that they cannot carry
 * personal data; the payload codec lets exactly these texts pass unencrypted, by their content and nothing else.
 *
 * A new text is one more `line` below: its slots give both the writer's parameters and the grammar, so the two cannot
 * drift apart. A value outside its slot's grammar (a fraction as a count) gives a text that is not clear and is
 * encrypted like any other: the safe way to be wrong.
 */
import { REGIMES } from './deadlines.ts';
import { SERVICES } from './errors.ts';
import { REQUEST_OUTCOMES, REQUEST_TYPES } from './request.ts';
import type { RequestRun } from './runs.ts';

/** What stands between the fixed words: how a value is written, and the regular expression of all that it can be. */
interface Slot<T> {
  readonly write: (value: T) => string;
  readonly grammar: string;
}

const NUMBER = '(?:0|[1-9][0-9]{0,15})';
const DATE = '[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])';

const uuid: Slot<string> = { write: (id) => id, grammar: '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}' };

const count = (one: string, many: string): Slot<number> => ({
  write: (n) => `${n} ${n === 1 ? one : many}`,
  grammar: `(?:1 ${one}|${NUMBER} ${many})`,
});

/** Dates come as Date or as ISO 8601 text and are written in UTC. Throws RangeError for what is no date. */
const date: Slot<Date | string> = { write: (at) => new Date(at).toISOString().slice(0, 10), grammar: DATE };

const minute: Slot<Date | string> = {
  write: (at) => `${new Date(at).toISOString().slice(0, 16)}Z`,
  grammar: `${DATE}T(?:[01][0-9]|2[0-3]):[0-5][0-9]Z`,
};

const word = <W extends string>(words: readonly W[]): Slot<W> => ({
  write: (text) => text,
  grammar: `(?:${words.map(escape).join('|')})`,
});

const capitalised = <W extends string>(words: readonly W[]): Slot<W> => {
  const write = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
  return { write, grammar: word(words.map(write)).grammar };
};

const grammars: string[] = [];

/** A line of the vocabulary, as a function of what goes into its slots. */
function line<V extends readonly unknown[]>(
  words: readonly string[],
  ...slots: { readonly [I in keyof V]: Slot<V[I]> }
): (...values: V) => string {
  grammars.push(words.map((text, index) => escape(text) + (slots[index]?.grammar ?? '')).join(''));
  return (...values) => words.map((text, index) => text + (slots[index]?.write(values[index]) ?? '')).join('');
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

const ordinal: Slot<number> = { write: String, grammar: NUMBER };
const row = count('row', 'rows');
const file = count('file', 'files');
const byte = count('byte', 'bytes');

const request = line`${capitalised(REQUEST_TYPES)} request ${uuid} under ${word(REGIMES)}, due ${date}`;

/** The summary of a request's run. */
export const requestLine = (run: Pick<RequestRun, 'type' | 'requestId' | 'regime' | 'legalDueAt'>): string =>
  request(run.type, run.requestId, run.regime, run.legalDueAt);

export const waitingForInstruction = line`Waiting for an instruction since ${minute}, due ${date}`;
export const waitingForDecision = line`Waiting for the controller's decision since ${minute}, due ${date}`;
export const waitingForMatchReview = line`Waiting for a word on ${count('uncertain match', 'uncertain matches')} since ${minute}, due ${date}`;
export const waitingForSearches = line`Waiting for ${count('search by hand', 'searches by hand')} since ${minute}, due ${date}`;
export const waitingForRelease = line`Waiting for the package to be released since ${minute}, due ${date}`;
export const lookingForPerson = line`Looking for the person`;
export const found = line`Found ${row} in ${count('collection', 'collections')}`;
export const packing = line`Packing`;
export const packed = line`Packing: ${row}, ${file}, ${byte}`;
export const verifying = line`Verifying the package: ${row}, ${file}, ${byte}`;
export const delivering = line`Delivering package`;
export const packageReady = line`Package ready: ${row}, ${file}, ${byte}`;
export const planningErasure = line`Weighing what is to be erased`;
export const erasurePlanned = line`Planned: ${row} to erase, ${row} to pseudonymise, ${row} to retain`;
export const waitingForApprovals = line`Waiting for a word on ${count('decision', 'decisions')} since ${minute}, due ${date}`;
export const coolingOff = line`Approved; can be cancelled until ${minute}`;
export const coolingOffTimer = line`Cooling off`;
export const planAgainTimer = line`Plan again`;
export const erasingRecords = line`Erasing`;
export const erasedRecords = line`Erased ${row}, pseudonymised ${row}`;
export const erasedAll = line`Erased ${row}, pseudonymised ${row}, removed ${count('object', 'objects')}`;
export const verifyingErasure = line`Looking for what is left`;
export const leftOver = line`Left over: ${count('record', 'records')} at ${minute}`;
export const certifying = line`Writing the certificate`;
export const certified = line`Certified: ${row} erased, ${row} retained`;
export const partiallyCompleted = line`Partially completed: ${row} retained since ${minute}`;
export const partiallyCompletedUntil = line`Partially completed: ${row} retained, looked at again on ${date}`;
export const completed = line`Completed with ${word(REQUEST_OUTCOMES)} at ${minute}`;
export const cancelled = line`Cancelled at ${minute}`;
export const retrying = line`Retrying: ${word(SERVICES)} not reachable since ${minute}`;
export const reminderTimer = line`Reminder in ${count('day', 'days')}`;
export const mapChecked = line`The data map has ${count('error', 'errors')} and ${count('warning', 'warnings')} at ${minute}`;
export const mapCheckTimer = line`Compare the data map again`;
export const packagesDeleted = line`Expired packages: ${count('package', 'packages')} deleted, ${count('failure', 'failures')}`;
export const packageExpiryTimer = line`Delete what could not be deleted`;
export const rawSearched = line`Searched every text for ${count('erasure', 'erasures')}: something left of ${ordinal}`;
export const storageSwept = line`Removed from the storage: ${count('upload', 'uploads')}, ${count('object', 'objects')}`;

export const tombstonesSwept = line`Ended tombstones: ${count('tombstone', 'tombstones')} deleted`;

export const backupsMade = line`Backups: ${count('database', 'databases')} done, ${count('failure', 'failures')}, ${ordinal} expired, at ${minute}`;
export const restoresReplayed = line`Erased again after a restore: ${count('erasure', 'erasures')}, something left of ${ordinal}`;
export const backupTimer = line`Try the missing backups again`;
export const backupsDrilled = line`Restored on trial: ${ordinal} whole, ${count('failure', 'failures')}`;

/** The summary of an export's run. */
export const exportLine = line`Export of a workspace ${uuid}`;

export const readingSource = line`Reading source ${ordinal} of ${ordinal} in one snapshot, begun ${count('time', 'times')}`;
export const exportingParts = line`Exporting: part ${ordinal} of ${ordinal}, ${row}, ${byte}`;
export const writingManifest = line`Writing the manifest`;
export const exported = line`Export ready at ${minute}`;
export const exportPartLine = line`Part ${ordinal} of ${ordinal}`;

/** The summaries of a hold's runs. */
export const holdLine = line`Hold ${uuid}`;
export const holdReleaseLine = line`Release of the hold ${uuid}`;

/** The summary of a retention review's run over a workspace. */
export const retentionLine = line`Retention review of the workspace ${uuid}`;

export const surveyingRetention = line`Looking for what is due`;
export const reviewingClasses = line`Reviewing class ${ordinal} of ${ordinal}`;
export const retentionReviewed = line`Due: ${row}; erased ${row}, retained ${row}, waiting for approval ${row}`;
export const retentionFlagged = line`Not reviewed: ${count('failure', 'failures')}; to be looked at: ${count('hold', 'holds')}`;
export const workspacesReviewed = line`Reviewed ${count('workspace', 'workspaces')}, ${count('failure', 'failures')}, ${count('flag', 'flags')}`;

const source = count('source', 'sources');
export const waitingForSources = line`Waiting for ${source} to be told of the hold since ${minute}`;
export const holdEffective = line`Effective in every source at ${minute}`;
export const holdReleasedFirst = line`Released before every source was told`;
export const fenceTimer = line`Tell the sources again`;
export const waitingForErasures = line`Waiting for ${count('erasure', 'erasures')} to end, weighed while the hold was in force`;
export const erasuresTimer = line`Look at the erasures again`;
export const holdReleased = line`What the hold kept is looked at again from ${minute}`;

/** Summaries of activities, by the activity's name. */
export const ACTIVITY_SUMMARIES = {
  acknowledgeRequest: line`Acknowledge receipt`(),
  checkInstruction: line`Check the instruction`(),
  remindController: line`Remind the controller`(),
  remindPeople: line`Ask whoever is awaited`(),
  openManualTasks: line`Ask for searches by hand`(),
  openMatchReview: line`Look for uncertain matches`(),
  gatherManualTasks: line`Look at the searches by hand`(),
  beginRebuild: line`Throw the package away to build it again`(),
  beginRelease: line`Begin the delivery of what was released`(),
  openReleaseReview: line`Look for the release`(),
  locatePerson: line`Find the person`(),
  buildPackage: line`Build the package`(),
  verifyPackage: line`Verify the package`(),
  discardPackage: line`Throw the package away`(),
  beginDelivery: line`Begin the delivery`(),
  deliverPackage: line`Deliver the link`(),
  closeRequest: line`Close the request`(),
  withdrawRequest: line`Record the cancellation`(),
  planErasure: line`Weigh what is to be erased`(),
  openErasureReview: line`Look at the review`(),
  beginCoolingOff: line`Begin the cooling-off`(),
  endCoolingOff: line`End the cooling-off`(),
  eraseRecords: line`Erase the records`(),
  eraseMedia: line`Remove the media`(),
  endErasure: line`Write the journal of the erasure`(),
  verifyErasure: line`Look for what is left`(),
  certifyErasure: line`Write the certificate`(),
  certifyFailedErasure: line`Write the certificate of what is left`(),
  tellErasure: line`Tell the controller of the certificate`(),
  closeErasure: line`Close the erasure`(),
  refuseErasure: line`Close what was refused`(),
  checkDataMap: line`Compare the data map with the sources`(),
  expirePackages: line`Delete expired packages`(),
  sweepStorage: line`Remove what crashes have left in the storage`(),
  plantTombstones: line`Plant tombstones`(),
  sweepTombstones: line`Delete ended tombstones`(),
  searchRaw: line`Search every text for those who were erased`(),
  beginExport: line`Begin the export`(),
  beginGeneration: line`Begin the source`(),
  holdSnapshot: line`Hold the snapshot`(),
  planParts: line`Cut the source into parts`(),
  exportPart: line`Write a part`(),
  finishExport: line`Write the manifest`(),
  withdrawExport: line`Withdraw the export`(),
  raiseFences: line`Tell the sources of the hold`(),
  confirmHold: line`Record that the hold is effective`(),
  settleRelease: line`Have what the hold kept looked at again`(),
  tellRelease: line`Tell of the release`(),
  listWorkspaces: line`List the workspaces`(),
  continueRequests: line`Have requests go on`(),
  openRetentionReview: line`Open the retention review`(),
  surveyRetention: line`Look for what is due`(),
  reviewClass: line`Review a class of records`(),
  finishRetentionReview: line`Write the report of the retention review`(),
  makeBackups: line`Back up the databases`(),
  drillBackups: line`Restore the newest backups on trial`(),
  watchRestores: line`Look for restored sources`(),
} as const;

/** Summaries of runs that a schedule starts. */
export const SCHEDULE_SUMMARIES = {
  mapCheck: line`Compare the data map with the sources, daily`(),
  packageExpiry: line`Delete packages whose time is over, hourly`(),
  storageSweep: line`Remove what crashes have left in the storage, daily`(),
  tombstoneSweep: line`Delete ended tombstones, daily`(),
  rawSearch: line`Search every text for those who were erased, daily`(),
  retentionReview: line`Review what is retained, daily`(),
  backup: line`Back up the databases`(),
  backupDrill: line`Restore the newest backups on trial, weekly`(),
  restoreWatch: line`Look for restored sources, hourly`(),
} as const;

/** Several lines as current details: a Markdown list, for the UI renders Markdown and would run plain lines together. */
export const details = (...lines: readonly string[]): string => lines.map((text) => `- ${text}`).join('\n');

const CLEAR_LINE = new RegExp(`^(?:- )?(?:${grammars.join('|')})$`);

/** True only when every line of the text is of this vocabulary, from its first character to its last. */
export function isClearSummary(text: string): boolean {
  return text.split('\n').every((part) => CLEAR_LINE.test(part));
}
