/** Rows as JSON lines in, one JSON array out; counted on the way, the first ones kept to be shown. */
import { readCells } from './json-cells.ts';
import type { Cell } from './json-cells.ts';

const LINE_FEED = 0x0a;

export interface SampleLimits {
  readonly rows: number;
  /** Of JSON. A row that would go beyond ends the sample. */
  readonly bytes: number;
}

export class JsonArray {
  rows = 0;
  /** The first rows, within the limits. */
  readonly sample: (readonly Cell[])[] = [];
  private readonly limits: SampleLimits;
  private betweenRows = true;
  private sampling: boolean;
  private sampledBytes = 0;
  private line: Buffer[] = [];

  constructor(limits: SampleLimits) {
    this.limits = limits;
    this.sampling = limits.rows > 0;
  }

  /** How much of the limit the sample has used. */
  get bytesSampled(): number {
    return this.sampledBytes;
  }

  /** Whether no further row will be in the sample. */
  get isSampled(): boolean {
    return !this.sampling;
  }

  /** What the next rows add to the array, from their bytes as JSON lines, however they are cut. */
  take(chunk: Buffer): Buffer<ArrayBuffer> {
    // Each row's end makes place for half of the next one's separator; the first one here may need both bytes.
    const out = Buffer.allocUnsafeSlow(chunk.length + rowEndsIn(chunk) + 2);
    let filled = 0;
    for (let at = 0; at < chunk.length; ) {
      if (this.betweenRows) filled += out.write(this.rows === 0 ? '[\n' : ',\n', filled);
      const feed = chunk.indexOf(LINE_FEED, at);
      const end = feed === -1 ? chunk.length : feed;
      filled += chunk.copy(out, filled, at, end);
      if (this.sampling) this.keep(chunk.subarray(at, end), feed !== -1);
      this.betweenRows = feed !== -1;
      if (this.betweenRows) this.rows += 1;
      at = end + 1;
    }
    return out.subarray(0, filled);
  }

  /** What ends the array. */
  end(): Buffer {
    this.stopSampling();
    return Buffer.from(this.rows === 0 ? '[]\n' : '\n]\n');
  }

  private keep(piece: Buffer, isEnd: boolean): void {
    this.sampledBytes += piece.length;
    if (this.sampledBytes > this.limits.bytes) return this.stopSampling();
    this.line.push(Buffer.from(piece));
    if (!isEnd) return;
    this.sample.push(readCells(Buffer.concat(this.line).toString('utf8')));
    this.line = [];
    if (this.sample.length >= this.limits.rows) this.stopSampling();
  }

  private stopSampling(): void {
    this.sampling = false;
    this.line = [];
  }
}

function rowEndsIn(chunk: Buffer): number {
  let ends = 0;
  for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) ends += 1;
  return ends;
}
