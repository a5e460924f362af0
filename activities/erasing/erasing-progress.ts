/** How far an erasing is: in heartbeats, and in the erasure's row for the API. */
import type { ClientBase } from 'pg';

export interface ErasingFigures {
  /** Gone through, by whichever attempt or plan. */
  readonly rows: number;
  /** Of so many in all. */
  readonly of: number;
}

const SAVE_MS = 5_000;

export class ErasingProgress {
  #rows = 0;
  #of = 0;

  get figures(): ErasingFigures {
    return { rows: this.#rows, of: this.#of };
  }

  /** A source with what has been done and what is to be done in it. */
  expect({ rows, of }: ErasingFigures): void {
    this.#rows += rows;
    this.#of += of;
  }

  add(rows: number): void {
    this.#rows += rows;
  }

  /**
   * Saves now and then until the function that it answers is called, which saves once more; not before anything is expected,
   * so that an attempt which comes to nothing hides nothing. A saving that fails is none of the erasing's business.
   */
  keepSaving(save: (figures: ErasingFigures) => Promise<void>): () => Promise<void> {
    let saving = Promise.resolve();
    const saveNow = (): void => {
      if (this.#of === 0) return;
      saving = saving.then(() => save(this.figures)).catch(() => undefined);
    };
    const timer = setInterval(saveNow, SAVE_MS);
    return async () => {
      clearInterval(timer);
      saveNow();
      await saving;
    };
  }
}

/** What the ledger of a source has, and the targets that no batch went through yet. */
export async function readFigures(client: ClientBase, erasureId: string): Promise<ErasingFigures> {
  const { rows } = await client.query<{ done: string; left: string }>(
    `WITH passed AS (
       SELECT collection, action, max(last_target) AS last, sum(rows) AS rows
         FROM steward.erasure_ledger WHERE erasure_id = $1 GROUP BY collection, action)
     SELECT (SELECT coalesce(sum(rows), 0) FROM passed) AS done,
            (SELECT coalesce(sum(cardinality(k.versions)), 0) FROM steward.erasure_targets k
               LEFT JOIN passed USING (collection, action)
              WHERE k.erasure_id = $1 AND k.block > coalesce(passed.last, 0)) AS "left"`,
    [erasureId],
  );
  const done = Number(rows[0]?.done);
  return { rows: done, of: done + Number(rows[0]?.left) };
}
