/** The words of a language, with numbers and days as it writes them. */
import type { Language } from '../../../domain/languages.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import type { Words } from './en.ts';

export type { Words } from './en.ts';

export interface Speech {
  readonly language: Language;
  readonly words: Words;
  /** `1,234`. */
  readonly count: (count: number) => string;
  /** `1 record`, `2 records`. */
  readonly counted: (count: number, noun: Noun) => string;
  /** `5 March 2026`. */
  readonly longDay: (at: Date) => string;
  /** `5 Mar 2026`, of a day as ISO 8601 writes it; undefined when there is no such day. */
  readonly shortDay: (isoDay: string) => string | undefined;
}

const PLURALS = {
  record: 'records',
  file: 'files',
  collection: 'collections',
  row: 'rows',
  page: 'pages',
} as const satisfies Partial<Record<keyof Words, keyof Words>>;
type Noun = keyof typeof PLURALS;

const CATALOGUES: Readonly<Record<Language, { readonly locale: string; readonly words: Words }>> = {
  en: { locale: 'en-GB', words: en },
  de: { locale: 'de-DE', words: de },
};

const spoken = new Map<Language, Speech>();

export function speechIn(language: Language): Speech {
  const known = spoken.get(language);
  if (known) return known;
  const { locale, words } = CATALOGUES[language];
  const numbers = new Intl.NumberFormat(locale);
  const longDays = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' });
  const shortDays = rememberingDays(
    new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }),
  );
  const count = (value: number): string => numbers.format(value);
  const speech: Speech = {
    language,
    words,
    count,
    counted: (value, noun) => `${count(value)} ${words[value === 1 ? noun : PLURALS[noun]]}`,
    longDay: (at) => longDays.format(at),
    shortDay: shortDays,
  };
  spoken.set(language, speech);
  return speech;
}

/** Rows of one table bear the same days again and again, and formatting one costs as much as all else of its row. */
const DAYS_REMEMBERED = 20_000;

function rememberingDays(format: Intl.DateTimeFormat): (isoDay: string) => string | undefined {
  const days = new Map<string, string | undefined>();
  return (isoDay) => {
    if (days.has(isoDay)) return days.get(isoDay);
    if (days.size >= DAYS_REMEMBERED) days.clear();
    const at = new Date(`${isoDay}T00:00:00Z`);
    const isReal = !Number.isNaN(at.getTime()) && at.toISOString().startsWith(isoDay);
    const text = isReal ? format.format(at) : undefined;
    days.set(isoDay, text);
    return text;
  };
}

/** A text with its places filled. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** The reason for keeping something back, as the person may know it. */
export function exemptionWords(words: Words, exemption: string): string {
  const key = `exemption_${exemption}`;
  return (Object.hasOwn(words, key) ? words[key as keyof Words] : undefined) ?? words.exemption_other;
}
