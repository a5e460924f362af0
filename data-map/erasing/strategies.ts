/**
 * The masking strategies that a map can name: Fideslang's, and some of our own that its list lacks. A value that is not
 * there stays so.
 *
 * Fideslang's `aes_encrypt` is none of them: whoever has the key reads what was masked with it.
 */
import type { Field } from '../model.ts';
import { quoteText } from '../sql-text.ts';
import { EMAIL_TOKEN, PHONE_TOKEN } from '../tokens.ts';
import { fit, randomHex } from './neutral-values.ts';
import type { MaskedColumn } from './neutral-values.ts';

type PadsBound = () => { readonly inner: string; readonly outer: string };
type Configuration = Readonly<Record<string, unknown>>;
/** The text of a value as SQL to the text that takes its place. */
type TextStrategy = (text: string, configuration: Configuration, pads: PadsBound) => string;

const TEXT_STRATEGIES: Readonly<Record<string, TextStrategy>> = {
  string_rewrite: (_, configuration) => quoteText(textIn(configuration, 'rewrite_value', '[erased]')),
  random_string_rewrite: (_, configuration) => {
    const length = numberIn(configuration, 'length', 30);
    return `left(${Array.from({ length: Math.ceil(length / 32) }, () => randomHex).join(' || ')}, ${length})`;
  },
  hash: (text, configuration) => {
    const algorithm = textIn(configuration, 'algorithm', 'SHA-256') === 'SHA-512' ? 'sha512' : 'sha256';
    return `encode(${algorithm}(convert_to(${text}, 'UTF8')), 'hex')`;
  },
  hmac: (text, _, pads) => {
    const { inner, outer } = pads();
    const hashed = `sha256(${inner}::bytea || convert_to(${text}, 'UTF8'))`;
    return `encode(sha256(${outer}::bytea || ${hashed}), 'hex')`;
  },
  generalise: (text, configuration) => `left(${text}, ${numberIn(configuration, 'length', 2)})`,
  redact: (text) => redacted(text),
};

const OTHERS = ['null_rewrite', 'preserve', 'truncate_date', 'remove_paths'];

export function isStrategy(name: string): boolean {
  return Object.hasOwn(TEXT_STRATEGIES, name) || OTHERS.includes(name);
}

/** Whether different values stay different. */
export function staysUnique({ masking }: MaskedColumn): boolean {
  return masking !== undefined && ['null_rewrite', 'random_string_rewrite', 'hash', 'hmac'].includes(masking.strategy);
}

/** Undefined where the map says nothing, or what it says does not go with the column's type. */
export function maskedBy(value: string, masked: MaskedColumn, pads: PadsBound): string | undefined {
  const { masking, nested, live } = masked;
  if (masking === undefined) return nested.length === 0 ? undefined : maskedInside(value, masked, pads);
  const { strategy, configuration } = masking;
  if (strategy === 'null_rewrite') return live.nullable ? 'NULL' : undefined;
  if (strategy === 'truncate_date') return truncated(value, masked, configuration);
  if (strategy === 'remove_paths') return withoutPaths(value, masked, configuration);
  if (strategy === 'generalise' && live.family === 'number' && !live.list) return rounded(value, masked, configuration);
  const text = TEXT_STRATEGIES[strategy];
  if (text === undefined || live.family !== 'text' || live.list) return undefined;
  return onlyIfThere(value, fit(`${text(`${value}::text`, configuration, pads)}${suffixOf(configuration)}`, live.type));
}

/** Fideslang's way to keep a format, such as that of an address. */
function suffixOf(configuration: Configuration): string {
  const { format_preservation: format } = configuration;
  const suffix = typeof format === 'object' && format !== null && 'suffix' in format ? format.suffix : undefined;
  return typeof suffix === 'string' && suffix !== '' ? ` || ${quoteText(suffix)}` : '';
}

const UNITS = ['year', 'quarter', 'month', 'decade', 'century'];

function truncated(value: string, { live }: MaskedColumn, configuration: Configuration): string | undefined {
  const unit = textIn(configuration, 'unit', 'year');
  if (live.list || !/^(date|timestamp)/.test(live.type) || !UNITS.includes(unit)) return undefined;
  return `date_trunc('${unit}', ${value})::${live.type}`;
}

function rounded(value: string, { live }: MaskedColumn, configuration: Configuration): string {
  const step = numberIn(configuration, 'step', 100);
  return `(floor(${value}::numeric / ${step}) * ${step})::${live.type}`;
}

function withoutPaths(value: string, { live }: MaskedColumn, { paths }: Configuration): string | undefined {
  if (live.family !== 'json' || live.list || !Array.isArray(paths)) return undefined;
  const each = paths.filter((path) => typeof path === 'string').map((path) => path.split('.'));
  return each.length === 0 ? undefined : `(${[`${value}::jsonb`, ...each.map(pathArray)].join(' #- ')})::${live.type}`;
}

const pathArray = (path: readonly string[]): string => `ARRAY[${path.map((key) => quoteText(key)).join(', ')}]::text[]`;

/** What the map names inside a JSON column; a value that is removed is simply no longer there. */
function maskedInside(value: string, { live, nested }: MaskedColumn, pads: PadsBound): string | undefined {
  if (live.family !== 'json' || live.list) return undefined;
  return `(${nested.reduce((json, field) => insideOf(json, field, pads), `${value}::jsonb`)})::${live.type}`;
}

function insideOf(json: string, { path, masking }: Field, pads: PadsBound): string {
  const at = pathArray(path);
  const strategy = masking?.strategy ?? 'null_rewrite';
  if (strategy === 'preserve') return json;
  const text = TEXT_STRATEGIES[strategy];
  if (text === undefined) return `(${json} #- ${at})`;
  const masked = `to_jsonb((${text(`(${json} #>> ${at})`, masking?.configuration ?? {}, pads)}${suffixOf(masking?.configuration ?? {})})::text)`;
  return `CASE WHEN ${json} #> ${at} IS NULL THEN ${json} ELSE jsonb_set(${json}, ${at}, ${masked}) END`;
}

/** E-mail addresses and phone numbers, whoever's they are. */
function redacted(text: string): string {
  const withoutEmails = `regexp_replace(${text}, ${quoteText(EMAIL_TOKEN)}, '[erased]', 'g')`;
  return `regexp_replace(${withoutEmails}, ${quoteText(PHONE_TOKEN)}, '[erased]', 'g')`;
}

const onlyIfThere = (value: string, masked: string): string => `CASE WHEN ${value} IS NOT NULL THEN ${masked} END`;

function textIn(configuration: Configuration, name: string, otherwise: string): string {
  const { [name]: value } = configuration;
  return typeof value === 'string' ? value : otherwise;
}

function numberIn(configuration: Configuration, name: string, otherwise: number): number {
  const value = Number(configuration[name]);
  return Number.isInteger(value) && value > 0 && value <= 1_000_000 ? value : otherwise;
}
