/** The pieces of SQL text. Names come from the map, so every one goes through `quoteName`; values are always bound. */
import { InvalidDataMap } from '../domain/errors.ts';
import type { Collection, FieldRef } from './model.ts';

export interface Statement {
  /** What it does, for errors: names of collections, never values. */
  readonly purpose: string;
  readonly text: string;
  readonly values: readonly Bindable[];
}

type Bindable = string | number | readonly string[] | Uint8Array;

/** A key or the values an edge goes by, in the order of the columns, each as PostgreSQL writes it. */
export type Values = readonly string[];

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

/** A literal, for names inside JSON. Backslashes are escaped so that it holds under any `standard_conforming_strings`. */
export function quoteText(key: string): string {
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
  const steps = at.path.slice(0, -1).map((key) => ` -> ${quoteText(key)}`);
  return `(${column(alias, at.column)}${steps.join('')} ->> ${quoteText(last)})`;
}

/** A cast that costs nothing, and keeps indexes usable, where the field is text already. */
export function textValue(alias: string, at: FieldRef): string {
  return `${fieldValue(alias, at)}::text`;
}

/** A column as it is, or the JSON of a value inside a JSON column. */
export function jsonValue(alias: string, { column: name, path }: FieldRef): string {
  const steps = path.map((key) => ` -> ${quoteText(key)}`);
  return path.length === 0 ? column(alias, name) : `(${column(alias, name)}${steps.join('')})`;
}

/**
 * The values of a field that is in a list, one a row and as jsonb. `to_jsonb` makes one thing of arrays of PostgreSQL and of
 * JSON; the lax mode of SQL/JSON paths (manual, 9.16.2.2) goes through lists and past what is missing or of another shape.
 */
export function elements(alias: string, { column: name, path }: FieldRef): string {
  const steps = path.map((key) => `.${JSON.stringify(key)}[*]`);
  return `jsonb_path_query(to_jsonb(${column(alias, name)}), ${quoteText(`lax $[*]${steps.join('')}`)})`;
}

/** The text of one element of `elements`. */
export const elementText = (element: string): string => `(${element} #>> '{}')`;

/** Whether the text of a field, or of any value of it when it is in a list, satisfies a condition. */
export function anyValue(alias: string, at: FieldRef, condition: (value: string) => string): string {
  if (!at.inList) return condition(textValue(alias, at));
  const element = `${alias}_each`;
  return `EXISTS (SELECT FROM ${elements(alias, at)} ${element}(v) WHERE ${condition(elementText(`${element}.v`))})`;
}

/** The text of a field to be shown; of one in a list, all its values. */
export function shownText(alias: string, at: FieldRef): string {
  if (!at.inList) return textValue(alias, at);
  return `(SELECT string_agg(${elementText('e.v')}, ', ') FROM ${elements(alias, at)} e(v))`;
}

/** A pattern of LIKE that matches its text literally. */
export function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}
