import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateFileName } from 'yauzl';
import { EntryNames, safeFileName } from '../../../activities/packaging/entry-names.ts';

describe('the name of a file in the archive', () => {
  test.each([
    ['report.pdf', 'report.pdf'],
    ['../../etc/passwd', '_.._etc_passwd'],
    ['..\\..\\boot.ini', '_.._boot.ini'],
    ['C:\\windows\\win.ini', 'C__windows_win.ini'],
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['COM1.png', '_COM1.png'],
    ['console.log', 'console.log'],
    ['', 'file'],
    ['...', 'file'],
    ['.htaccess', 'htaccess'],
    ['invoice.pdf. ', 'invoice.pdf'],
    ['photo\u202egnp.exe', 'photognp.exe'],
    ['line\nbreak\u0000.txt', 'linebreak.txt'],
    ['lone \ud800 surrogate', 'lone  surrogate'],
    ['جواز السفر.pdf', 'جواز السفر.pdf'],
    ['a:b*c?.jpg', 'a_b_c_.jpg'],
  ])('%j becomes %j', (proposed, expected) => {
    expect(safeFileName(proposed)).toBe(expected);
  });

  test('is short enough and keeps its extension', () => {
    const name = safeFileName(`${'ä'.repeat(300)}.jpeg`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(100);
    expect(name).toMatch(/^ä+\.jpeg$/);
  });

  test('is one safe segment whatever was proposed, and stays as it is when made safe again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (proposed) => {
        const name = safeFileName(proposed);
        expect(name).toMatch(/^[^/\\\p{Cc}]+$/u);
        expect(validateFileName(`media/${name}`)).toBeNull();
        expect(name.endsWith('.') || name.endsWith(' ')).toBe(false);
        expect(safeFileName(name)).toBe(name);
      }),
    );
  });
});

describe('the paths of an archive', () => {
  test('are told apart by a number, also where they differ in case alone', () => {
    const names = new EntryNames();
    expect(names.unique(['media', 'crm.files'], 'scan.pdf')).toBe('media/crm.files/scan.pdf');
    expect(names.unique(['media', 'crm.files'], 'SCAN.pdf')).toBe('media/crm.files/SCAN (2).pdf');
    expect(names.unique(['media', 'crm.files'], 'scan.pdf')).toBe('media/crm.files/scan (3).pdf');
    expect(names.unique(['media', 'crm.videos'], 'scan.pdf')).toBe('media/crm.videos/scan.pdf');
  });

  test('never repeat', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'A', 'a (2)', 'a.txt', 'a (2).txt', '../a', '')), (proposals) => {
        const names = new EntryNames();
        const paths = proposals.map((proposed) => names.unique(['media'], proposed).toLowerCase());
        expect(new Set(paths).size).toBe(paths.length);
      }),
    );
  });
});
