/** The CSV file and the pages of one collection on their way into the archive. */
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { ArchiveWriter } from './archive-writer.ts';
import type { PackedPages } from './contents.ts';
import type { Made, MadePage } from './record-maker.ts';
import { RowSpool } from './row-spool.ts';

export interface RecordPaths {
  readonly csv: string;
  /** The pages' folder. */
  readonly pages: string;
}

/**
 * Writes what was made of the rows. An archive is written one file after the other, so the CSV file waits in a spool until
 * the pages are written. Answers what there is of pages.
 */
export async function writeRecords(
  archive: ArchiveWriter,
  paths: RecordPaths,
  parts: AsyncIterable<Made>,
): Promise<PackedPages | undefined> {
  const csv = new RowSpool();
  const queue = new EntryQueue(archive, paths.pages);
  let written: Made['written'];
  try {
    for await (const made of parts) {
      if (!csv.write(made.csv)) await once(csv, 'drain');
      for (const page of made.pages) await queue.add(page);
      ({ written } = made);
    }
    csv.end();
    await Promise.all([queue.end(), finished(csv)]);
    await archive.add(paths.csv, csv.replay());
  } finally {
    await csv.release();
  }
  return written && { folder: paths.pages, ...written };
}

/** One is compressed while the next is made. */
class EntryQueue {
  private readonly archive: ArchiveWriter;
  private readonly folder: string;
  private writing: Promise<unknown> = Promise.resolve();

  constructor(archive: ArchiveWriter, folder: string) {
    this.archive = archive;
    this.folder = folder;
  }

  /** Resolves when those before it are written; of its own failure the next one hears, or the end. */
  async add({ name, bytes }: MadePage): Promise<void> {
    await this.writing;
    this.writing = this.write(name, bytes);
    this.writing.catch(() => undefined);
  }

  /** What comes from another thread is large and makes no work for the garbage collection here, which would wait too long. */
  private async write(name: string, bytes: MadePage['bytes']): Promise<void> {
    await this.archive.add(`${this.folder}/${name}`, bytes);
    bytes.buffer.transfer(0);
  }

  async end(): Promise<void> {
    await this.writing;
  }
}
