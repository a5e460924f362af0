/** A key ring in a file of mode 0600, replaced as a whole so that a reader sees the old keys or the new. */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Conflict, InvalidConfiguration } from '../domain/errors.ts';
import { isErrno, syncFolder, writeNewFile } from './files.ts';
import { addKey, heldKeys, newRing, parseRing, serialiseRing } from './key-ring-format.ts';
import type { HeldKeys } from './key-ring-format.ts';
import type { KeyOf, KeyPurpose, KeyRing } from './keys.ts';

/** For so long a process may go on with the ring as it was. */
const RECHECK_MS = 1_000;

/** Makes a key ring with one key per purpose unless the file is there. Of several processes at once, one makes it. */
export async function ensureKeyRing(file: string): Promise<void> {
  if (existsSync(file)) return;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(8).toString('hex')}.new`;
  await writeNewFile(draft, serialiseRing(newRing()));
  try {
    await link(draft, file);
    await syncFolder(dirname(file));
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  } finally {
    await rm(draft);
  }
}

/**
 * Throws InvalidConfiguration when the file is missing, open to other users of the machine, or not a key ring. The ring
 * follows its file: keys that a rotation adds are there without a restart.
 */
export async function loadKeyRing(file: string): Promise<KeyRing> {
  return new FileKeyRing(file);
}

/** Its keys are in #private fields, which printing and serialising do not show. */
class FileKeyRing implements KeyRing {
  readonly #file: string;
  #version: string | undefined;
  #held: HeldKeys;
  #checkedAt = Date.now();

  constructor(file: string) {
    this.#file = file;
    this.#version = versionOf(file);
    this.#held = heldKeys(parseRing(readPrivately(file), file));
  }

  current<P extends KeyPurpose>(purpose: P): KeyOf<P> {
    const [first] = this.all(purpose);
    if (first === undefined) throw new InvalidConfiguration(`The key ring has no ${purpose} key.`);
    return first;
  }

  find<P extends KeyPurpose>(purpose: P, id: string): KeyOf<P> | undefined {
    const isWanted = (key: KeyOf<P>) => key.id === id;
    const known = this.all(purpose).find(isWanted);
    if (known) return known;
    this.#follow();
    return this.#held[purpose].find(isWanted);
  }

  all<P extends KeyPurpose>(purpose: P): readonly KeyOf<P>[] {
    if (Date.now() - this.#checkedAt > RECHECK_MS) this.#follow();
    return this.#held[purpose];
  }

  /** While the file cannot be read, the keys that are known go on serving. */
  #follow(): void {
    this.#checkedAt = Date.now();
    try {
      const version = versionOf(this.#file);
      if (version === this.#version) return;
      this.#held = heldKeys(parseRing(readPrivately(this.#file), this.#file));
      this.#version = version;
    } catch (error) {
      if (!(error instanceof InvalidConfiguration)) throw error;
    }
  }
}

/** Undefined when it cannot be told. */
function versionOf(file: string): string | undefined {
  try {
    const { ino, mtimeMs } = statSync(file);
    return `${ino} ${mtimeMs}`;
  } catch {
    return undefined;
  }
}

/**
 * Makes a new current key for the purpose and answers its id; the keys before it stay. Running processes take
 * it up within a second. Throws Conflict while another rotation of the same file is under way.
 */
export async function rotateKey(file: string, purpose: KeyPurpose): Promise<string> {
  const draft = `${file}.next`;
  await using handle = await claim(draft);
  try {
    const ring = parseRing(readPrivately(file), file);
    const id = addKey(ring, purpose);
    await handle.writeFile(serialiseRing(ring));
    await handle.sync();
    await rename(draft, file);
    await syncFolder(dirname(file));
    return id;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** The draft is the lock: two rotations that read the same ring would lose one of the new keys. */
async function claim(draft: string) {
  try {
    return await open(draft, 'wx', 0o600);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    throw new Conflict(`Another rotation is under way. If none is, one was cut short: remove ${draft} and try again.`);
  }
}

/** The mode is that of the file which is then read, not of one that was there before. */
function readPrivately(file: string): string {
  const descriptor = openToRead(file);
  try {
    const mode = fstatSync(descriptor).mode & 0o777;
    if ((mode & 0o077) === 0) return readFileSync(descriptor, 'utf8');
    const shown = mode.toString(8).padStart(4, '0');
    throw new InvalidConfiguration(
      `The key ring ${file} is open to other users (mode ${shown}): its keys may be known. Set mode 0600, and rotate them.`,
    );
  } finally {
    closeSync(descriptor);
  }
}

function openToRead(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    const reason = isErrno(error, 'ENOENT') ? 'does not exist' : 'cannot be opened';
    throw new InvalidConfiguration(`The key ring ${file} ${reason}.`);
  }
}
