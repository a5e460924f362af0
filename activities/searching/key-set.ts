/** The keys found in one collection, each once, in the order in which they were found or in another. */
import type { KeyColumns } from '../../data-map/arrays.ts';
import type { Values } from '../../data-map/sql-text.ts';
import { asValues } from './statements.ts';
import type { TextRow } from './statements.ts';

/** Enough for the server to choose a plan well, and small beside the rows that it answers. */
const BATCH = 2_000;

export class KeySet {
  readonly #width: number;
  /** A key of one column is kept as its text, one of several as JSON. */
  #keys: string[] = [];
  readonly #known = new Set<string>();
  #isOrdered = false;

  constructor(width: number) {
    this.#width = width;
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
  *batches(skipped = 0): Generator<KeyColumns> {
    const end = this.#keys.length;
    for (let at = skipped; at < end; at += BATCH) yield this.#columns(this.#keys.slice(at, Math.min(end, at + BATCH)));
  }

  all(): KeyColumns {
    return this.#columns(this.#keys);
  }

  /** One batch needs no order of its own, for its statement orders it. */
  get isOrdered(): boolean {
    return this.#isOrdered || this.#keys.length <= BATCH;
  }

  /** Takes the same keys in another order; none is added any more, so what served to know them is let go. */
  async reorder(pages: AsyncIterable<readonly TextRow[]>): Promise<void> {
    const ordered: string[] = [];
    this.#known.clear();
    for await (const page of pages) for (const key of asValues(page)) ordered.push(this.#pack(key));
    this.#keys = ordered;
    this.#isOrdered = true;
  }

  #columns(packed: readonly string[]): KeyColumns {
    if (this.#width === 1) return [packed];
    const keys = packed.map(unpack);
    return Array.from({ length: this.#width }, (_, index) => keys.map((key) => key[index] ?? ''));
  }

  #pack(key: Values): string {
    return this.#width === 1 ? (key[0] ?? '') : JSON.stringify(key);
  }
}

function unpack(packed: string): Values {
  const values: unknown = JSON.parse(packed);
  return Array.isArray(values) ? values.map(String) : [];
}
