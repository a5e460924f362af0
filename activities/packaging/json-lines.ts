/** Bytes of JSON lines into lines, as many at a time as arrive together: a loop over each alone costs more than reading it. */

const LINE_FEED = 0x0a;

/** The lines without their ends, in order. Holds the longest line, never all. */
export async function* lineBatches(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly string[]> {
  let pending: Buffer[] = [];
  for await (const chunk of chunks) {
    const last = chunk.lastIndexOf(LINE_FEED);
    if (last === -1) {
      pending.push(chunk);
      continue;
    }
    const whole = chunk.subarray(0, last);
    const text = (pending.length === 0 ? whole : Buffer.concat([...pending, whole])).toString('utf8');
    yield text.split('\n');
    pending = last + 1 < chunk.length ? [Buffer.from(chunk.subarray(last + 1))] : [];
  }
  if (pending.length > 0) yield [Buffer.concat(pending).toString('utf8')];
}
