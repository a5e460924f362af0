/** What the rows and bytes of a package cost without Steward: a COPY to nowhere, and a zip to nowhere. */
import { createReadStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipArchive } from 'archiver';
import { to as copyTo } from 'pg-copy-streams';
import type { ClientBase } from 'pg';
import { COMPRESSION } from '../../activities/packaging/compressed.ts';
import { perform } from '../support/child.ts';
import { measure } from '../support/measure.ts';
import type { Measurement } from '../support/measure.ts';
import { withConnection } from '../support/site.ts';

interface ReferenceTask {
  readonly url: string;
  /** COPY statements of a few rows, for what is compiled at the first use. */
  readonly warmUp: readonly string[];
  readonly copies: readonly string[];
  /** Zipped afterwards, one after the other. */
  readonly files: readonly ZipInput[];
}

export interface ZipInput {
  readonly name: string;
  readonly file: string;
}

export type ReferenceWork = typeof work;

function work({ url, warmUp, copies, files }: ReferenceTask): Promise<Measurement> {
  return withConnection(url, async (client) => {
    await copyAll(client, warmUp);
    await zip(files.slice(0, 1));
    return measure(async () => {
      await copyAll(client, copies);
      await zip(files);
    });
  });
}

perform(work);

async function copyAll(client: ClientBase, copies: readonly string[]): Promise<void> {
  for (const copy of copies) await pipeline(client.query(copyTo(copy)), nowhere());
}

async function zip(files: readonly ZipInput[]): Promise<void> {
  if (files.length === 0) return;
  const archive = new ZipArchive({ zlib: COMPRESSION });
  const written = pipeline(archive, nowhere());
  for (const { name, file } of files) archive.append(createReadStream(file), { name });
  await Promise.all([archive.finalize(), written]);
}

/** `/dev/null` without its system calls. */
function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
