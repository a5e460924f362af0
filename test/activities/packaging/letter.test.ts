import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { PackageContents } from '../../../activities/packaging/contents.ts';
import { letter } from '../../../activities/packaging/letter.ts';

function contents(more: Partial<PackageContents> = {}, facts: Partial<PackageContents['facts']> = {}): PackageContents {
  return {
    facts: {
      packageId: 'the-package',
      requestId: 'the-request',
      requestType: 'access',
      regime: 'gdpr',
      workspace: { id: 'w', name: 'Acme' },
      contact: 'privacy@acme.example',
      instruction: { id: 'i', version: 1 },
      language: 'en',
      dataMapVersion: 'v',
      createdAt: new Date('2026-03-05T10:20:30Z'),
      ...facts,
    },
    snapshots: new Map([['crm', new Date('2026-03-04T10:20:29Z')]]),
    collections: [
      {
        source: 'crm',
        collection: 'crm.notes',
        label: 'Notes',
        kind: 'Activities',
        columns: [],
        omitted: [{ name: 'password', label: 'Password' }],
        rows: 1_234,
        sample: [],
      },
    ],
    media: [],
    missing: [],
    attachments: [],
    unreached: [],
    redactions: [],
    manualSystems: [],
    ...more,
  };
}

/** The text as a reader copies it: glyphs by their fonts' maps to Unicode. Fonts in the order in which they were first used. */
function textOf(pdf: Buffer): string {
  const source = pdf.toString('latin1');
  const objects = new Map(
    [...source.matchAll(/(\d+) 0 obj\n([\s\S]*?)\nendobj/g)].map(([, id = '', body = '']) => [id, body]),
  );
  const streamOf = (body = ''): string => {
    const content = /stream\n([\s\S]*?)\nendstream/.exec(body)?.[1];
    if (content === undefined) return '';
    const bytes = Buffer.from(content, 'latin1');
    return (body.includes('/FlateDecode') ? inflateSync(bytes) : bytes).toString('latin1');
  };
  const maps = new Map<string, ReadonlyMap<number, string>>();
  for (const body of objects.values()) {
    for (const [, name = '', id = ''] of body.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
      const toUnicode = /\/ToUnicode (\d+) 0 R/.exec(objects.get(id) ?? '')?.[1] ?? '';
      maps.set(name, unicodeMap(streamOf(objects.get(toUnicode))));
    }
  }
  let text = '';
  for (const body of objects.values()) {
    let font = '';
    for (const [, name, shown, ends] of streamOf(body).matchAll(
      /\/(F\d+) [\d.]+ Tf|\[((?:<[0-9a-f]+>|[\s\d.-])*)\] TJ|(ET)/g,
    )) {
      if (name !== undefined) font = name;
      if (ends !== undefined) text += '\n';
      for (const [, glyphs = ''] of (shown ?? '').matchAll(/<([0-9a-f]+)>/g)) {
        for (const glyph of glyphs.match(/.{4}/g) ?? []) text += maps.get(font)?.get(Number.parseInt(glyph, 16)) ?? '?';
      }
    }
  }
  return text;
}

function unicodeMap(cmap: string): ReadonlyMap<number, string> {
  const map = new Map<number, string>();
  for (const [, start = '', list = ''] of cmap.matchAll(/<([0-9a-f]{4})> <[0-9a-f]{4}> \[([^\]]*)\]/g)) {
    for (const [index, [, hex = '']] of [...list.matchAll(/<([0-9a-f ]+)>/g)].entries()) {
      const units = hex.replaceAll(' ', '').match(/.{4}/g) ?? [];
      map.set(
        Number.parseInt(start, 16) + index,
        String.fromCharCode(...units.map((unit) => Number.parseInt(unit, 16))),
      );
    }
  }
  return map;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
const textFor = async (...args: Parameters<typeof contents>): Promise<string> =>
  oneLine(textOf(await letter(contents(...args))));

describe('the letter', () => {
  test('says whose it is, on which request, what the package holds and what not, and what the person can do', async () => {
    const text = await textFor({
      redactions: [{ label: 'Thread', exemption: 'third_party', rows: 2 }],
      missing: [{ collection: 'crm.notes', path: 'x' }],
      manualSystems: [{ system: 'Phone', outcome: 'nothing_found' }],
    });
    for (const part of [
      'Acme',
      'Contact: privacy@acme.example',
      'the-request',
      'the-package',
      'as it stood on 4 March 2026',
      'Activities: 1,234 records',
      'Phone: nothing about you was found.',
      'Thread (2 records): it is also about other people',
      'left out of: Notes',
      '1 file that records name',
      'complain to a supervisory authority',
      'answers for what happens to it',
      'manifest.json',
      'Page 1 of ',
    ]) {
      expect(text).toContain(part);
    }
  });

  test('of a portability request says what that is', async () => {
    expect(await textFor({}, { requestType: 'portability' })).toContain('GDPR, article 20');
  });

  test('for nobody says that nothing was found', async () => {
    expect(await textFor({ collections: [] })).toContain('found no record about you');
  });

  test('never says that there is a hold, nor that nothing was kept back when something was', async () => {
    const text = await textFor({ redactions: [{ label: 'Mail', exemption: 'confidential_hold', rows: 1 }] });
    expect(text).toContain('an exemption that the law allows');
    expect(text).not.toMatch(/hold\b.*confidential|confidential|Nothing that was found/);
  });

  test('says when all that was found is kept back, or others were taken out of it', async () => {
    const [notes] = contents().collections;
    if (!notes) throw new Error('The contents have a collection.');
    const text = await textFor({ collections: [{ ...notes, rows: 0, withheld: 3 }] });
    expect(text).toContain('Notes (3 records)');
    expect(text).not.toMatch(/found no record|Nothing that was found/);
    const mixed = await textFor({ collections: [{ ...notes, omitted: [], mixed: { rows: 2, takenOut: true } }] });
    expect(mixed).toContain('In 2 records');
    expect(mixed).not.toContain('Nothing that was found');
  });

  test('is the same for the same contents', async () => {
    expect((await letter(contents())).equals(await letter(contents()))).toBe(true);
  });

  test('is tagged, titled and in its language, with its fonts inside and no path of this machine', async () => {
    const pdf = (await letter(contents({}, { language: 'de' }))).toString('latin1');
    expect(pdf).toMatch(/\/Lang \(de\)/);
    expect(pdf).toContain('/Marked true');
    expect(pdf).toContain('/DisplayDocTitle true');
    expect(pdf).toContain('pdfuaid');
    expect(pdf).toMatch(/\/FontFile2 /);
    expect(pdf).not.toContain(process.cwd());
    expect(pdf).not.toContain('node_modules');
  });

  test('prints names of many scripts, and says when it cannot', async () => {
    const names = 'Łódź Ελλάδα Україна';
    const text = await textFor({}, { workspace: { id: 'w', name: names } });
    expect(text).toContain(names);
    expect(text).not.toContain('□');
    const other = await textFor({}, { workspace: { id: 'w', name: '東京 😀' } });
    expect(other).toContain('□□ □');
    expect(other).toContain('Some characters cannot be printed');
  });

  test('prints what was written from right to left, joined', async () => {
    const text = await textFor({}, { workspace: { id: 'w', name: 'شركة دبي' } });
    expect(text).not.toContain('?');
  });
});
