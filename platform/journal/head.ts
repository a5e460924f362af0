/** Whether this database knows of everything in the journal. */
import type { Database } from '../database.ts';
import { countOf } from '../records/paging.ts';
import { isWritten, readNumbered } from './numbered.ts';
import type { JournalPlaces } from './numbered.ts';

export async function readHead(db: Database): Promise<number> {
  const head = await db.withPlatform((trx) => trx('journal_head').first<{ number: string }>('number'));
  return Number(head.number);
}

/**
 * A database that was restored is behind: the storage has entries after its head that are none of its notes. Where its writer
 * died between the object and its commit, the notes of that one object are still there, and it is the last.
 */
export async function isBehindJournal(db: Database, places: JournalPlaces): Promise<boolean> {
  for (;;) {
    const head = await readHead(db);
    if (!(await isWritten(places.storage, head + 1))) return false;
    const isOurs = (await isOfNotes(db, places, head + 1)) && !(await isWritten(places.storage, head + 2));
    if (isOurs) return false;
    // A writer that lives may have moved on meanwhile.
    if ((await readHead(db)) === head) return true;
  }
}

async function isOfNotes(db: Database, places: JournalPlaces, number: number): Promise<boolean> {
  const entries = (await readNumbered(places, number)) ?? [];
  const ids = entries.map(({ id }) => id);
  const known = await db.withPlatform((trx) => countOf(trx('journal_notes').whereIn('id', ids)));
  return known === ids.length;
}
