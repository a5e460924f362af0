/** The pieces of SQL text. Names come from the map, so every one goes through `quoteName`; values are always bound. */
import { InvalidDataMap } from '../domain/errors.ts';
import type { Collection, FieldRef } from './model.ts';

export interface Statement {
  /** What it does, for errors: names of collections, never values. */
  readonly purpose: string;
  readonly text: string;
  readonly values: readonly Bindable[];
}

type Bindable = string | number | readonly string[];

/** Collects the values of a statement; each gets its own parameter, typed by what it is compared with. */
export class Binds {
  readonly values: Bindable[] = [];

  add(value: Bindable): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** An identifier of PostgreSQL (manual, 4.1.1). Throws InvalidDataMap for the one character that none can have. */
export function quoteName(name: string): string {
  if (name.includes('\0')) throw new InvalidDataMap('A name in the data map has a null character.');
  return `"${name.replaceAll('"', '""')}"`;
}

/** For keys inside JSON columns. Backslashes are escaped so that it holds under any `standard_conforming_strings`. */
function quoteKey(key: string): string {
  if (key.includes('\0')) throw new InvalidDataMap('A name in the data map has a null character.');
  return `E'${key.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export function tableName({ schema, table }: Collection): string {
  return `${quoteName(schema)}.${quoteName(table)}`;
}

export function column(alias: string, name: string): string {
  return `${alias}.${quoteName(name)}`;
}

/** A column as it is, or the text of a value inside a JSON column. */
export function fieldValue(alias: string, at: FieldRef): string {
  const last = at.path.at(-1);
  if (last === undefined) return column(alias, at.column);
  const steps = at.path.slice(0, -1).map((key) => ` -> ${quoteKey(key)}`);
  return `(${column(alias, at.column)}${steps.join('')} ->> ${quoteKey(last)})`;
}

/** A cast that costs nothing, and keeps indexes usable, where the field is text already. */
export function textValue(alias: string, at: FieldRef): string {
  return `${fieldValue(alias, at)}::text`;
}

/** A column as it is, or the JSON of a value inside a JSON column. */
export function jsonValue(alias: string, { column: name, path }: FieldRef): string {
  const steps = path.map((key) => ` -> ${quoteKey(key)}`);
  return path.length === 0 ? column(alias, name) : `(${column(alias, name)}${steps.join('')})`;
}

/** A pattern of LIKE that matches its text literally. */
export function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}
