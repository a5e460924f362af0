/**
 * The archive in which a certificate is kept and handed out: a zip of its three files, uncompressed. There is one way to
 * write it, whichever library or version is at hand, so that a single byte that differs is a change: names are ASCII, times
 * are the earliest that the format has, nothing is optional. Whoever changes these bytes breaks the certificates that are out.
 */
import { crc32 } from 'node:zlib';
import { directoryRecord, endOfDirectory, localHeader } from './zip-format.ts';

export interface ArchiveEntry {
  readonly name: string;
  readonly content: Buffer;
}

const DATE = new Date('1980-01-01T00:00:00Z');

export function packEntries(entries: readonly ArchiveEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const entry = { path: name, date: DATE, isDeflated: false, isPlain: true, offset };
    const facts = { crc32: crc32(content), bytes: content.length, storedBytes: content.length };
    const header = localHeader(entry, facts);
    parts.push(header, content);
    directory.push(directoryRecord(entry, facts, false));
    offset += header.length + content.length;
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([...parts, central, endOfDirectory(entries.length, central.length, offset)]);
}
