/** Short ways to write data map files in tests; JSON is YAML. */
import { parseDataMap } from '../../data-map/parse.ts';
import { InvalidDataMap } from '../../domain/errors.ts';
import type { DataMap, Edge } from '../../data-map/model.ts';
import { fieldName } from '../../data-map/model.ts';

export type Json = Record<string, unknown>;

/** A field: `meta` is its `fides_meta`, `more` what stands beside it. */
export function field(name: string, meta: Json = {}, more: Json = {}): Json {
  return { name, ...more, ...(Object.keys(meta).length > 0 && { fides_meta: meta }) };
}

export const key = (name: string, meta: Json = {}): Json => field(name, { primary_key: true, ...meta });

export const email = (name = 'email'): Json => field(name, { identity: 'email' });

/** A field that refers to `collection.field` of the dataset `crm`, or of the one before a slash. */
export function refers(name: string, target: string, direction?: 'from' | 'to', meta: Json = {}): Json {
  return field(name, { references: [reference(target, direction)], ...meta });
}

export function reference(target: string, direction?: 'from' | 'to'): Json {
  const [owner, path] = target.includes('/') ? target.split('/') : ['crm', target];
  return { dataset: owner, field: path, ...(direction && { direction }) };
}

/** A collection with the tenant column `workspace_id`. */
export function collection(name: string, fields: readonly Json[], steward: Json = {}, meta: Json = {}): Json {
  return { name, fields, fides_meta: { ...meta, steward: { tenant: 'workspace_id', ...steward } } };
}

export function dataset(collections: readonly Json[], steward: Json = {}, more: Json = {}): Json {
  return {
    fides_key: 'crm',
    name: 'CRM',
    collections,
    fides_meta: { steward: { source: 'crm', ...steward } },
    ...more,
  };
}

export function mapFile(...datasets: readonly Json[]): { name: string; text: string } {
  return { name: 'crm.yml', text: JSON.stringify({ dataset: datasets }) };
}

export function mapOf(...collections: readonly Json[]): DataMap {
  return parseDataMap([mapFile(dataset(collections))]);
}

/** `crm.contacts.id -> crm.notes.contact_id`, composite ones with `+` between. */
export function arrow({ from, to, on }: Edge): string {
  const end = (ref: string, side: 'from' | 'to') => `${ref}.${on.map((pair) => fieldName(pair[side])).join('+')}`;
  return `${end(from, 'from')} -> ${end(to, 'to')}`;
}

/** What is wrong with the map, line by line; nothing when it parses. */
export function problemsOf(parse: () => unknown): readonly string[] {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof InvalidDataMap)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}
