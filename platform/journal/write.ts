/**
 * Brings what is noted into the journal in the object storage. One writer at a time holds the head; a note goes in the
 * transaction in which the head says that its entry is written.
 */
import { SealBroken } from '../../domain/errors.ts';
import type { JournalKind } from '../../domain/journal.ts';
import type { Database, Transaction } from '../database.ts';
import { copyDataKeys } from '../backups/key-copies.ts';
import { readNumbered, writeNumbered } from './numbered.ts';
import type { EntryRows, JournalEntry, JournalPlaces } from './numbered.ts';

const BATCH = 100;

interface NoteRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly kind: JournalKind;
  readonly subject_id: string;
  readonly at: Date;
}

/** Thrown when the storage has entries that this database does not know of: it was restored, or another one writes too. */
export class JournalAhead extends Error {
  constructor(number: number) {
    super(`The journal in the object storage goes on beyond ${number}, where this database ends.`);
    this.name = 'JournalAhead';
  }
}

/** Answers how many notes were written. Throws JournalAhead; Unavailable while the database or the storage is away. */
export async function writeJournalNotes(db: Database, places: JournalPlaces): Promise<number> {
  let written = 0;
  for (;;) {
    if (!(await haveNotes(db))) return written;
    const batch = await db.withPlatform((trx) => writeBatch(db, trx, places));
    written += batch;
    if (batch < BATCH) return written;
  }
}

async function haveNotes(db: Database): Promise<boolean> {
  return (await db.withPlatform((trx) => trx('journal_notes').first('id'))) !== undefined;
}

async function writeBatch(db: Database, trx: Transaction, places: JournalPlaces): Promise<number> {
  const head = await lockHead(trx);
  const notes = await trx('journal_notes').orderBy(['at', 'id']).limit(BATCH).select<NoteRow[]>();
  if (notes.length === 0) return 0;
  // What an entry refers to must be able to be opened by whoever reads it.
  await copyDataKeys(db, places.storage, [...new Set(notes.map((note) => note.workspace_id))]);
  const entries: JournalEntry[] = [];
  for (const note of notes) entries.push(await entryOf(db, note));
  const number = head + 1;
  const isNew = await writeNumbered(places, number, entries);
  const ids = (isNew ? entries : await requireOurs(places, number, notes)).map(({ id }) => id);
  await trx('journal_notes').whereIn('id', ids).delete();
  await trx('journal_head').update({ number });
  return notes.length;
}

async function lockHead(trx: Transaction): Promise<number> {
  const head = await trx('journal_head').forUpdate().first<{ number: string }>('number');
  return Number(head.number);
}

/** As it is by now, which may be later than the note: then another note tells of that too. */
async function entryOf(
  db: Database,
  { id, kind, workspace_id: workspaceId, subject_id: subjectId, at }: NoteRow,
): Promise<JournalEntry> {
  const rows = await db.withTenant(workspaceId, async (trx) => {
    const answer = await trx.raw<{ rows: { entry: EntryRows[] }[] }>('SELECT journal_rows(?, ?, ?) AS entry', [
      kind,
      workspaceId,
      subjectId,
    ]);
    return answer.rows[0]?.entry ?? [];
  });
  return { id, kind, workspaceId, subjectId, at: at.toISOString(), rows };
}

/** A writer that died between the object and its commit has written some of the same notes; anything else is another database's. */
async function requireOurs(
  places: JournalPlaces,
  number: number,
  notes: readonly NoteRow[],
): Promise<readonly JournalEntry[]> {
  const there = await readNumbered(places, number);
  if (there === undefined) throw new SealBroken(`The object ${number} of the journal was there and is not.`);
  const known = new Set(notes.map(({ id }) => id));
  if (there.length === 0 || !there.every(({ id }) => known.has(id))) throw new JournalAhead(number - 1);
  return there;
}
