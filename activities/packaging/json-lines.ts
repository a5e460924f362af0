/** Bytes of JSON lines into lines, as many at a time as arrive together: decoding each alone costs more than reading it. */

const LINE_FEED = 0x0a;

export class LineReader {
  /** The beginning of a line whose end has not arrived. */
  private pending: Uint8Array[] = [];

  /** The lines that end in `chunk`, without their ends. Every line has one. */
  read(chunk: Uint8Array): readonly string[] {
    const last = chunk.lastIndexOf(LINE_FEED);
    if (last === -1) {
      this.pending.push(Buffer.from(chunk));
      return [];
    }
    const text = Buffer.concat([...this.pending, chunk.subarray(0, last)]).toString('utf8');
    this.pending = last + 1 < chunk.length ? [Buffer.from(chunk.subarray(last + 1))] : [];
    return text.split('\n');
  }
}
