/** A real S3-compatible server for tests: MinIO, built from the module that ops/minio pins, on loopback. */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { buildGoProgram } from '../../dev/go-build.ts';
import { PROJECT } from '../../dev/home.ts';
import { cachedProgram, keepProgram } from '../../dev/program-cache.ts';

const MODULE = 'github.com/minio/minio';
const READY_WITHIN_MS = 30_000;
const READY_POLL_MS = 50;
/** Another may take the port between the choice and the server's start. */
const ATTEMPTS = 3;

export interface Minio {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly stop: () => Promise<void>;
}

export interface MinioOptions {
  /** Where all its state goes. */
  readonly folder: string;
  readonly log: (line: string) => void;
  /** Gives it a disk of this size alone, which can therefore be filled. */
  readonly diskMebibytes?: number;
}

/** Throws when there is no Go to build it with, or it does not come up. */
export async function startMinio({ folder, log, diskMebibytes }: MinioOptions): Promise<Minio> {
  const program = await findMinio(log);
  const data = join(folder, 'data');
  await mkdir(data, { recursive: true });
  const command = [program, 'server', '--quiet'];
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch([...(diskMebibytes === undefined ? [] : onSmallDisk(data, diskMebibytes)), ...command], data);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function findMinio(log: (line: string) => void): Promise<string> {
  const place = cachedProgram(`minio-${await pinnedVersion()}`, process.env);
  const isThere = await requireMinio(place).then(
    () => true,
    () => false,
  );
  if (isThere) return place;
  const source = { name: 'MinIO', folder: 'minio', path: MODULE, takes: 'about four minutes' };
  const making = { log, environment: process.env, signal: undefined };
  return keepProgram(place, (draft) => buildGoProgram(source, draft, making), requireMinio);
}

async function pinnedVersion(): Promise<string> {
  const text = await readFile(join(PROJECT, 'ops', 'minio', 'go.mod'), 'utf8');
  const [, version] = /minio\/minio (v\S+)/.exec(text) ?? [];
  if (version === undefined) throw new Error('ops/minio/go.mod pins no MinIO.');
  return version;
}

async function requireMinio(file: string): Promise<void> {
  const { stdout } = await promisify(execFile)(file, ['--version']);
  if (!stdout.includes('MinIO')) throw new Error(`${file} is no MinIO.`);
}

/** Runs what follows with a file system in memory at `folder`; only that process sees it, and it ends with it. */
function onSmallDisk(folder: string, mebibytes: number): readonly string[] {
  const script = 'mount -t tmpfs -o size="$0"m tmpfs "$1" && shift && exec "$@"';
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  return ['unshare', ...asRoot, '--mount', 'sh', '-c', script, String(mebibytes), folder];
}

async function launch([program = '', ...args]: readonly string[], data: string): Promise<Minio> {
  const address = `127.0.0.1:${await freePort()}`;
  const [accessKeyId, secretAccessKey] = [randomBytes(10).toString('hex'), randomBytes(20).toString('hex')];
  const server = spawn(program, [...args, '--address', address, data], {
    stdio: 'ignore',
    env: {
      ...process.env,
      HOME: dirname(data),
      MINIO_ROOT_USER: accessKeyId,
      MINIO_ROOT_PASSWORD: secretAccessKey,
      // Server-side encryption with a key of its own (SSE-S3) needs a key management; this is the built-in one.
      MINIO_KMS_SECRET_KEY: `steward-test:${randomBytes(32).toString('base64')}`,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
    },
  });
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  const endpoint = `http://${address}`;
  const stop = async () => {
    process.off('exit', kill);
    await end(server);
  };
  try {
    await untilReady(server, endpoint);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, accessKeyId, secretAccessKey, stop };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('A server has no port.');
      server.close(() => resolve(address.port));
    });
  });
}

async function untilReady(server: ChildProcess, endpoint: string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (server.exitCode === null && Date.now() < deadline) {
    const { ok } = await fetch(`${endpoint}/minio/health/ready`).catch(() => ({ ok: false }));
    if (ok) return;
    await delay(READY_POLL_MS);
  }
  throw new Error(`MinIO did not come up (exit code ${server.exitCode}).`);
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  const force = setTimeout(() => server.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(force);
}
