/** A server of the PostgreSQL that the machine has by its packages, which is another than the embedded one. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';

const VERSIONS = '/usr/lib/postgresql';
const NOBODY = 65_534;

export interface OtherServer {
  /** An administrator's. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Undefined where no server is installed. */
export async function startOtherPostgres(): Promise<OtherServer | undefined> {
  const programs = await installed();
  if (programs === undefined) return undefined;
  const home = await mkdtemp('/var/tmp/steward-other-');
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  if (process.getuid?.() === 0) await chown(home, NOBODY, NOBODY);
  const data = join(home, 'data');
  const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
  const setUp = ['--auth=trust', '--username=postgres', '--encoding=UTF8', '--no-locale', '--no-sync', data];
  await promisify(execFile)(join(programs, 'initdb'), setUp, { cwd: '/', env, ...user });
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'].flatMap((each) => [
    '-c',
    each,
  ]);
  const server = spawn(join(programs, 'postgres'), ['-D', data, '-p', String(port), ...settings], {
    cwd: '/',
    env,
    stdio: 'ignore',
    ...user,
  });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const ended = once(server, 'close');
  await answering(url, () => server.exitCode !== null);
  return {
    url,
    stop: async () => {
      server.kill('SIGINT');
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function installed(): Promise<string | undefined> {
  for (const version of await readdir(VERSIONS).catch(() => [])) {
    const folder = join(VERSIONS, version, 'bin');
    if (await stat(join(folder, 'postgres')).catch(() => undefined)) return folder;
  }
  return undefined;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

async function answering(url: string, hasEnded: () => boolean): Promise<void> {
  for (;;) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    const isThere = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => undefined);
    if (isThere) return;
    if (hasEnded()) throw new Error('The other PostgreSQL did not start.');
    await delay(100);
  }
}
