/** The keys found in one collection, each once, in the order in which they were found or in another. */
import type { Values } from '../../data-map/sql-text.ts';
import { asValues } from './statements.ts';
import type { TextRow } from './statements.ts';

/** Enough for the server to choose a plan well, and small beside the rows that it answers. */
const BATCH = 2_000;

export class KeySet {
  /** A key of one column is kept as its text, one of several as JSON. */
  readonly #isSingle: boolean;
  #keys: string[] = [];
  readonly #known = new Set<string>();
  #isOrdered = false;

  constructor(columns: number) {
    this.#isSingle = columns === 1;
  }

  get size(): number {
    return this.#keys.length;
  }

  add(key: Values): void {
    const packed = this.#pack(key);
    if (this.#known.has(packed)) return;
    this.#known.add(packed);
    this.#keys.push(packed);
  }

  /** The keys there are now, but for the first ones, in arrays of bounded size. */
  *batches(skipped = 0): Generator<readonly Values[]> {
    const end = this.#keys.length;
    for (let at = skipped; at < end; at += BATCH) yield this.#slice(at, Math.min(end, at + BATCH));
  }

  all(): readonly Values[] {
    return this.#slice(0, this.#keys.length);
  }

  /** One batch needs no order of its own, for its statement orders it. */
  get isOrdered(): boolean {
    return this.#isOrdered || this.#keys.length <= BATCH;
  }

  /** Takes the same keys in another order. */
  async reorder(pages: AsyncIterable<readonly TextRow[]>): Promise<void> {
    const ordered: string[] = [];
    for await (const page of pages) for (const key of asValues(page)) ordered.push(this.#pack(key));
    this.#keys = ordered;
    this.#isOrdered = true;
  }

  #slice(start: number, end: number): readonly Values[] {
    return this.#keys.slice(start, end).map((packed) => this.#unpack(packed));
  }

  #pack(key: Values): string {
    return this.#isSingle ? (key[0] ?? '') : JSON.stringify(key);
  }

  #unpack(packed: string): Values {
    if (this.#isSingle) return [packed];
    const values: unknown = JSON.parse(packed);
    return Array.isArray(values) ? values.map(String) : [];
  }
}
