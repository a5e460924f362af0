/** Whether this database knows of everything in the journal. */
import type { Database } from '../database.ts';
import { isWritten, readNumbered } from './numbered.ts';
import type { JournalPlaces } from './numbered.ts';

export async function readHead(db: Database): Promise<number> {
  const head = await db.withPlatform((trx) => trx('journal_head').first<{ number: string }>('number'));
  return Number(head.number);
}

/**
 * A database that was restored is behind: the storage has an object after its head that none of its notes was written into.
 * Where its writer died between the object and its commit, the notes are still there.
 */
export async function isBehindJournal(db: Database, places: JournalPlaces): Promise<boolean> {
  for (;;) {
    const head = await readHead(db);
    if (!(await isWritten(places.storage, head + 1))) return false;
    const entries = (await readNumbered(places, head + 1)) ?? [];
    const ids = entries.map(({ id }) => id);
    const known = await db.withPlatform((trx) => trx('journal_notes').whereIn('id', ids).first('id'));
    if (known !== undefined) return false;
    // A writer that lives may have moved on meanwhile.
    if ((await readHead(db)) === head) return true;
  }
}
