/** How a stored value looks to the person it is about: on the index page, and as a line of text on pages of many rows. */
import { escapeHtml } from '../../domain/html.ts';
import type { Cell } from './json-cells.ts';
import type { Speech } from './words/speech.ts';

/** Longer texts are cut, with the rest behind a click. */
const SHOWN_CHARACTERS = 140;
/** A structure is longer than a text by its brackets. */
const SHOWN_STRUCTURE = 400;
/** Even behind the click there is an end: the files have it all. */
const MAX_CHARACTERS = 20_000;
/** From so many characters on a text gets a column wide enough to be read in. */
const WIDE_CHARACTERS = 40;

/** How many characters behind clicks a page still takes; long values must not make a page that no browser opens. */
export interface Room {
  left: number;
}

/** The value as markup; blank is an empty string. */
export function cellMarkup(cell: Cell, speech: Speech, room: Room): string {
  if (isBlank(cell)) return '';
  switch (cell.kind) {
    case 'boolean':
      return cell.text === 'true' ? speech.words.yes : speech.words.no;
    case 'number':
      return cell.text;
    case 'structure':
      return structureMarkup(cell.text, speech, room);
    default:
      return textMarkup(cell.text, speech, room);
  }
}

export function isBlank({ kind, text }: Cell): boolean {
  return kind === 'null' || text === '' || (kind === 'structure' && text === '[]');
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a value is one that only the system can read. */
export function isIdentifier({ kind, text }: Cell): boolean {
  return kind === 'text' && text.length === 36 && UUID.test(text);
}

function textMarkup(text: string, speech: Speech, room: Room): string {
  const moment = momentText(text, speech);
  if (moment !== undefined) return `<time datetime="${text}">${moment}</time>`;
  if (text.length === 36 && UUID.test(text)) return `<span class=id>${text}</span>`;
  return lineMarkup(text, speech, room);
}

function longMarkup(text: string, speech: Speech, room: Room): string {
  const shown = escapeHtml(text.slice(0, SHOWN_CHARACTERS));
  const rest = kept(text, room, speech);
  if (rest === undefined) return `<div class=wide>${shown}${escapeHtml(speech.words.cut)}</div>`;
  return `<details class=wide><summary>${shown}…</summary><div class=long>${rest}</div></details>`;
}

/** The text as far as there is room for it; undefined when there is none. */
function kept(text: string, room: Room, { words }: Speech): string | undefined {
  const length = Math.min(text.length, MAX_CHARACTERS);
  if (room.left < length) return undefined;
  room.left -= length;
  return `${escapeHtml(text.slice(0, length))}${length < text.length ? escapeHtml(words.cut) : ''}`;
}

const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?([+-]\d\d(?::?\d\d)?|Z)?)?$/;
const UTC = /^([+-]00(:?00)?|Z)$/;

/** Days and times as people write them; one without an offset is shown without. Undefined when it is neither. */
function momentText(text: string, speech: Speech): string | undefined {
  const digit = text.charCodeAt(0) - 0x30;
  if (digit < 0 || digit > 9 || text.length < 10 || text.length > 35) return undefined;
  const [, day = '', time, offset] = MOMENT.exec(text) ?? [];
  const shown = day === '' ? undefined : speech.shortDay(day);
  if (shown === undefined || time === undefined) return shown;
  if (offset === undefined) return `${shown}, ${time}`;
  if (UTC.test(offset)) return `${shown}, ${time} UTC`;
  const at = new Date(`${text.slice(0, -offset.length).replace(' ', 'T')}${wholeOffset(offset)}`);
  if (Number.isNaN(at.getTime())) return undefined;
  const iso = at.toISOString();
  const shifted = speech.shortDay(iso.slice(0, 10));
  return shifted === undefined ? undefined : `${shifted}, ${iso.slice(11, 16)} UTC`;
}

/** `+02` as `+02:00`. */
function wholeOffset(offset: string): string {
  const digits = offset.replace(':', '');
  return `${digits.slice(0, 3)}:${digits.slice(3) || '00'}`;
}

function structureMarkup(json: string, speech: Speech, room: Room): string {
  const { words } = speech;
  if (json.length <= SHOWN_STRUCTURE) return nestedMarkup(parseExactly(json), speech, room);
  if (json.length <= MAX_CHARACTERS && json.length <= room.left) {
    room.left -= json.length;
    return `<details><summary>${words.details}</summary>${nestedMarkup(parseExactly(json), speech, room)}</details>`;
  }
  const rest = kept(json, room, speech);
  if (rest === undefined) return `<div class=wide>${escapeHtml(json.slice(0, SHOWN_CHARACTERS) + words.cut)}</div>`;
  return `<details><summary>${words.details}</summary><pre>${rest}</pre></details>`;
}

/** Numbers that JavaScript would write otherwise: 64 bits, trailing zeros, exponents. A text that looks like one does no harm. */
const INEXACT = /(?:^|[[:,\s])-?[\d.]*(?:\d{16}|\.\d*0(?!\d)|\d[eE])/;

/** With such numbers as their text. */
function parseExactly(json: string): unknown {
  if (!INEXACT.test(json)) return JSON.parse(json);
  return JSON.parse(json, (_key, value: unknown, context?: { readonly source?: string }) => {
    if (typeof value !== 'number' || context?.source === undefined) return value;
    return String(value) === context.source ? value : context.source;
  });
}

const plainText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const isPlain = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

/** Lists within lists; the depth is bounded by the length, which is bounded above. */
function nestedMarkup(value: unknown, speech: Speech, room: Room): string {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? speech.words.yes : speech.words.no;
  if (Array.isArray(value)) {
    if (value.every(isPlain)) return escapeHtml(value.map(String).join(', '));
    return `<ol class=nested>${value.map((each) => `<li>${nestedMarkup(each, speech, room)}`).join('')}</ol>`;
  }
  if (typeof value !== 'object') return textMarkup(plainText(value), speech, room);
  const items = Object.entries(value).map(
    ([key, each]) =>
      `<li><span class=soft>${escapeHtml(readableName(key))}:</span> <bdi>${nestedMarkup(each, speech, room)}</bdi>`,
  );
  return `<ul class=nested>${items.join('')}</ul>`;
}

/** The value as one line of text, as pages of many rows show it and as the search finds it; blank is an empty string. */
export function cellText(cell: Cell, speech: Speech): string {
  if (isBlank(cell)) return '';
  switch (cell.kind) {
    case 'boolean':
      return cell.text === 'true' ? speech.words.yes : speech.words.no;
    case 'structure':
      return cell.text.length > MAX_CHARACTERS
        ? `${cell.text.slice(0, MAX_CHARACTERS)}${speech.words.cut}`
        : nestedText(parseExactly(cell.text), speech);
    case 'text':
      return (
        momentText(cell.text, speech) ??
        (cell.text.length > MAX_CHARACTERS ? cell.text.slice(0, MAX_CHARACTERS) + speech.words.cut : cell.text)
      );
    default:
      return cell.text;
  }
}

function nestedText(value: unknown, speech: Speech): string {
  if (value === null) return '–';
  if (typeof value === 'boolean') return value ? speech.words.yes : speech.words.no;
  if (typeof value !== 'object') return plainText(value);
  if (Array.isArray(value)) return value.map((each) => nestedText(each, speech)).join(', ');
  let text = '';
  for (const [key, each] of Object.entries(value)) {
    text += `${text === '' ? '' : ' · '}${readableName(key)}: ${nestedText(each, speech)}`;
  }
  return text;
}

/** One line of text as markup, long ones with the rest behind a click. */
export function lineMarkup(text: string, speech: Speech, room: Room): string {
  if (text.length <= WIDE_CHARACTERS) return escapeHtml(text);
  if (text.length <= SHOWN_CHARACTERS) return `<div class=wide>${escapeHtml(text)}</div>`;
  return longMarkup(text, speech, room);
}

const names = new Map<string, string>();
/** Keys of stored structures are few, but somebody may have made them up one by one. */
const NAMES_REMEMBERED = 1_000;

/** `first_name` and `firstName` as `First name`. */
function readableName(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const words = name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/[_\-.]+/g, ' ')
    .trim()
    .toLowerCase()
    .replace(/\b(id|url|ip|vat|utc|pdf)\b/g, (word) => (word === 'id' ? 'ID' : word.toUpperCase()));
  const readable = words.charAt(0).toUpperCase() + words.slice(1);
  if (names.size >= NAMES_REMEMBERED) names.clear();
  names.set(name, readable);
  return readable;
}
