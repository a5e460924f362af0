/**
 * The closed vocabulary of what operators read in the Temporal UI: summaries of runs, activities and timers, and current
 * details. Its texts consist of fixed words, ids, counts, dates and words of closed lists, so that they cannot carry
 * personal data; the payload codec lets exactly these texts pass unencrypted, by their content and nothing else.
 *
 * A new text is one more `template` or `phrase` below. The same line gives its writer and its grammar, so they cannot
 * drift apart. A value outside its slot's grammar (a fraction as a count) gives a text that is not clear and is
 * encrypted like any other: the safe way to be wrong.
 */
import { REGIMES } from './deadlines.ts';
import { REQUEST_OUTCOMES } from './request.ts';

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

/** Dates are taken as Date or as ISO 8601 text, and written in UTC. Throws RangeError for what is no date. */
const date: Slot<Date | string> = { write: (at) => new Date(at).toISOString().slice(0, 10), grammar: DATE };

const minute: Slot<Date | string> = {
  write: (at) => `${new Date(at).toISOString().slice(0, 16)}Z`,
  grammar: `${DATE}T(?:[01][0-9]|2[0-3]):[0-5][0-9]Z`,
};

const word = <W extends string>(words: readonly W[]): Slot<W> => ({
  write: (text) => text,
  grammar: `(?:${words.map(escape).join('|')})`,
});

const label = <W extends string>(labels: Readonly<Record<W, string>>): Slot<W> => ({
  write: (key) => labels[key],
  grammar: `(?:${Object.values<string>(labels).map(escape).join('|')})`,
});

const grammars: string[] = [];

/** `text` with a slot for each `{name}` in it, as a function of the values by name. */
function template<V extends object>(
  text: string,
  slots: { readonly [K in keyof V]: Slot<V[K]> },
): (values: V) => string {
  const parts = text.split(/\{(\w+)\}/);
  const fill = (slot: (name: keyof V) => string, words: (text: string) => string) =>
    parts.map((part, index) => (index % 2 === 1 ? slot(part as keyof V) : words(part))).join('');
  grammars.push(fill((name) => slots[name].grammar, escape));
  return (values) =>
    fill(
      (name) => slots[name].write(values[name]),
      (words) => words,
    );
}

function phrase(text: string): string {
  grammars.push(escape(text));
  return text;
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

const REQUEST_LABELS = {
  access: 'Access',
  portability: 'Portability',
  erasure: 'Erasure',
  rectification: 'Rectification',
  restriction: 'Restriction',
  objection: 'Objection',
} as const;

/** What can be away while a run waits and tries again. */
const SERVICES = ['database', 'source', 'storage', 'mail', 'temporal'] as const;

/** The summary of a request's run; takes a `RequestRun` as it is. */
export const requestLine = template('{type} request {requestId} under {regime}, due {legalDueAt}', {
  type: label(REQUEST_LABELS),
  requestId: uuid,
  regime: word(REGIMES),
  legalDueAt: date,
});

export const waitingForInstruction = template('Waiting for an instruction since {since}, due {due}', {
  since: minute,
  due: date,
});

export const waitingForDecision = template("Waiting for the controller's decision since {since}, due {due}", {
  since: minute,
  due: date,
});

export const lookingForPerson = template('Looking for the person in {collections}', {
  collections: count('collection', 'collections'),
});

export const found = template('Found {rows} in {collections}', {
  rows: count('row', 'rows'),
  collections: count('collection', 'collections'),
});

const packageCounts = {
  rows: count('row', 'rows'),
  files: count('file', 'files'),
  bytes: count('byte', 'bytes'),
};

export const packing = template('Packing: {rows}, {files}, {bytes}', packageCounts);

/** Takes a `PackageResult` as it is. */
export const packageReady = template('Package ready: {rows}, {files}, {missingFiles}, {bytes}', {
  ...packageCounts,
  missingFiles: count('missing file', 'missing files'),
});

export const deliveringPackage = phrase('Delivering package');

export const completed = template('Completed with {outcome} at {at}', { outcome: word(REQUEST_OUTCOMES), at: minute });

export const cancelled = template('Cancelled at {at}', { at: minute });

export const retrying = template('Retrying: {service} not reachable since {since}', {
  service: word(SERVICES),
  since: minute,
});

export const reminderTimer = template('Reminder in {days}', { days: count('day', 'days') });

/** Summaries of activities. */
export const ACTIVITY_SUMMARIES = {
  checkInstruction: phrase('Check the instruction'),
  acknowledgeReceipt: phrase('Acknowledge receipt'),
  findPerson: phrase('Find the person'),
  buildPackage: phrase('Build the package'),
  verifyPackage: phrase('Verify the package'),
  deliverLink: phrase('Deliver the link'),
  closeRequest: phrase('Close the request'),
} as const;

/** Several lines as current details: a Markdown list, for the UI renders Markdown and would run plain lines together. */
export const details = (...lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');

const CLEAR_LINE = new RegExp(`^(?:- )?(?:${grammars.join('|')})$`);

/** True only when every line of the text is of this vocabulary, from its first character to its last. */
export function isClearSummary(text: string): boolean {
  return text.split('\n').every((line) => CLEAR_LINE.test(line));
}
