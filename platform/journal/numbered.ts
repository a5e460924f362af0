/**
 * The journal in the object storage: objects numbered from 1, each with the entries of one writing, sealed. An object is
 * written once and never replaced, so that two databases which both believe to be the newest cannot both go on.
 */
import { hkdfSync } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { JOURNAL_KINDS } from '../../domain/journal.ts';
import type { JournalKind } from '../../domain/journal.ts';
import { Conflict, SealBroken } from '../../domain/errors.ts';
import { bindingOf, open, seal } from '../aead.ts';
import { requireKey } from '../keys.ts';
import type { KeyRing } from '../keys.ts';
import { ObjectMissing } from '../storage/storage.ts';
import type { ObjectStorage } from '../storage/storage.ts';

/** A table's rows as PostgreSQL writes them as JSON. */
export interface EntryRows {
  readonly table: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export interface JournalEntry {
  /** Of the note that it was written for. */
  readonly id: string;
  readonly kind: JournalKind;
  readonly workspaceId: string;
  readonly subjectId: string;
  /** When that happened; ISO 8601. */
  readonly at: string;
  /** The subject and what it stands on, in the order in which they can be put back. */
  readonly rows: readonly EntryRows[];
}

export interface JournalPlaces {
  readonly storage: ObjectStorage;
  readonly ring: KeyRing;
}

const FORMAT = 'steward-journal/1';
/** Zeros in front, so that the order of the keys is that of the numbers. */
const keyOf = (number: number): string => `journal/${String(number).padStart(12, '0')}`;

const envelope = z.strictObject({ format: z.literal(FORMAT), keyId: z.string(), sealed: z.base64() });

const entries = z.array(
  z.strictObject({
    id: z.string(),
    kind: z.enum(JOURNAL_KINDS),
    workspaceId: z.uuid(),
    subjectId: z.uuid(),
    at: z.string(),
    rows: z.array(z.strictObject({ table: z.string(), rows: z.array(z.record(z.string(), z.unknown())) })),
  }),
);

/** Answers false when there is an object of that number; then nothing was written. */
export async function writeNumbered(
  { storage, ring }: JournalPlaces,
  number: number,
  written: readonly JournalEntry[],
): Promise<boolean> {
  const { id: keyId } = ring.current('tombstone');
  const text = Buffer.from(JSON.stringify(written));
  const sealed = seal(sealingKey(ring, keyId), text, bindingOf('journal', String(number))).toString('base64');
  const content = Buffer.from(JSON.stringify({ format: FORMAT, keyId, sealed }));
  try {
    await storage.put(keyOf(number), Readable.from([content]), { ifAbsent: true });
    return true;
  } catch (error) {
    if (error instanceof Conflict) return false;
    throw error;
  }
}

/** Undefined when there is none of that number. Throws SealBroken when it is none that can be read. */
export async function readNumbered(
  { storage, ring }: JournalPlaces,
  number: number,
): Promise<readonly JournalEntry[] | undefined> {
  try {
    const { stream } = await storage.get(keyOf(number));
    const { keyId, sealed } = envelope.parse(JSON.parse((await buffer(stream)).toString('utf8')));
    const text = open(sealingKey(ring, keyId), Buffer.from(sealed, 'base64'), bindingOf('journal', String(number)));
    return entries.parse(JSON.parse(text.toString('utf8')));
  } catch (error) {
    if (error instanceof ObjectMissing) return undefined;
    if (error instanceof z.ZodError || error instanceof SyntaxError)
      throw new SealBroken(`The object ${number} of the journal is none that this version knows.`);
    throw error;
  }
}

export async function isWritten(storage: ObjectStorage, number: number): Promise<boolean> {
  return (await storage.head(keyOf(number))) !== undefined;
}

/** The number of the last object after `from`, which is there or is 0; there are no gaps. */
export async function lastNumber(storage: ObjectStorage, from: number): Promise<number> {
  let step = 1;
  while (await isWritten(storage, from + step)) step *= 2;
  // Between `from + step / 2`, which is there, and `from + step`, which is not.
  let [there, missing] = [from + Math.floor(step / 2), from + step];
  while (missing - there > 1) {
    const middle = Math.floor((there + missing) / 2);
    if (await isWritten(storage, middle)) there = middle;
    else missing = middle;
  }
  return there;
}

/** Not a data key: the journal has to be read when the database is gone. */
function sealingKey(ring: KeyRing, keyId: string): Buffer {
  const { bytes } = requireKey(ring, 'tombstone', keyId);
  return Buffer.from(hkdfSync('sha256', bytes, '', 'journal', 32));
}
