/** What is wrong or odd in the files of a data map, gathered so that all of it is told at once. */
import { InvalidDataMap } from '../domain/errors.ts';
import type { Place } from './fideslang.ts';

export interface Location extends Place {
  readonly file: string;
  readonly dataset?: string;
}

export class Findings {
  readonly #problems: string[] = [];
  readonly #gaps: string[] = [];
  readonly #notices: string[] = [];

  problem(at: Location, text: string): void {
    this.#problems.push(`${describe(at)}: ${text}`);
  }

  /** The map says what it means, and a search by it would not find everything. */
  gap(at: Location, text: string): void {
    this.#gaps.push(`${describe(at)}: ${text}`);
  }

  notice(at: Location, text: string): void {
    this.#notices.push(`${describe(at)}: ${text}`);
  }

  get gaps(): readonly string[] {
    return this.#gaps;
  }

  get notices(): readonly string[] {
    return this.#notices;
  }

  /** Throws InvalidDataMap with every problem so far, one a line. */
  throwIfAny(): void {
    refuse(this.#problems);
  }
}

/** Throws InvalidDataMap with every problem, one a line. */
export function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new InvalidDataMap(`The data map has problems:\n${problems.map((line) => `  ${line}`).join('\n')}`);
}

function describe({ file, dataset, collection, field }: Location): string {
  const parts = [
    file,
    dataset !== undefined && `dataset ${dataset}`,
    collection !== undefined && `collection ${collection}`,
    field !== undefined && `field ${field}`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}
