/** Brings the keyed hashes of what was erased from the sources into the journal, and clears the targets away. */
import { createInterface } from 'node:readline';
import type { ClientBase } from 'pg';
import type { JournalBlock } from '../../platform/erasure-journal.ts';
import { SourceFailed } from '../../domain/errors.ts';
import { copyRows } from '../../platform/copy-rows.ts';
import { Statements } from '../searching/statements.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The leaves of what was erased in a source, in the order of collection, action and batch. Throws SourceFailed when there
 * are not as many as the ledger says, so that a journal which is not whole is never kept.
 */
export async function* leavesOf(client: ClientBase, source: string, erasureId: string): AsyncGenerator<JournalBlock> {
  // COPY takes no parameters.
  if (!UUID.test(erasureId)) throw new TypeError('An erasure is named by a UUID.');
  const touched = `SELECT max(l.last_target) FROM steward.erasure_ledger l
     WHERE l.erasure_id = k.erasure_id AND l.collection = k.collection AND l.action = k.action`;
  const copied = copyRows(
    client,
    `COPY (SELECT k.collection, k.action, encode((SELECT string_agg(u.leaf, ''::bytea ORDER BY u.n)
        FROM unnest(k.leaves) WITH ORDINALITY AS u(leaf, n)), 'hex')
       FROM steward.erasure_targets k WHERE k.erasure_id = '${erasureId}' AND k.leaves <> '{}' AND k.block <= (${touched})
       ORDER BY k.collection, k.action, k.block) TO STDOUT`,
  );
  let found = 0;
  for await (const line of createInterface({ input: copied.rows, crlfDelay: Number.POSITIVE_INFINITY })) {
    const [collection = '', action = '', hex = ''] = line.split('\t');
    const leaves = Buffer.from(hex, 'hex');
    found += leaves.length / 32;
    yield { source, collection: unescaped(collection), action, leaves };
  }
  if (copied.rows.errored) throw copied.rows.errored;
  await copied.count();
  const { rows } = await client.query<{ rows: string }>(
    `SELECT coalesce(sum(l.rows), 0) AS rows FROM steward.erasure_ledger l
      WHERE l.erasure_id = $1 AND l.generation > coalesce((SELECT cleared FROM steward.erasures WHERE erasure_id = $1), 0)`,
    [erasureId],
  );
  if (Number(rows[0]?.rows) !== found)
    throw new SourceFailed(`The ledger of ${source} has ${rows[0]?.rows ?? '0'} rows and there are ${found} leaves.`);
}

/** As the text format of COPY writes it. */
const unescaped = (text: string): string => text.replaceAll('\\\\', '\\');

/** Once the journal has them. What was cleared is remembered, so that a later plan's journal counts its own. */
export async function clearTargets(client: ClientBase, source: string, erasureId: string): Promise<void> {
  const statements = new Statements(client, source);
  await statements.command('BEGIN');
  for (const table of ['erasure_targets', 'erasure_objects']) {
    await statements.run({
      purpose: 'clearing the targets of an erasure',
      text: `DELETE FROM steward.${table} WHERE erasure_id = $1`,
      values: [erasureId],
    });
  }
  await statements.run({
    purpose: 'ending an erasure',
    text: 'UPDATE steward.erasures SET cleared = generation WHERE erasure_id = $1',
    values: [erasureId],
  });
  await statements.command('COMMIT');
}
