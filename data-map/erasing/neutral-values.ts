/** Values that say nothing, by type, for columns that must have one. */
import type { CatalogueColumn } from '../catalogue/model.ts';
import type { Field } from '../model.ts';

/** A column that is to be masked. */
export interface MaskedColumn {
  readonly name: string;
  readonly live: CatalogueColumn;
  /** No two rows may agree in it, alone or with others. */
  readonly unique: boolean;
  /** It refers to another row: any value but none would be somebody's. */
  readonly isReference: boolean;
  /** What the map says of it as a whole. */
  readonly masking: Field['masking'];
  /** Values in it of which the map says something; the others stay. */
  readonly nested: readonly Field[];
}

/** What stands where a text was. */
export const ERASED = '[erased]';

/** Undefined where the type has none. */
export function neutralValue({ live, isReference }: MaskedColumn): string | undefined {
  if (isReference) return undefined;
  const { type, family, list } = live;
  if (list) return `'{}'::${type}`;
  if (family === 'text') return fit(`'${ERASED}'`, type);
  if (family === 'number') return `0::${type}`;
  if (family === 'boolean') return `false`;
  if (family === 'uuid') return `'00000000-0000-0000-0000-000000000000'::${type}`;
  if (family === 'time') return neutralTime(type);
  if (family === 'network') return /macaddr/.test(type) ? `'00:00:00:00:00:00'::${type}` : `'0.0.0.0'::${type}`;
  if (family === 'bytes') return `''::${type}`;
  if (family === 'json') return `'{}'::${type}`;
  return family === 'enum' ? `enum_first(NULL::${type})` : undefined;
}

function neutralTime(type: string): string | undefined {
  if (/^(date|timestamp)/.test(type)) return `'1970-01-01'::${type}`;
  if (type.startsWith('time')) return `'00:00'::${type}`;
  return type === 'interval' ? `'0'::interval` : undefined;
}

/** Random, in so many digits that no two agree; undefined where the type has too few. */
export function uniqueValue({ live, isReference }: MaskedColumn): string | undefined {
  if (isReference || live.list) return undefined;
  const { type, family } = live;
  if (family === 'uuid') return 'gen_random_uuid()';
  if (family === 'text') {
    const length = lengthOf(type) ?? Number.POSITIVE_INFINITY;
    return length < MIN_UNIQUE ? undefined : fit(`'erased-' || ${randomHex}`, type);
  }
  if (family === 'number' && /^(bigint|numeric$)/.test(type)) return `(${random60})::${type}`;
  if (family === 'bytes') return `uuid_send(gen_random_uuid())`;
  return undefined;
}

/** `erased-` and 48 random bits. */
const MIN_UNIQUE = 19;
export const randomHex = `replace(gen_random_uuid()::text, '-', '')`;
/** Negative, so that it is none of those that a sequence has given out. */
const random60 = `-('x' || substr(${randomHex}, 1, 12) || substr(${randomHex}, 18, 3))::bit(60)::bigint`;

/** A text as long as the column's type admits. */
export function fit(text: string, type: string): string {
  const length = lengthOf(type);
  return length === undefined ? `(${text})::${type}` : `left(${text}, ${length})::${type}`;
}

function lengthOf(type: string): number | undefined {
  const found = /^character(?: varying)?\((\d+)\)$/.exec(type);
  if (found?.[1] !== undefined) return Number(found[1]);
  return type === 'character' || type === '"char"' ? 1 : undefined;
}
