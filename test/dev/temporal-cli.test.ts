import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TEMPORAL_CLI_VERSION } from '../../dev/temporal-cli-makers.ts';
import { findTemporalCli } from '../../dev/temporal-cli.ts';

let folder: string;
let lines: string[];
let servers: Server[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-cli-'));
  for (const part of ['bin', 'cache']) await mkdir(join(folder, part));
  lines = [];
  servers = [];
});

afterEach(async () => {
  for (const server of servers) server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Executables that only say which they are; none of them is on the machine's own PATH. */
async function script(file: string, body: string): Promise<string> {
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
  return file;
}

const cli = (file: string, name = 'x') => script(file, `echo "temporal version ${name} (Server 1.29.1)"`);
const inBin = (name: string) => join(folder, 'bin', name);
const cached = () => join(folder, 'cache', 'temporal-1.5.1');
const answerOf = (file: string) => execFileSync(file, ['--version'], { encoding: 'utf8' });

/** An address at which nothing listens, so that the download is out of reach. */
const NOWHERE = 'http://127.0.0.1:9';

function find(more: NodeJS.ProcessEnv = {}): Promise<string> {
  const environment = {
    PATH: `${inBin('')}:/usr/bin:/bin`,
    STEWARD_CACHE: join(folder, 'cache'),
    STEWARD_TEMPORAL_DOWNLOAD: NOWHERE,
    ...more,
  };
  return findTemporalCli({ log: (line) => lines.push(line), environment });
}

/** What stands in for the compiler writes what a build would. */
const compiler = () =>
  script(
    inBin('go'),
    `while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho temporal version built\\n' > "$2"
sleep 0.2
chmod 755 "$2"`,
  );

async function downloadHost(archive: Buffer): Promise<string> {
  const server = createServer((request, response) => {
    const origin = `http://${request.headers.host}`;
    if (request.url?.startsWith('/cli/v1.5.1?')) {
      response.end(JSON.stringify({ archiveUrl: `${origin}/archive.tar.gz`, fileToExtract: 'temporal' }));
    } else response.end(archive);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return `http://127.0.0.1:${address.port}`;
}

async function archiveOf(body: string): Promise<Buffer> {
  const source = join(folder, 'archive');
  await mkdir(source);
  await script(join(source, 'temporal'), body);
  execFileSync('tar', ['-czf', join(folder, 'a.tar.gz'), '-C', source, 'temporal']);
  return readFile(join(folder, 'a.tar.gz'));
}

describe('the Temporal CLI', () => {
  it('is the one that TEMPORAL_CLI_PATH names, before any other', async () => {
    const named = await cli(join(folder, 'named'));
    await cli(inBin('temporal'));
    expect(await find({ TEMPORAL_CLI_PATH: named })).toBe(named);
  });

  it('is the one on PATH, before one in the cache', async () => {
    await cli(inBin('temporal'));
    await cli(cached());
    expect(await find()).toBe(inBin('temporal'));
  });

  it('is looked for further when the one that is named does not work, and that is said', async () => {
    const broken = await script(join(folder, 'broken'), 'exit 3');
    await cli(cached());
    expect(await find({ TEMPORAL_CLI_PATH: broken })).toBe(cached());
    expect(lines.join()).toContain('TEMPORAL_CLI_PATH does not work');
  });

  it('is not another program of the same name', async () => {
    await script(inBin('temporal'), 'echo a calendar for the desktop');
    await cli(cached());
    expect(await find()).toBe(cached());
  });

  it('is downloaded into the cache when there is none', async () => {
    const origin = await downloadHost(await archiveOf('echo temporal version downloaded'));
    expect(await find({ STEWARD_TEMPORAL_DOWNLOAD: origin })).toBe(cached());
    expect(answerOf(cached())).toContain('downloaded');
    expect(await readdir(join(folder, 'cache'))).toEqual(['temporal-1.5.1']);
  });

  it('is built when what was downloaded does not answer', async () => {
    await compiler();
    const origin = await downloadHost(await archiveOf('exit 1'));
    await find({ STEWARD_TEMPORAL_DOWNLOAD: origin });
    expect(answerOf(cached())).toContain('built');
  });

  it('is built when the download is out of reach, and how long that takes is told', async () => {
    await compiler();
    expect(await find()).toBe(cached());
    expect(lines).toContainEqual(expect.stringMatching(/^Building the Temporal CLI from source, .* … 0 s$/));
  });

  it('is looked for in the version that the Go module pins', async () => {
    const module = await readFile(new URL('../../ops/temporal-cli/go.mod', import.meta.url), 'utf8');
    expect(/temporalio\/cli v(\S+)/.exec(module)?.[1]).toBe(TEMPORAL_CLI_VERSION);
  });

  it('is whole when two build it at the same time', async () => {
    await compiler();
    expect(await Promise.all([find(), find()])).toEqual([cached(), cached()]);
    expect(answerOf(cached())).toContain('built');
    expect(await readdir(join(folder, 'cache'))).toEqual(['temporal-1.5.1']);
  });

  it('that cannot be had is explained: every place, what was wrong there, what to do', async () => {
    await script(inBin('go'), 'echo no space left >&2; exit 1');
    const failure = await find().catch((error: Error) => error.message);
    expect(failure).toMatch(
      /TEMPORAL_CLI_PATH: is not set\n.*on PATH: there is none\n.*STEWARD_CACHE.*: .* is not there\n.*download: .* cannot be reached.*\n.*source: go build failed: no space left/,
    );
    expect(failure).toContain('https://docs.temporal.io/cli');
    expect(existsSync(cached())).toBe(false);
  });

  it('is no longer built for when the start was given up', async () => {
    await script(inBin('go'), 'exec sleep 60');
    const giveUp = new AbortController();
    const environment = {
      PATH: `${inBin('')}:/usr/bin:/bin`,
      STEWARD_CACHE: join(folder, 'cache'),
      STEWARD_TEMPORAL_DOWNLOAD: NOWHERE,
    };
    const search = findTemporalCli({
      log: (line) => line.startsWith('Building') && giveUp.abort(new Error('given up')),
      environment,
      signal: giveUp.signal,
    });
    await expect(search).rejects.toThrow('given up');
  });
});
