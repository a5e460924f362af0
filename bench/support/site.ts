/** A home and a PostgreSQL of a benchmark's own, set as the embedded stack sets them, and gone afterwards. */
import { rmSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Children } from '../../dev/children.ts';
import { writeConfigFile } from '../../dev/config-file.ts';
import { ensureDatabases } from '../../dev/databases.ts';
import type { DatabaseUrls } from '../../dev/databases.ts';
import { openHome } from '../../dev/home.ts';
import type { Home } from '../../dev/home.ts';
import { choosePorts, releasePorts } from '../../dev/ports.ts';
import { startPostgres } from '../../dev/postgres.ts';
import { ensureKeyRing } from '../../platform/key-ring.ts';
import { migrate } from '../../platform/migrate.ts';

export interface Site {
  readonly home: Home;
  readonly databases: DatabaseUrls;
  /** The settings of a worker here. */
  readonly configFile: string;
  /** A further database that `crm_owner` owns; answers its URL. */
  createSource(name: string): Promise<string>;
  /** The same database as Steward's roles in a source. */
  asReader(url: string): string;
  asEraser(url: string): string;
}

/** Runs `work` with the database servers up and Steward's schema in place; stops and removes everything afterwards. */
export async function withSite<T>(log: (line: string) => void, work: (site: Site) => Promise<T>): Promise<T> {
  await using held = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'steward-bench-'));
  held.defer(() => rm(folder, { recursive: true, force: true }));
  // PostgreSQL runs as another user where we are root.
  await chmod(folder, 0o711);
  const home = await openHome(folder, log);
  const ports = await choosePorts(home, () => undefined);
  held.defer(() => releasePorts(home, ports));
  const children = new Children(home, log);
  const abandon = (): void => {
    children.killAll();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', abandon);
  held.defer(() => void process.off('exit', abandon));
  held.defer(() => children.stopAll([['postgres']]));
  const { adminUrl } = await startPostgres(home, ports, children, new AbortController().signal);
  const databases = await ensureDatabases(adminUrl, home);
  await ensureKeyRing(home.path('keys.json'));
  await migrate(databases.steward_owner);
  const configFile = await writeConfigFile(home, {
    ports,
    databases,
    storage: { kind: 'folder', path: home.path('storage') },
  });
  return await work({
    home,
    databases,
    configFile,
    createSource: (name) => createSource(adminUrl, databases, name),
    asReader: (url) => inDatabase(databases.crm_reader, new URL(url).pathname),
    asEraser: (url) => inDatabase(databases.crm_eraser, new URL(url).pathname),
  });
}

async function createSource(adminUrl: string, databases: DatabaseUrls, name: string): Promise<string> {
  await withConnection(adminUrl, (client) =>
    client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} OWNER crm_owner`),
  );
  return inDatabase(databases.crm_owner, `/${name}`);
}

function inDatabase(server: string, pathname: string): string {
  const url = new URL(server);
  url.pathname = pathname;
  return url.href;
}

/** A connection for as long as `work` lasts. */
export async function withConnection<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  // A server that goes away fails the statement under way; the event alone would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
