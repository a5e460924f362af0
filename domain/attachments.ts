/**
 * The kinds of file that are taken as findings of a search by hand. A short list, so that a package opens on any machine
 * and carries no program; each file must begin as its declared kind does.
 */

interface Kind {
  /** Possible beginnings; `undefined` bytes can be any. Without one it is text, which is checked as a whole. */
  readonly beginnings?: readonly (readonly (number | undefined)[])[];
}

const ZIP = [0x50, 0x4b, 0x03, 0x04];
const ANY4 = [undefined, undefined, undefined, undefined];
const ascii = (text: string): readonly number[] => [...text].map((letter) => letter.charCodeAt(0));
const TEXT: Kind = {};

const KINDS: Readonly<Record<string, Kind>> = {
  'application/pdf': { beginnings: [ascii('%PDF-')] },
  'image/png': { beginnings: [[0x89, ...ascii('PNG'), 0x0d, 0x0a, 0x1a, 0x0a]] },
  'image/jpeg': { beginnings: [[0xff, 0xd8, 0xff]] },
  'image/gif': { beginnings: [ascii('GIF87a'), ascii('GIF89a')] },
  'image/webp': { beginnings: [[...ascii('RIFF'), ...ANY4, ...ascii('WEBP')]] },
  'image/tiff': {
    beginnings: [
      [0x49, 0x49, 0x2a, 0x00],
      [0x4d, 0x4d, 0x00, 0x2a],
    ],
  },
  'image/heic': { beginnings: [[...ANY4, ...ascii('ftyp')]] },
  'video/mp4': { beginnings: [[...ANY4, ...ascii('ftyp')]] },
  'audio/mp4': { beginnings: [[...ANY4, ...ascii('ftyp')]] },
  'audio/mpeg': {
    beginnings: [ascii('ID3'), [0xff, 0xfb], [0xff, 0xf3], [0xff, 0xf2]],
  },
  'audio/wav': { beginnings: [[...ascii('RIFF'), ...ANY4, ...ascii('WAVE')]] },
  'application/zip': { beginnings: [ZIP] },
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': { beginnings: [ZIP] },
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': { beginnings: [ZIP] },
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': { beginnings: [ZIP] },
  'application/vnd.oasis.opendocument.text': { beginnings: [ZIP] },
  'application/vnd.oasis.opendocument.spreadsheet': { beginnings: [ZIP] },
  'text/plain': TEXT,
  'text/csv': TEXT,
  'application/json': TEXT,
  'message/rfc822': TEXT,
};

export const ATTACHMENT_TYPES = Object.keys(KINDS);

/** Bytes from the beginning of a file that decide whether it is of its kind. */
export const BEGINNING_BYTES = 16;

/** The kind that a `Content-Type` declares, without its parameters; undefined for one that is not taken. */
export function attachmentType(declared: string): string | undefined {
  const type = declared.split(';')[0]?.trim().toLowerCase() ?? '';
  return Object.hasOwn(KINDS, type) ? type : undefined;
}

/** Whether a file of this kind is text, of which every byte has to be looked at. */
export const isText = (type: string): boolean => KINDS[type] === TEXT;

/** Whether a file that begins so can be of this kind. Give BEGINNING_BYTES, or all of a shorter file. */
export function beginsAs(type: string, beginning: Uint8Array): boolean {
  const { beginnings = [[]] } = KINDS[type] ?? { beginnings: [] };
  return beginnings.some(
    (bytes) =>
      beginning.length >= bytes.length && bytes.every((byte, at) => byte === undefined || byte === beginning[at]),
  );
}

const MAX_NAME = 200;

/** Whether a file can bear this name on every system that a package is unpacked on, but for what packing makes safe. */
export function isFileName(name: string): boolean {
  return (
    name.length <= MAX_NAME &&
    name.isWellFormed() &&
    /[^\s.]/.test(name) &&
    !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\]/u.test(name)
  );
}
