import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Children } from '../../dev/children.ts';
import { openHome } from '../../dev/home.ts';
import type { Home } from '../../dev/home.ts';
import { choosePorts, releasePorts } from '../../dev/ports.ts';
import type { Ports } from '../../dev/ports.ts';
import { isAlive, markOf } from '../../dev/processes.ts';

const silent = (_line: string): void => undefined;
const STUBBORN = "process.on('SIGTERM', () => {}); process.stdout.write('up'); setInterval(() => {}, 1000)";
let folder: string;
let home: Home;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-home-'));
  home = await openHome(folder, silent);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await home.release();
  await rm(folder, { recursive: true, force: true });
});

function stubborn() {
  return spawn(process.execPath, ['-e', STUBBORN], { stdio: ['ignore', 'pipe', 'ignore'] });
}

describe('a home', () => {
  it('is not given to a second stack, which is told of the first and of the way out', async () => {
    await expect(openHome(folder, silent)).rejects.toThrow(new RegExp(`process ${process.pid}.*STEWARD_HOME`));
  });

  it('is taken over from a stack that has died, whose processes are ended', async () => {
    await home.release();
    const left = stubborn();
    await once(left.stdout, 'data');
    const mark = markOf(left.pid ?? 0);
    await writeFile(home.path('lock.json'), JSON.stringify({ pid: 999_999_999, startedAt: '1' }));
    await writeFile(home.path('children.json'), JSON.stringify([{ ...mark, name: 'worker', stopSignal: 'SIGTERM' }]));
    const said: string[] = [];
    home = await openHome(folder, (line) => said.push(line));
    expect(mark && isAlive(mark)).toBe(false);
    expect(said.join()).toMatch(/crashed.*worker/);
  });

  it('asks what a crash left in the way that each program knows', async () => {
    await home.release();
    const left = spawn(process.execPath, ['-e', `process.on('SIGINT', () => process.exit(7)); ${STUBBORN}`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(left.stdout, 'data');
    const mark = { ...markOf(left.pid ?? 0), name: 'postgres', stopSignal: 'SIGINT' };
    await writeFile(home.path('children.json'), JSON.stringify([mark]));
    const ended = once(left, 'exit');
    home = await openHome(folder, silent);
    expect(await ended).toEqual([7, null]);
  });

  it('is had by one alone of many that find the lock of a dead stack', async () => {
    await home.release();
    await writeFile(home.path('lock.json'), JSON.stringify({ pid: 999_999_999, startedAt: '1' }));
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => openHome(folder, silent)));
    const had = attempts.filter((attempt) => attempt.status === 'fulfilled');
    expect(had).toHaveLength(1);
    for (const { value } of had) home = value;
    expect((await readdir(folder)).filter((name) => name.startsWith('lock'))).toEqual(['lock.json']);
  });

  it('does not end a process that has the same id by accident', async () => {
    await home.release();
    const innocent = stubborn();
    await once(innocent.stdout, 'data');
    await writeFile(home.path('children.json'), JSON.stringify([{ pid: innocent.pid, startedAt: 'another time' }]));
    home = await openHome(folder, silent);
    expect(innocent.exitCode).toBeNull();
    innocent.kill('SIGKILL');
    await once(innocent, 'exit');
  });
});

describe('the ports of a stack', () => {
  const chosen: { readonly by: Home; readonly ports: Ports }[] = [];

  async function choose(by: Home, log = silent): Promise<Ports> {
    const ports = await choosePorts(by, log);
    chosen.push({ by, ports });
    return ports;
  }

  afterEach(() => {
    for (const { by, ports } of chosen.splice(0)) releasePorts(by, ports);
  });

  it('are the ones of last time', async () => {
    const first = await choose(home);
    expect(await choose(home)).toEqual(first);
  });

  it('fall to free ones where taken, and say so', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await writeFile(home.path('ports.json'), JSON.stringify({ api: port }));
    const said: string[] = [];
    const ports = await choose(home, (line) => void said.push(line));
    expect(ports.api).not.toBe(port);
    expect(said.join('\n')).toContain(`Port ${port} (the API) is taken; using ${ports.api}`);
    other.close();
  });

  it('are no two the same', async () => {
    const ports = Object.values(await choose(home));
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('are no two the same of two stacks that start at once and do not listen yet', async () => {
    const beside = await openHome(join(folder, 'beside'), silent);
    const [ours, theirs] = await Promise.all([choose(home), choose(beside)]);
    const ports = [...Object.values(ours), ...Object.values(theirs)];
    expect(new Set(ports).size).toBe(ports.length);
    await beside.release();
  });

  it('are refused when a variable sets what is no port, by its name', async () => {
    vi.stubEnv('STEWARD_SMTP_PORT', '80a');
    await expect(choose(home)).rejects.toThrow('STEWARD_SMTP_PORT');
  });
});

describe('a child process', () => {
  const childOf = (code: string) => ({ name: 'child', command: process.execPath, args: ['-e', code] });

  it('that ignores the polite signal is ended by force', async () => {
    const children = new Children(home, silent);
    const log = home.path('logs', 'child.log');
    await children.start({ ...childOf(STUBBORN), ready: async () => (await readFile(log, 'utf8')).includes('up') });
    const started = performance.now();
    await children.stopAll([['child']]);
    // The signal that cannot be ignored comes after four seconds.
    expect(performance.now() - started).toBeLessThan(14_000);
    const [mark] = JSON.parse(await readFile(home.path('children.json'), 'utf8')) as NonNullable<
      ReturnType<typeof markOf>
    >[];
    expect(mark && isAlive(mark)).toBe(false);
  });

  it('that dies before it is ready fails the start with the end of its log', async () => {
    const children = new Children(home, silent);
    const broken = {
      ...childOf("console.error('no such setting'); process.exit(3)"),
      ready: () => Promise.resolve(false),
    };
    await expect(children.start(broken)).rejects.toThrow('no such setting');
  });

  it('that an earlier one is in the way of for a moment is tried again for as long as it says', async () => {
    const children = new Children(home, silent);
    const marker = home.path('in-the-way');
    const code = `
      const fs = require('fs');
      if (!fs.existsSync('${marker}')) { fs.writeFileSync('${marker}', ''); process.exit(1); }
      fs.writeFileSync('${marker}.up', '');
      setInterval(() => {}, 1000)`;
    const ready = () => Promise.resolve(existsSync(`${marker}.up`));
    await children.start({ ...childOf(code), patienceMs: 15_000, ready });
    await children.stopAll([['child']]);
  });

  it('that cannot be run at all fails the start, and does not hold up the stop', async () => {
    const children = new Children(home, silent);
    const absent = { ...childOf(''), command: home.path('absent'), ready: () => Promise.resolve(true) };
    await expect(children.start(absent)).rejects.toThrow('ENOENT');
    await children.stopAll([['child']]);
  });

  it('that is taken away on purpose stays away until it is wanted back', async () => {
    const said: string[] = [];
    const children = new Children(home, (line) => said.push(line));
    let asked = 0;
    await children.start({ ...childOf(STUBBORN), ready: () => Promise.resolve((asked += 1) > 0) });
    await children.kill('child', 'SIGKILL');
    await delay(1_500);
    expect([asked, said]).toEqual([1, []]);
    await children.restartStopped('child');
    expect(asked).toBe(2);
    children.killAll();
  });

  it('that dies later is started again', async () => {
    const said: string[] = [];
    const children = new Children(home, (line) => said.push(line));
    const marker = home.path('second-life');
    const code = `
      const fs = require('fs');
      const isSecond = fs.existsSync('${marker}.first');
      fs.writeFileSync(isSecond ? '${marker}' : '${marker}.first', '');
      setInterval(() => { if (!isSecond && fs.existsSync('${marker}.die')) process.exit(1); }, 20)`;
    await children.start({ ...childOf(code), ready: () => Promise.resolve(existsSync(`${marker}.first`)) });
    await writeFile(`${marker}.die`, '');
    await expect.poll(() => existsSync(marker)).toBe(true);
    await children.stopAll([['child']]);
    expect(said.join()).toContain('starting it again');
  });
});
