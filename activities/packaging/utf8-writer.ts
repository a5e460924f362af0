/**
 * Text after text into memory that is used again. To join a page's texts first and encode the whole takes three times as long,
 * and one letter beyond Latin-1 would make all of it twice as wide.
 */
const FIRST_BYTES = 2 ** 19;
/** Of one UTF-16 code unit. */
const MOST_BYTES = 3;

export class Utf8Writer {
  private buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  private filled = 0;

  write(text: string): void {
    const needed = this.filled + text.length * MOST_BYTES;
    if (needed > this.buffer.length) this.grow(needed);
    this.filled += this.buffer.write(text, this.filled, 'utf8');
  }

  /** What was written since the last time, in memory of its own. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.buffer.subarray(0, this.filled));
    this.filled = 0;
    return bytes;
  }

  private grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.buffer.length));
    this.buffer.copy(larger, 0, 0, this.filled);
    this.buffer = larger;
  }
}
