import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { pdfOf, pngOf, readVideo } from '../../../dev/sample-crm/media.ts';

describe('a PDF of the sample', () => {
  const bytes = pdfOf('Prepared for Zoë (the second) \\ 王');
  const text = bytes.toString('latin1');

  it('has a cross-reference table that points at its objects', () => {
    const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)?.[1]);
    const [, size = '', entries = ''] = /^xref\n0 (\d+)\n([^]*?)trailer/.exec(text.slice(start)) ?? [];
    const lines = entries.match(/[^]{20}/g) ?? [];
    expect(lines).toHaveLength(Number(size));
    for (const [number, line] of lines.entries()) {
      if (number > 0) expect(text.slice(Number(line.slice(0, 10)))).toMatch(new RegExp(`^${number} 0 obj\n`));
    }
  });

  it('has its line as a string that is closed, in letters that the font has', () => {
    expect(text).toContain('(Prepared for Zoë \\(the second\\) \\\\ ?) Tj');
    expect(text).toMatch(new RegExp(`/Length ${/stream\n([^]*)\nendstream/.exec(text)?.[1]?.length} `));
  });
});

describe('a picture of the sample', () => {
  it('has as many pixels as it says', () => {
    const png = pngOf(7);
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    const length = png.readUInt32BE(33);
    expect(png.toString('latin1', 37, 41)).toBe('IDAT');
    expect(inflateSync(png.subarray(41, 41 + length))).toHaveLength(height * (1 + 3 * width));
  });
});

describe('the video of the sample', () => {
  it('is a small MP4', async () => {
    const video = await readVideo();
    expect(video.toString('latin1', 4, 8)).toBe('ftyp');
    expect(video.includes('moov')).toBe(true);
    expect(video.length).toBeLessThan(4096);
  });
});
