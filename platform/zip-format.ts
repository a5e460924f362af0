/**
 * The records of a zip archive around the contents of its entries (APPNOTE.TXT 6.3.10, section 4.3). What does not fit into
 * 32 bits stands in the fields of Zip64.
 */

/** What is known of an entry before its content. */
export interface ZipEntry {
  readonly path: string;
  /** Written in UTC, to two seconds. */
  readonly date: Date;
  readonly isDeflated: boolean;
  /** Said to be of no system: without attributes, its name in ASCII. */
  readonly isPlain?: boolean;
  /** Where its record begins in the archive. */
  readonly offset: number;
}

export interface ZipContent {
  readonly crc32: number;
  readonly bytes: number;
  /** As they stand in the archive. */
  readonly storedBytes: number;
}

type Field = readonly [bytes: 2 | 4 | 8, value: number];

/** Of sizes, offsets and counts that stand elsewhere. */
const MOST_4 = 0xffff_ffff;
const MOST_2 = 0xffff;
const ZIP64_FIELD = 1;
const VERSION = 20;
const VERSION_ZIP64 = 45;
const MADE_BY_UNIX = 3 << 8;
/** Regular files that their owner may write and everybody read, in Unix; the archive bit, in DOS. */
const ATTRIBUTES = 0o100644 * 2 ** 16 + 0x20;
const DESCRIPTOR_FOLLOWS = 1 << 3;
const NAME_IN_UTF8 = 1 << 11;
const DEFLATED = 8;

/** Before the content; sizes and checksum follow it when they are not known yet. */
export function localHeader(entry: ZipEntry, content: ZipContent | undefined): Buffer {
  const name = Buffer.from(entry.path);
  const isLarge = content !== undefined && isLargeContent(content);
  const extra = isLarge ? zip64Field([content.bytes, content.storedBytes]) : Buffer.of();
  const header = record(
    [4, 0x04034b50],
    [2, isLarge ? VERSION_ZIP64 : VERSION],
    ...commonFields(entry, content === undefined),
    [4, content?.crc32 ?? 0],
    ...sizeFields(content ?? NO_SIZES, isLarge),
    [2, name.length],
    [2, extra.length],
  );
  return Buffer.concat([header, name, extra]);
}

const NO_SIZES = { bytes: 0, storedBytes: 0 };

/** After a content that was not known before. */
export function descriptor(content: ZipContent): Buffer {
  const { crc32, bytes, storedBytes } = content;
  const size = isLargeContent(content) ? 8 : 4;
  return record([4, 0x08074b50], [4, crc32], [size, storedBytes], [size, bytes]);
}

/** In the archive's directory. `isDescribed`: whether a descriptor follows the content. */
export function directoryRecord(entry: ZipEntry, content: ZipContent, isDescribed: boolean): Buffer {
  const name = Buffer.from(entry.path);
  const isLarge = isLargeContent(content) || entry.offset >= MOST_4;
  const extra = isLarge ? zip64Field([content.bytes, content.storedBytes, entry.offset]) : Buffer.of();
  const header = record(
    [4, 0x02014b50],
    [2, entry.isPlain === true ? VERSION : MADE_BY_UNIX + VERSION_ZIP64],
    [2, isLarge ? VERSION_ZIP64 : VERSION],
    ...commonFields(entry, isDescribed),
    [4, content.crc32],
    ...sizeFields(content, isLarge),
    [2, name.length],
    [2, extra.length],
    // A comment's length, the disk's number, internal attributes.
    ...([0, 0, 0] as const).map((value): Field => [2, value]),
    [4, entry.isPlain === true ? 0 : ATTRIBUTES],
    [4, isLarge ? MOST_4 : entry.offset],
  );
  return Buffer.concat([header, name, extra]);
}

/** After the directory, which has so many `entries` and `bytes` and begins at `offset`. */
export function endOfDirectory(entries: number, bytes: number, offset: number): Buffer {
  const isLarge = entries >= MOST_2 || bytes >= MOST_4 || offset >= MOST_4;
  const end = record(
    [4, 0x06054b50],
    [4, 0],
    [2, isLarge ? MOST_2 : entries],
    [2, isLarge ? MOST_2 : entries],
    [4, isLarge ? MOST_4 : bytes],
    [4, isLarge ? MOST_4 : offset],
    [2, 0],
  );
  return isLarge ? Buffer.concat([zip64End(entries, bytes, offset), end]) : end;
}

function zip64End(entries: number, bytes: number, offset: number): Buffer {
  return record(
    [4, 0x06064b50],
    // Of what follows in this record.
    [8, 44],
    [2, MADE_BY_UNIX + VERSION_ZIP64],
    [2, VERSION_ZIP64],
    [8, 0],
    [8, entries],
    [8, entries],
    [8, bytes],
    [8, offset],
    // Where that record is.
    [4, 0x07064b50],
    [4, 0],
    [8, offset + bytes],
    [4, 1],
  );
}

function commonFields({ isDeflated, isPlain, date }: ZipEntry, isDescribed: boolean): readonly Field[] {
  const [time, day] = dosTime(date);
  return [
    [2, (isPlain === true ? 0 : NAME_IN_UTF8) + (isDescribed ? DESCRIPTOR_FOLLOWS : 0)],
    [2, isDeflated ? DEFLATED : 0],
    [2, time],
    [2, day],
  ];
}

function sizeFields({ bytes, storedBytes }: Omit<ZipContent, 'crc32'>, isLarge: boolean): readonly Field[] {
  return [
    [4, isLarge ? MOST_4 : storedBytes],
    [4, isLarge ? MOST_4 : bytes],
  ];
}

const isLargeContent = ({ bytes, storedBytes }: ZipContent): boolean => bytes >= MOST_4 || storedBytes >= MOST_4;

function zip64Field(values: readonly number[]): Buffer {
  return record([2, ZIP64_FIELD], [2, 8 * values.length], ...values.map((value): Field => [8, value]));
}

/** The years of DOS are those from 1980 to 2107. */
function dosTime(date: Date): readonly [time: number, day: number] {
  const year = date.getUTCFullYear() - 1980;
  if (year < 0) return [0, 0x21];
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1);
  return [time, (Math.min(year, 127) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate()];
}

function record(...fields: readonly Field[]): Buffer {
  const bytes = Buffer.alloc(fields.reduce((sum, [size]) => sum + size, 0));
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 8) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeUIntLE(value, at, size);
    at += size;
  }
  return bytes;
}
