/**
 * The archive in which a certificate is kept and handed out: a zip of its three files, uncompressed. There is one way to
 * write it, whichever library or version is at hand, so that a single byte that differs is a change.
 *
 * The format is PKWARE's APPNOTE.TXT 6.3.10: local headers with their content (4.3.7), the central directory (4.3.12) and
 * its end (4.3.16). Names are ASCII, times are the earliest that the format has, nothing is optional.
 */
import { crc32 } from 'node:zlib';

export interface ArchiveEntry {
  readonly name: string;
  readonly content: Buffer;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
/** 1 January 1980. */
const DATE = (1 << 5) | 1;

export function packEntries(entries: readonly ArchiveEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const facts = factsOf(name, content);
    parts.push(numbers([4, LOCAL]), facts, Buffer.from(name), content);
    directory.push(
      numbers([4, CENTRAL], [2, VERSION]),
      facts,
      // No comment, on the first disk, no attributes.
      numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, offset]),
      Buffer.from(name),
    );
    offset += 4 + facts.length + name.length + content.length;
  }
  const central = Buffer.concat(directory);
  const [count, size] = [entries.length, central.length];
  return Buffer.concat([
    ...parts,
    central,
    numbers([4, END], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset], [2, 0]),
  ]);
}

/** What the header before the content and the one in the directory have in common. */
function factsOf(name: string, content: Buffer): Buffer {
  const size = content.length;
  // Needed version, flags, method, time, date, checksum, compressed and real size, lengths of the name and of extras.
  return numbers(
    [2, VERSION],
    [2, 0],
    [2, 0],
    [2, 0],
    [2, DATE],
    [4, crc32(content)],
    [4, size],
    [4, size],
    [2, name.length],
    [2, 0],
  );
}

/** Each of its width in bytes, little-endian. */
function numbers(...fields: readonly (readonly [width: number, value: number])[]): Buffer {
  const bytes = Buffer.alloc(fields.reduce((sum, [width]) => sum + width, 0));
  let at = 0;
  for (const [width, value] of fields) at = bytes.writeUIntLE(value, at, width);
  return bytes;
}
