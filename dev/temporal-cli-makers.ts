/** Two ways to get a Temporal CLI where there is none. Each leaves an executable at `draft`, or throws. */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { buildGoProgram } from './go-build.ts';
import type { GoProgram, Making } from './go-build.ts';

/** As pinned in ops/temporal-cli/go.mod; the last that builds from the module proxy alone. */
export const TEMPORAL_CLI_VERSION = '1.5.1';

const SOURCE: GoProgram = {
  name: 'the Temporal CLI',
  folder: 'temporal-cli',
  path: 'github.com/temporalio/cli/cmd/temporal',
  takes: 'about five minutes',
};

/** Where there is no way out, that must not cost more than a moment. */
const REACHABLE_WITHIN_MS = 5_000;
const DOWNLOADED_WITHIN_MS = 300_000;

/** The file's name goes to `tar` and to a path of ours: a plain name, and no option. */
const download = z.object({ archiveUrl: z.url(), fileToExtract: z.string().regex(/^\w[\w.-]*$/) });

/** The two questions are those of @temporalio/core-bridge (sdk-core, ephemeral_server): what is it called, then the archive. */
export async function downloadTemporalCli(draft: string, { log, environment, signal }: Making): Promise<void> {
  const origin = environment['STEWARD_TEMPORAL_DOWNLOAD'] ?? 'https://temporal.download';
  const { archiveUrl, fileToExtract } = await describeDownload(origin, signal);
  log(`Downloading the Temporal CLI from ${new URL(archiveUrl).host}, once …`);
  const folder = await mkdtemp(join(dirname(draft), 'temporal-download-'));
  try {
    const archive = join(folder, 'archive.tar.gz');
    const { body } = await get(archiveUrl, DOWNLOADED_WITHIN_MS, signal);
    if (!body) throw new Error('the archive is empty');
    await pipeline(Readable.fromWeb(body), createWriteStream(archive));
    await promisify(execFile)('tar', ['-xzf', archive, '-C', folder, fileToExtract]);
    await rename(join(folder, fileToExtract), draft);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function describeDownload(origin: string, signal: AbortSignal | undefined): Promise<z.infer<typeof download>> {
  const query = new URLSearchParams({
    arch: process.arch === 'x64' ? 'amd64' : process.arch,
    platform: process.platform,
    format: 'tar.gz',
  });
  const response = await get(`${origin}/cli/v${TEMPORAL_CLI_VERSION}?${query.toString()}`, REACHABLE_WITHIN_MS, signal);
  const { data } = download.safeParse(await response.json());
  if (!data) throw new Error(`${origin} answered something else than where the archive is`);
  return data;
}

async function get(url: string, withinMs: number, signal: AbortSignal | undefined): Promise<Response> {
  const signals = [AbortSignal.timeout(withinMs), ...(signal ? [signal] : [])];
  const response = await fetch(url, { signal: AbortSignal.any(signals) }).catch((error: Error) => {
    const cause = error.cause instanceof Error ? error.cause.message : error.message;
    throw new Error(`${new URL(url).host} cannot be reached (${cause})`, { cause: error });
  });
  if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status}`);
  return response;
}

/** From the pinned module, by the Go module proxy alone. */
export function buildTemporalCli(draft: string, making: Making): Promise<void> {
  return buildGoProgram(SOURCE, draft, making);
}
