/** Gathers what a check finds, each once and in the order in which it was found. */
import { gravityOf } from '../../domain/map-check.ts';
import type { MapFinding, MapFindingCode } from '../../domain/map-check.ts';
import type { Collection } from '../model.ts';

export interface Found {
  readonly table?: string;
  readonly column?: string;
  readonly object?: string;
  readonly text: string;
  readonly sql?: string;
}

export class Report {
  readonly source: string;
  readonly #findings: MapFinding[] = [];

  constructor(source: string) {
    this.source = source;
  }

  add(code: MapFindingCode, found: Found): void {
    this.#findings.push({ code, gravity: gravityOf(code), source: this.source, ...found });
  }

  get findings(): readonly MapFinding[] {
    return this.#findings;
  }
}

/** `schema.table`, as findings name it. */
export const nameOf = ({ schema, table }: Pick<Collection, 'schema' | 'table'>): string => `${schema}.${table}`;
