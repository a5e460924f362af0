/** What the ledger of a source says of an erasure. */
import type { ClientBase } from 'pg';
import type { TargetAction } from '../../data-map/erasing/batches.ts';

export interface LedgerEntry {
  readonly collection: string;
  readonly action: TargetAction;
  readonly batches: number;
  readonly rows: number;
  readonly gone: number;
  readonly changed: number;
  /** Rows of others whose reference was emptied. */
  readonly detached: number;
  /** Hex; SHA-256 over the digests of the batches, in their order. */
  readonly digest: string;
}

type EntryRow = { readonly [Name in keyof LedgerEntry]: string } & { readonly action: TargetAction };

/** One for each collection and action, over all plans of the erasure. */
export async function readLedger(client: ClientBase, erasureId: string): Promise<readonly LedgerEntry[]> {
  const { rows } = await client.query<EntryRow>(
    `SELECT collection, action, count(*) AS batches, sum(rows) AS rows, sum(gone) AS gone, sum(changed) AS changed,
            sum(detached) AS detached, encode(sha256(string_agg(keys_digest, ''::bytea ORDER BY generation, sequence)), 'hex') AS digest
       FROM steward.erasure_ledger WHERE erasure_id = $1 GROUP BY collection, action ORDER BY collection, action`,
    [erasureId],
  );
  return rows.map(({ collection, action, digest, ...figures }) => ({
    collection,
    action,
    digest,
    batches: Number(figures.batches),
    rows: Number(figures.rows),
    gone: Number(figures.gone),
    changed: Number(figures.changed),
    detached: Number(figures.detached),
  }));
}

/** Records that had changed since they were looked at, in one plan. */
export async function readChanged(client: ClientBase, erasureId: string, generation: number): Promise<number> {
  const { rows } = await client.query<{ changed: string }>(
    'SELECT coalesce(sum(changed), 0) AS changed FROM steward.erasure_ledger WHERE erasure_id = $1 AND generation = $2',
    [erasureId, generation],
  );
  return Number(rows[0]?.changed);
}

/** Blocks that no batch went through yet. */
export interface PendingBlocks {
  readonly collection: string;
  readonly action: TargetAction;
  readonly keeps: readonly string[];
  readonly first: number;
  readonly last: number;
}

export async function readPending(client: ClientBase, erasureId: string): Promise<readonly PendingBlocks[]> {
  const { rows } = await client.query<PendingBlocks>(
    `SELECT k.collection, k.action, k.keeps, min(k.block) AS first, max(k.block) AS last FROM steward.erasure_targets k
      WHERE k.erasure_id = $1 AND k.block > coalesce((SELECT max(l.last_target) FROM steward.erasure_ledger l
              WHERE l.erasure_id = $1 AND l.collection = k.collection AND l.action = k.action), 0)
      GROUP BY k.collection, k.action, k.keeps ORDER BY k.collection, k.action, first`,
    [erasureId],
  );
  return rows;
}

/** Where an erasing transaction goes on, under a lock that keeps another worker on the same erasure out until it ends. */
export interface Position {
  /** Of the plan that is frozen. */
  readonly generation: number;
  readonly lastBlock: number;
  readonly sequence: number;
}

/** Undefined when the source has no such erasure. */
export async function lockPosition(
  client: ClientBase,
  erasureId: string,
  { collection, action }: Pick<PendingBlocks, 'collection' | 'action'>,
): Promise<Position | undefined> {
  const locked = await client.query<{ generation: number }>(
    'SELECT generation FROM steward.erasures WHERE erasure_id = $1 FOR UPDATE',
    [erasureId],
  );
  const [erasure] = locked.rows;
  if (erasure === undefined) return undefined;
  // A statement of its own: one that had to wait for the lock still sees the ledger from before its wait.
  const { rows } = await client.query<{ last: string; sequence: number }>(
    `SELECT coalesce(max(last_target), 0) AS last, coalesce(max(sequence) FILTER (WHERE generation = $4), 0) AS sequence
       FROM steward.erasure_ledger WHERE erasure_id = $1 AND collection = $2 AND action = $3`,
    [erasureId, collection, action, erasure.generation],
  );
  return {
    generation: erasure.generation,
    lastBlock: Number(rows[0]?.last ?? 0),
    sequence: rows[0]?.sequence ?? 0,
  };
}
