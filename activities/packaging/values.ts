/** How a stored value looks to the person it is about. */
import { DateTime } from 'luxon';
import { html } from './html.ts';
import type { Html } from './html.ts';

/** A row as JSON has it, but a number that JavaScript would write otherwise (64 bits, trailing zeros) is its text. */
export type Row = Readonly<Record<string, unknown>>;

/** Longer values are cut, with the rest behind a click. */
const SHOWN_CHARACTERS = 140;
/** A structure is longer than a text by its brackets. */
const SHOWN_STRUCTURE = 400;
/** Even behind the click there is an end: the JSON file has it all. */
const MAX_CHARACTERS = 20_000;

/** Throws SyntaxError when the line is not a JSON object. */
export function parseRow(line: string): Row {
  const row: Row = JSON.parse(line, exactNumber);
  return row;
}

function exactNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return String(value) === context.source ? value : context.source;
}

export function isBlank(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

export function renderValue(value: unknown): Html {
  if (isBlank(value)) return html`<span class="none">–</span>`;
  if (typeof value === 'boolean') return html`${value ? 'yes' : 'no'}`;
  if (typeof value === 'object' && value !== null) return renderStructure(value);
  return renderMoment(String(value)) ?? renderText(String(value));
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a value is one that only the system can read. */
export function isIdentifier(value: unknown): boolean {
  return typeof value === 'string' && UUID.test(value);
}

/** From so many characters on a text gets a column wide enough to be read in. */
const WIDE_CHARACTERS = 40;

const isPlain = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

const MOMENT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d(:?\d\d)?|Z)?$/;

/** Times read as people write them; the exact value stays in the attribute. One without an offset is shown without. */
function renderMoment(text: string): Html | undefined {
  if (!MOMENT.test(text)) return undefined;
  const moment = DateTime.fromISO(text.replace(' ', 'T'), { zone: 'utc', locale: 'en-GB' });
  if (!moment.isValid) return undefined;
  const hasOffset = /([+-]\d\d(:?\d\d)?|Z)$/.test(text.slice(10));
  return html`<time datetime="${text}">${moment.toFormat('d MMM yyyy, HH:mm')}${hasOffset ? ' UTC' : ''}</time>`;
}

function renderText(text: string): Html {
  if (isIdentifier(text)) return html`<span class="id">${text}</span>`;
  if (text.length <= WIDE_CHARACTERS) return html`${text}`;
  if (text.length <= SHOWN_CHARACTERS) return html`<div class="wide">${text}</div>`;
  const rest = text.slice(0, MAX_CHARACTERS);
  return html`<details class="wide"><summary>${text.slice(0, SHOWN_CHARACTERS)}…</summary><div class="long">${rest}${ending(text)}</div></details>`;
}

function renderStructure(value: object): Html {
  const json = JSON.stringify(value, null, 2);
  if (json.length > MAX_CHARACTERS)
    return html`<details><summary>details</summary><pre>${json.slice(0, MAX_CHARACTERS)}${ending(json)}</pre></details>`;
  if (json.length > SHOWN_STRUCTURE) return html`<details><summary>details</summary>${renderNested(value)}</details>`;
  return renderNested(value);
}

/** Lists within lists; the depth is bounded by the length, which is bounded above. */
function renderNested(value: unknown): Html {
  if (Array.isArray(value)) {
    if (value.every(isPlain)) return html`${value.map(String).join(', ')}`;
    return html`<ol class="nested">${value.map((each) => html`<li>${renderNested(each)}</li>`)}</ol>`;
  }
  if (typeof value !== 'object' || value === null) return renderValue(value);
  return html`<ul class="nested">${Object.entries(value).map(
    ([key, each]) => html`<li><span class="soft">${readableName(key)}:</span> <bdi>${renderNested(each)}</bdi></li>`,
  )}</ul>`;
}

function ending(text: string): Html | undefined {
  return text.length > MAX_CHARACTERS ? html`… <em>(cut here; the JSON file has all of it)</em>` : undefined;
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes in decimal units, as file managers show them. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

export const formatCount = (count: number): string => count.toLocaleString('en-GB');

/** `1 record`, `2 records`. */
export const counted = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** `first_name` and `firstName` as `First name`. */
export function readableName(name: string): string {
  const words = name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/[_\-.]+/g, ' ')
    .trim()
    .toLowerCase()
    .replace(/\b(id|url|ip|vat|utc|pdf)\b/g, (word) => (word === 'id' ? 'ID' : word.toUpperCase()));
  return words.charAt(0).toUpperCase() + words.slice(1);
}
