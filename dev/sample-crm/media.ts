/** Small real files: a PDF with a line of text, a PNG, and a one-second MP4. */
import { readFile } from 'node:fs/promises';
import { crc32, deflateSync } from 'node:zlib';

/** One page with one line, by the rules of ISO 32000-1 (Western letters only: no font is embedded). */
export function pdfOf(line: string): Buffer {
  const text = line.replace(/[^\x20-\x7e\xa0-\xff]/g, '?').replace(/[()\\]/g, '\\$&');
  const content = `BT /F1 14 Tf 72 760 Td (${text}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
  ];
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  const end = `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`;
  return Buffer.from(body + end, 'latin1');
}

/** A 96 by 64 picture of one colour over another (W3C PNG, colour type 2). */
export function pngOf(hue: number): Buffer {
  const [width, height] = [96, 64];
  const line = (red: number, green: number, blue: number) => [
    0,
    ...Array.from({ length: width }, () => [red, green, blue]).flat(),
  ];
  const sky = line(120 + (hue % 100), 160, 220);
  const ground = line(90, 120 + (hue % 90), 80);
  const pixels = Buffer.from(Array.from({ length: height }, (_, y) => (y < height / 2 ? sky : ground)).flat());
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(pixels)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, check]);
}

export function readVideo(): Promise<Buffer> {
  return readFile(new URL('./assets/tour.mp4', import.meta.url));
}
