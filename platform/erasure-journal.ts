/**
 * The journal of an erasure: the keyed hashes of all that was erased, sealed in the object storage, outside the sources and
 * their backups. Lines of JSON: a header, a line for each block of leaves, and a trailer with the Merkle root over them.
 * An object is written once and never replaced.
 */
import { hash, hkdfSync } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Readable, pipeline } from 'node:stream';
import { MerkleTree } from '../domain/merkle.ts';
import { Conflict, SealBroken } from '../domain/errors.ts';
import { requireKey } from './keys.ts';
import type { KeyRing } from './keys.ts';
import { openStream, sealStream } from './sealed-stream.ts';
import type { ObjectStorage } from './storage/storage.ts';

/** What an erasure's record keeps of its journal. */
export interface Journal {
  readonly key: string;
  /** Hex. */
  readonly root: string;
  readonly leaves: number;
}

export interface JournalPlace {
  readonly storage: ObjectStorage;
  readonly ring: KeyRing;
  readonly workspaceId: string;
  readonly erasureId: string;
  /** Of the tombstone key that the leaves and the journal are made with. */
  readonly keyId: string;
}

/** Leaves of 32 bytes, one after the other. */
export interface JournalBlock {
  readonly source: string;
  readonly collection: string;
  readonly action: string;
  readonly leaves: Buffer;
}

const FORMAT = 'steward-erasure-journal/1';
const LEAF_BYTES = 32;
const TEXT_BYTES = 2 ** 16;

/** Where it lies; `name` is the number of the plan, or names another writing. */
export const journalKey = ({ workspaceId, erasureId }: JournalPlace, name: number | string): string =>
  `erasure-journal/${workspaceId}/${erasureId}/${name}`;

/**
 * Writes the journal of a plan, its blocks in the order given, and answers what was written. When it is there already, as
 * after a crash, that is answered instead.
 */
export async function writeJournal(
  place: JournalPlace,
  name: number | string,
  blocks: AsyncIterable<JournalBlock>,
): Promise<Journal> {
  const key = journalKey(place, name);
  const tree = new MerkleTree(sha256);
  const sealed = sealStream(sealingKey(place), key);
  const stored = place.storage.put(key, sealed, { ifAbsent: true });
  const lines = Readable.from(inPieces(linesOf(place, blocks, tree)), { objectMode: false });
  // Its failure reaches whoever stores: the stream that is stored is destroyed with it.
  pipeline(lines, sealed, () => undefined);
  try {
    await stored;
  } catch (error) {
    lines.destroy();
    if (!(error instanceof Conflict)) throw error;
    return readJournalEnd(place, key);
  }
  return { key, root: hex(tree.root()), leaves: tree.leaves };
}

async function* linesOf(
  { workspaceId, erasureId, keyId }: JournalPlace,
  blocks: AsyncIterable<JournalBlock>,
  tree: MerkleTree,
): AsyncGenerator<string> {
  yield `${JSON.stringify({ format: FORMAT, workspaceId, erasureId, leafKeyId: keyId })}\n`;
  for await (const { leaves, ...block } of blocks) {
    for (let at = 0; at < leaves.length; at += LEAF_BYTES) tree.add(leaves.subarray(at, at + LEAF_BYTES));
    yield `${JSON.stringify({ ...block, leaves: leaves.toString('base64') })}\n`;
  }
  yield `${JSON.stringify({ root: hex(tree.root()), leaves: tree.leaves })}\n`;
}

async function* inPieces(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let text = '';
  for await (const line of lines) {
    text += line;
    if (text.length < TEXT_BYTES) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

/** The blocks of a journal. Throws SealBroken when it does not open or its root is not that of its leaves. */
export async function* readJournal(place: JournalPlace, key: string): AsyncGenerator<JournalBlock> {
  const tree = new MerkleTree(sha256);
  let end: unknown;
  for await (const entry of entriesOf(place, key)) {
    if (!isBlock(entry)) {
      end = entry;
      continue;
    }
    const leaves = Buffer.from(entry.leaves, 'base64');
    for (let at = 0; at < leaves.length; at += LEAF_BYTES) tree.add(leaves.subarray(at, at + LEAF_BYTES));
    yield { ...entry, leaves };
  }
  const trailer = trailerOf(end);
  if (trailer?.root !== hex(tree.root()) || trailer.leaves !== tree.leaves)
    throw new SealBroken('The journal of an erasure does not agree with its root.');
}

async function readJournalEnd(place: JournalPlace, key: string): Promise<Journal> {
  let end: unknown;
  for await (const entry of entriesOf(place, key)) end = entry;
  const trailer = trailerOf(end);
  if (trailer === undefined) throw new SealBroken('The journal of an erasure has no end.');
  return { key, ...trailer };
}

async function* entriesOf(place: JournalPlace, key: string): AsyncGenerator {
  const { stream } = await place.storage.get(key);
  const opened = pipeline(stream, openStream(sealingKey(place), key), () => undefined);
  for await (const line of createInterface({ input: opened, crlfDelay: Number.POSITIVE_INFINITY })) {
    yield JSON.parse(line) as unknown;
  }
  if (opened.errored) throw opened.errored;
}

type BlockEntry = Omit<JournalBlock, 'leaves'> & { readonly leaves: string };

function isBlock(entry: unknown): entry is BlockEntry {
  return typeof entry === 'object' && entry !== null && 'collection' in entry && 'leaves' in entry;
}

function trailerOf(entry: unknown): { readonly root: string; readonly leaves: number } | undefined {
  if (typeof entry !== 'object' || entry === null || !('root' in entry) || !('leaves' in entry)) return undefined;
  const { root, leaves } = entry;
  return typeof root === 'string' && typeof leaves === 'number' ? { root, leaves } : undefined;
}

/** Not a data key: the journal has to be read after a restore, when those of the requests may be gone. */
function sealingKey({ ring, workspaceId, keyId }: JournalPlace): Buffer {
  const { bytes } = requireKey(ring, 'tombstone', keyId);
  return Buffer.from(hkdfSync('sha256', bytes, '', `erasure-journal:${workspaceId}`, 32));
}

/** Through a string: a Buffer made by crypto has memory of its own, which takes longer to get than the hash. */
const sha256 = (bytes: Uint8Array): Buffer => Buffer.from(hash('sha256', bytes, 'binary'), 'binary');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
