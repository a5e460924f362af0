import { describe, expect, it } from 'vitest';
import {
  ATTACHMENT_TYPES,
  BEGINNING_BYTES,
  attachmentType,
  beginsAs,
  isFileName,
  isText,
} from '../../domain/attachments.ts';

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

describe('a kind of file', () => {
  it('is known by its media type, whatever its parameters and letters', () => {
    expect(attachmentType('Text/Plain; charset=utf-8')).toBe('text/plain');
    expect(attachmentType('application/pdf')).toBe('application/pdf');
  });

  it.each(['', 'text/html', 'image/svg+xml', 'application/x-msdownload', 'application/octet-stream', 'toString'])(
    'is not %j',
    (type) => expect(attachmentType(type)).toBeUndefined(),
  );

  it.each([
    ['application/pdf', '%PDF-1.7'],
    ['image/png', '\u0089PNG\r\n\u001a\n'],
    ['image/webp', 'RIFF....WEBPVP8 '],
    ['image/gif', 'GIF89a'],
    ['video/mp4', '....ftypisom'],
    ['audio/mpeg', '\u00ff\u00fb'],
    ['application/vnd.oasis.opendocument.text', 'PK\u0003\u0004'],
  ])('%s begins as it should, and as nothing else', (type, beginning) => {
    expect(beginsAs(type, bytes(beginning))).toBe(true);
    expect(beginsAs(type, bytes('MZ\u0090\u0000\u0003\u0000\u0000\u0000'))).toBe(false);
    expect(beginsAs(type, bytes(beginning.slice(0, 1)))).toBe(false);
  });

  it('can be told by its first bytes, or is text', () => {
    for (const type of ATTACHMENT_TYPES) {
      expect(isText(type) || !beginsAs(type, new Uint8Array(BEGINNING_BYTES)), type).toBe(true);
    }
  });
});

describe('the name of a file', () => {
  it.each(['letter.pdf', 'Ünïcödé 2024 (1).docx', '.profile', 'שלום.txt'])('can be %j', (name) => {
    expect(isFileName(name)).toBe(true);
  });

  it.each(['', ' ', '.', '..', 'a/b', 'a\\b', 'a\u0000b', 'evil\u202Efdp.exe', '\ud800', 'x'.repeat(201)])(
    'cannot be %j',
    (name) => {
      expect(isFileName(name)).toBe(false);
    },
  );
});
