/** What the ledgers of the sources say of an erasure: the counts that a certificate gives, from where they committed. */
import type { Sources } from '../../platform/sources.ts';

export interface LedgerSum {
  readonly collection: string;
  readonly action: 'delete' | 'pseudonymise' | 'restrict';
  readonly rows: number;
}

export interface SourceLedger {
  readonly sums: readonly LedgerSum[];
  /** Of its first and its last batch, by the source's clock; undefined when there is none. */
  readonly span: { readonly from: Date; readonly to: Date } | undefined;
}

interface SumRow {
  readonly collection: string;
  readonly action: LedgerSum['action'];
  readonly rows: string;
  readonly from: Date;
  readonly to: Date;
}

/** By source; those that Steward may not erase in have none. Throws Unavailable while one is away. */
export async function readLedgers(
  sources: Sources,
  names: readonly string[],
  erasureId: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SourceLedger>> {
  const ledgers = new Map<string, SourceLedger>();
  for (const source of names.filter((name) => sources.canErase(name))) {
    const rows = await sources.withEraser(
      source,
      async (client) =>
        (
          await client.query<SumRow>(
            `SELECT collection, action, sum(rows) AS rows, min(at) AS "from", max(at) AS "to"
               FROM steward.erasure_ledger WHERE erasure_id = $1 AND rows > 0
              GROUP BY collection, action ORDER BY collection, action`,
            [erasureId],
          )
        ).rows,
      signal,
    );
    ledgers.set(source, { sums: rows.map(sumOf), span: spanOf(rows) });
  }
  return ledgers;
}

const sumOf = ({ collection, action, rows }: SumRow): LedgerSum => ({ collection, action, rows: Number(rows) });

function spanOf(rows: readonly SumRow[]): SourceLedger['span'] {
  if (rows.length === 0) return undefined;
  const times = (pick: (row: SumRow) => Date) => rows.map((row) => pick(row).getTime());
  return {
    from: new Date(Math.min(...times(({ from }) => from))),
    to: new Date(Math.max(...times(({ to }) => to))),
  };
}
