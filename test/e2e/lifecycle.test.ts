import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Endpoints } from '../../dev/endpoints.ts';
import { isAlive } from '../../dev/processes.ts';
import type { ProcessMark } from '../../dev/processes.ts';
import type { Manifest } from '../../domain/manifest.ts';
import { temporaryHome } from '../support/temporary-home.ts';

let home: string;

beforeAll(async () => {
  home = await temporaryHome();
});

afterAll(() => rm(home, { recursive: true, force: true }));

function run(...args: readonly string[]): ChildProcess & { readonly stdout: NonNullable<ChildProcess['stdout']> } {
  // The workflows are bundled by the stack itself, as they are for everybody.
  const { STEWARD_WORKFLOW_BUNDLE: _, ...inherited } = process.env;
  const env = { ...inherited, STEWARD_HOME: home, STEWARD_SAMPLE_PEOPLE: '60' };
  return spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
}

function childrenOf(): readonly ProcessMark[] {
  return JSON.parse(readFileSync(join(home, 'children.json'), 'utf8')) as ProcessMark[];
}

async function untilUp(starting: ChildProcess): Promise<Endpoints> {
  await expect
    .poll(() => existsSync(join(home, 'endpoints.json')) || starting.exitCode !== null, { timeout: 120_000 })
    .toBe(true);
  return JSON.parse(await readFile(join(home, 'endpoints.json'), 'utf8')) as Endpoints;
}

/** Asks to end and answers the exit code and the milliseconds that it took. */
async function end(running: ChildProcess, signal: NodeJS.Signals): Promise<{ code: unknown; took: number }> {
  const started = performance.now();
  running.kill(signal);
  const [code] = (await once(running, 'exit')) as [unknown];
  return { code, took: performance.now() - started };
}

/** The addresses that a process listens on, as the kernel has them (proc(5), /proc/net/tcp and tcp6). */
function listeningAddresses(pid: number): readonly string[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? ''];
      } catch {
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && sockets.has(fields[9] ?? ''))
      .map((fields) => (fields[1] ?? '').split(':')[0] ?? ''),
  );
}

/** 127.0.0.1, and the same inside IPv6, in the kernel's byte order. */
const LOOPBACK = ['0100007F', '0000000000000000FFFF00000100007F', '00000000000000000000000001000000'];

describe('npm run demo -- --json', () => {
  it('ends with one object that says what was found and where it is, and leaves nothing running', async () => {
    const demo = run('dev/demo.ts', '--json');
    const [output, [code]] = await Promise.all([text(demo.stdout), once(demo, 'exit')]);
    expect(code).toBe(0);
    const result = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Record<string, unknown> & {
      counts: Record<string, number>;
      packagePath: string;
      manifestPath: string;
    };
    expect(Object.keys(result)).toEqual(['requestId', 'status', 'packagePath', 'manifestPath', 'counts', 'seconds']);
    expect(result['status']).toBe('completed');
    expect(result.counts['leads']).toBeGreaterThan(0);
    expect(existsSync(result.packagePath)).toBe(true);
    const manifest = JSON.parse(await readFile(result.manifestPath, 'utf8')) as Manifest;
    expect(Object.values(result.counts).reduce((sum, rows) => sum + rows, 0)).toBe(manifest.totals.rows);
    expect(existsSync(join(home, 'lock.json'))).toBe(false);
  });
});

describe('npm start', () => {
  it('listens on loopback alone, and ends within ten seconds of SIGTERM with nothing left', async () => {
    const stack = run('dev/start.ts');
    await untilUp(stack);
    const children = childrenOf();
    expect(children.length).toBe(4);
    for (const { pid } of [...children, { pid: stack.pid ?? 0 }]) {
      const addresses = listeningAddresses(pid);
      expect(addresses.length).toBeGreaterThan(0);
      for (const address of addresses) expect(LOOPBACK).toContain(address);
    }
    const { code, took } = await end(stack, 'SIGTERM');
    expect(code).toBe(0);
    expect(took).toBeLessThan(10_000);
    expect(children.filter(isAlive)).toEqual([]);
    for (const file of ['lock.json', 'endpoints.json', 'children.json'])
      expect(existsSync(join(home, file))).toBe(false);
  });

  it('recognises and ends what a crash has left, and comes up again', async () => {
    const crashed = run('dev/start.ts');
    await untilUp(crashed);
    const left = childrenOf();
    await end(crashed, 'SIGKILL');
    expect(left.filter(isAlive).length).toBe(4);
    await rm(join(home, 'endpoints.json'));

    const again = run('dev/start.ts');
    const endpoints = await untilUp(again);
    expect(left.filter(isAlive)).toEqual([]);
    expect((await fetch(`${endpoints.api}/readyz`)).status).toBe(200);
    expect((await end(again, 'SIGINT')).code).toBe(0);
  });
});
