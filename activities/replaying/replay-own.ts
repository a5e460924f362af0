/**
 * Brings Steward's own database, which was restored, up to the journal: in its order, and first everything that keeps records
 * or takes something back, then what was erased. Rows alone: nothing is sent, signed or started by it, and what had been done
 * stands as done, so that nothing does it again.
 */
import { JOURNAL_KINDS } from '../../domain/journal.ts';
import { SealBroken } from '../../domain/errors.ts';
import { destroyGoneKeys, readKeyCopy } from '../../platform/backups/key-copies.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import { lastNumber, readNumbered } from '../../platform/journal/numbered.ts';
import type { JournalEntry, JournalPlaces } from '../../platform/journal/numbered.ts';
import { readHead } from '../../platform/journal/head.ts';
import { finishRestore, openRestore } from '../../platform/records/restores.ts';

/** Answers how many entries were put back. Safe to be begun again. Throws SealBroken when the journal has a gap. */
export async function replayOwnDatabase(db: Database, places: JournalPlaces): Promise<number> {
  const head = await readHead(db);
  const last = await lastNumber(places.storage, head);
  const restore = await openRestore(db, null, { first: head + 1, last });
  let entries = 0;
  for (const kind of JOURNAL_KINDS)
    for (let number = restore.firstNumber ?? head + 1; number <= (restore.lastNumber ?? last); number += 1) {
      const written = await readNumbered(places, number);
      if (written === undefined) throw new SealBroken(`The journal has no object ${number}, and has later ones.`);
      for (const entry of written.filter((each) => each.kind === kind)) {
        await putBack(db, places, entry);
        entries += 1;
      }
      // Noted when the backup was taken, and written since.
      await forgetNotes(db, written);
    }
  await destroyGoneKeys(db, places.storage);
  await finishRestore(db, restore, { entries, erasures: 0 });
  return entries;
}

async function forgetNotes(db: Database, entries: readonly JournalEntry[]): Promise<void> {
  const ids = entries.map(({ id }) => id);
  await db.withPlatform((trx) => trx('journal_notes').whereIn('id', ids).delete());
}

async function putBack(db: Database, places: JournalPlaces, { workspaceId, rows }: JournalEntry): Promise<void> {
  const keys = rows.flatMap((part) => part.rows.flatMap(({ data_key_id: id }) => (typeof id === 'string' ? [id] : [])));
  await db.withTenant(workspaceId, async (trx) => {
    for (const id of new Set(keys)) await putKeyBack(trx, places, workspaceId, id);
    await trx.raw('SELECT replay_rows(?::jsonb)', [JSON.stringify(rows)]);
  });
}

/** One of which there is no copy was destroyed, and stays so. */
async function putKeyBack(trx: Transaction, { storage }: JournalPlaces, workspaceId: string, id: string) {
  const copy = await readKeyCopy(storage, workspaceId, id);
  const now = new Date();
  const key = copy
    ? {
        wrapped: Buffer.from(copy.wrapped, 'base64'),
        wrapping_key_id: copy.wrappingKeyId,
        created_at: copy.createdAt,
        copied_at: now,
      }
    : { wrapping_key_id: 'destroyed', destroyed_at: now };
  await trx('data_keys')
    .withSchema('keys')
    .insert({ id, workspace_id: workspaceId, ...key })
    .onConflict(['workspace_id', 'id'])
    .ignore();
}
