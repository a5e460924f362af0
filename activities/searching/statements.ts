/** Runs statements in one source, under names for errors and without the server's own words. */
import type { ClientBase, QueryResultRow } from 'pg';
import type { Statement, Values } from '../../data-map/sql-text.ts';
import { sourceFailure } from '../../platform/sources.ts';

interface Answer<Row> {
  readonly rows: readonly Row[];
  readonly rowCount: number | null;
}

/** A row whose columns are text. */
export type TextRow = readonly (string | null)[];

/** How much a page of a cursor holds, roughly; a row that is larger comes alone. */
const PAGE_BYTES = 2 ** 20;
const PAGE_ROWS = 5_000;

export class Statements {
  readonly client: ClientBase;
  readonly source: string;
  #cursors = 0;

  constructor(client: ClientBase, source: string) {
    this.client = client;
    this.source = source;
  }

  /** `Row` is what the statement says that its rows are. Throws SourceFailed with the SQLSTATE when the source refuses it, Unavailable when the source is away. */
  async run<Row extends QueryResultRow = Readonly<Record<string, unknown>>>({
    purpose,
    text,
    values,
  }: Statement): Promise<Answer<Row>> {
    try {
      return await this.client.query<Row>({ text, values: [...values] });
    } catch (error) {
      throw sourceFailure(this.source, error, purpose);
    }
  }

  async command(text: string): Promise<void> {
    await this.run({ purpose: text, text, values: [] });
  }

  /**
   * The rows of a query whose columns are text, a page at a time, so that memory does not grow with their number. A cursor
   * that is not read to its end stays until the transaction ends.
   */
  async *pages({ purpose, text, values }: Statement): AsyncGenerator<readonly TextRow[]> {
    this.#cursors += 1;
    const cursor = `steward_cursor_${this.#cursors}`;
    await this.run({ purpose, text: `DECLARE ${cursor} NO SCROLL CURSOR FOR ${text}`, values });
    for (let wanted = 100; ; ) {
      const page = await this.#fetch(purpose, `FETCH FORWARD ${wanted} FROM ${cursor}`);
      if (page.length > 0) yield page;
      if (page.length < wanted) break;
      wanted = nextPage(page);
    }
    await this.run({ purpose, text: `CLOSE ${cursor}`, values: [] });
  }

  async #fetch(purpose: string, text: string): Promise<readonly TextRow[]> {
    try {
      const { rows } = await this.client.query<(string | null)[]>({ text, rowMode: 'array' });
      return rows;
    } catch (error) {
      throw sourceFailure(this.source, error, purpose);
    }
  }
}

/** As many rows as fill a page if they are like those of the last. */
function nextPage(page: readonly TextRow[]): number {
  const bytes = page.reduce((sum, row) => sum + row.reduce((length, value) => length + (value?.length ?? 0), 1), 0);
  return Math.min(PAGE_ROWS, Math.max(1, Math.floor((PAGE_BYTES * page.length) / bytes)));
}

/** Values that are all there, as keys are and what an edge is followed by. */
export const asValues = (page: readonly TextRow[]): readonly Values[] =>
  page.map((row) => row.map((value) => value ?? ''));
