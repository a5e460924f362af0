/** What an erasure has come to: whether ledger and data are equal, and everything is there once. */
import { expect } from 'vitest';
import { withAdmin } from './administrator.ts';
import { changesBetween, countsOf, readCrm } from './crm-rows.ts';
import type { CrmRows } from './crm-rows.ts';

/** Rows in the ledger by action and by table, over all erasures of the requests. */
export type LedgerCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

export async function readLedger(adminUrl: string, requestIds: readonly string[]): Promise<LedgerCounts> {
  const erasureIds = await withAdmin(adminUrl, 'steward', async (client) => {
    const { rows } = await client.query<{ id: string }>('SELECT id FROM steward.erasures WHERE request_id = ANY ($1)', [
      requestIds,
    ]);
    return rows.map(({ id }) => id);
  });
  return withAdmin(adminUrl, 'crm', async (client) => {
    const { rows } = await client.query<{ action: string; collection: string; rows: number }>(
      `SELECT action, collection, sum(rows)::int AS rows FROM steward.erasure_ledger
        WHERE erasure_id = ANY ($1) GROUP BY action, collection HAVING sum(rows) > 0`,
      [erasureIds],
    );
    const by: Record<string, Record<string, number>> = {};
    for (const { action, collection, rows: count } of rows)
      (by[action] ??= {})[collection.replace(/^crm\./, '')] = count;
    return by;
  });
}

export const sumOf = (counts: Readonly<Record<string, number>> = {}): number =>
  Object.values(counts).reduce((all, n) => all + n, 0);

/** `before` is of before any of these requests; nothing else may have changed the sample CRM. */
export async function expectProven(adminUrl: string, before: CrmRows, requestIds: readonly string[]): Promise<void> {
  const { gone, changed, added } = changesBetween(before, await readCrm(adminUrl));
  const ledger = await readLedger(adminUrl, requestIds);
  expect(countsOf(gone)).toEqual(ledger['delete'] ?? {});
  expect(sumOf(countsOf(changed))).toBeLessThanOrEqual(sumOf(ledger['pseudonymise']) + sumOf(ledger['restrict']));
  expect(added.size).toBe(0);
  const left = await withAdmin(adminUrl, 'crm', async (client) => {
    const { rows } = await client.query<{ targets: number; objects: number }>(
      `SELECT (SELECT count(*)::int FROM steward.erasure_targets) AS targets,
              (SELECT count(*)::int FROM steward.erasure_objects) AS objects`,
    );
    return rows[0];
  });
  expect(left).toEqual({ targets: 0, objects: 0 });
  for (const requestId of requestIds) expect(await certificatesOf(adminUrl, requestId)).toEqual(ONE_EACH);
}

const ONE_EACH = { processor: 1, controller: 1, subject: 1 };

async function certificatesOf(adminUrl: string, requestId: string): Promise<Readonly<Record<string, number>>> {
  return withAdmin(adminUrl, 'steward', async (client) => {
    const { rows } = await client.query<{ audience: string; count: number }>(
      'SELECT audience, count(*)::int AS count FROM steward.certificates WHERE request_id = $1 GROUP BY audience',
      [requestId],
    );
    return Object.fromEntries(rows.map(({ audience, count }) => [audience, count]));
  });
}
