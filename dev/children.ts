/**
 * The child processes of a stack: started with a log file, watched, started again when they die unasked, and all ended in
 * order. Each is in a process group of its own, so that a terminal's Ctrl-C reaches the supervisor alone, which then stops
 * them properly.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../domain/errors.ts';
import type { ChildMark, Home } from './home.ts';
import { markOf } from './processes.ts';

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** SIGTERM, unless the program has a better one. */
  readonly stopSignal?: NodeJS.Signals;
  /**
   * For how long a start that fails is tried again, for a program that what an earlier one has left is in the way of: where a
   * PostgreSQL was ended by force, its own children hold the shared memory for some moments more.
   */
  readonly patienceMs?: number;
  /** Asked until true; a rejection counts as false. */
  readonly ready: () => Promise<boolean>;
}

interface Child {
  readonly options: ChildOptions;
  process: ChildProcess | undefined;
  mark: ChildMark | undefined;
  /** While true a death is no accident. */
  expected: boolean;
}

const READY_WITHIN_MS = 60_000;
const READY_POLL_MS = 50;
const STOP_WITHIN_MS = 4_000;
const RETRY_MS = 500;
/** Doubled at each attempt that fails. */
const RESTART_AFTER_MS = 1_000;
const RESTART_AFTER_AT_MOST_MS = 15_000;
const LOG_TAIL_LINES = 15;
const LOG_LINE_LENGTH = 500;

export class Children {
  private readonly home: Home;
  private readonly log: (line: string) => void;
  private readonly children = new Map<string, Child>();
  /** Once all are being ended none may be started, whoever is still about to. */
  private closed = false;

  constructor(home: Home, log: (line: string) => void) {
    this.home = home;
    this.log = log;
  }

  /** Resolves when the child is ready. Throws with the end of its log when it dies before, or takes too long. */
  async start(options: ChildOptions): Promise<void> {
    const child: Child = { options, process: undefined, mark: undefined, expected: false };
    this.children.set(options.name, child);
    await this.launchPatiently(child);
  }

  /** Ends a child in its own way, by force when that takes too long. It stays known, for `restartStopped`. */
  async stop(name: string): Promise<void> {
    const child = this.required(name);
    await this.kill(name, stopSignalOf(child.options));
  }

  /** Sends a signal and waits for the end; the child is not started again by itself. */
  async kill(name: string, signal: NodeJS.Signals): Promise<void> {
    const child = this.required(name);
    child.expected = true;
    const { process: running } = child;
    if (!running || hasEnded(running)) return;
    const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()));
    running.kill(signal);
    const force = setTimeout(() => running.kill('SIGKILL'), STOP_WITHIN_MS);
    await ended;
    clearTimeout(force);
  }

  /** Starts a child again that was stopped or killed. */
  async restartStopped(name: string): Promise<void> {
    const child = this.required(name);
    child.expected = false;
    await this.launchPatiently(child);
  }

  /** Group after group, the members of one at the same time; those that were never started are passed over. */
  async stopAll(order: readonly (readonly string[])[]): Promise<void> {
    this.closed = true;
    for (const child of this.children.values()) child.expected = true;
    for (const group of order) {
      await Promise.all(group.filter((name) => this.children.has(name)).map((name) => this.stop(name)));
    }
  }

  /** Without ceremony, for a second Ctrl-C. */
  killAll(): void {
    for (const child of this.children.values()) {
      child.expected = true;
      child.process?.kill('SIGKILL');
    }
  }

  private required(name: string): Child {
    const child = this.children.get(name);
    if (!child) throw new Error(`There is no child process ${name}.`);
    return child;
  }

  private async launchPatiently(child: Child): Promise<void> {
    for (const deadline = Date.now() + (child.options.patienceMs ?? 0); ; await delay(RETRY_MS)) {
      try {
        await this.launch(child);
        return;
      } catch (error) {
        if (this.closed || Date.now() >= deadline) throw error;
      }
    }
  }

  private async launch(child: Child): Promise<void> {
    if (this.closed) throw new Error('The stack is being stopped.');
    const running = this.spawn(child.options);
    const failed = new Promise<never>((_, reject) => running.on('error', reject));
    failed.catch(() => undefined);
    child.process = running;
    child.mark = markOfChild(child.options, running);
    this.record();
    await (running.pid === undefined ? failed : this.untilReady(child.options, running));
    running.once('exit', () => void this.revive(child));
  }

  private spawn({ name, command, args, env, cwd, uid, gid }: ChildOptions): ChildProcess {
    const logFile = openSync(this.logOf(name), 'a', 0o600);
    try {
      return spawn(command, args, {
        detached: true,
        stdio: ['ignore', logFile, logFile],
        ...(env === undefined ? {} : { env }),
        ...(cwd === undefined ? {} : { cwd }),
        ...(uid === undefined ? {} : { uid }),
        ...(gid === undefined ? {} : { gid }),
      });
    } finally {
      closeSync(logFile);
    }
  }

  /** What answers may be another's server at the same port, so the child must be alive besides. */
  private async untilReady({ name, ready }: ChildOptions, running: ChildProcess): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!hasEnded(running) && Date.now() < deadline) {
      const answers = await ready().catch(() => false);
      if (answers && !hasEnded(running)) return;
      await delay(READY_POLL_MS);
    }
    const what = hasEnded(running) ? 'ended before it was ready' : `was not ready within ${READY_WITHIN_MS / 1_000} s`;
    running.kill('SIGKILL');
    throw new Unavailable(`${name} ${what}. The end of ${this.logOf(name)}:\n${this.tail(name)}`);
  }

  private logOf(name: string): string {
    return this.home.path('logs', `${name}.log`);
  }

  private tail(name: string): string {
    const lines = readFileSync(this.logOf(name), 'utf8').trimEnd().split('\n');
    return lines
      .slice(-LOG_TAIL_LINES)
      .map((line) => line.slice(0, LOG_LINE_LENGTH))
      .join('\n');
  }

  /** A child that dies of itself is started again, for as long as it takes. */
  private async revive(child: Child): Promise<void> {
    const { name } = child.options;
    for (let attempt = 0; !child.expected; attempt += 1) {
      this.log(`${name} died (${child.process?.signalCode ?? child.process?.exitCode}); starting it again.`);
      await delay(Math.min(RESTART_AFTER_MS * 2 ** attempt, RESTART_AFTER_AT_MOST_MS), undefined, { ref: false });
      if (child.expected) return;
      try {
        await this.launch(child);
        return;
      } catch (error) {
        this.log(error instanceof Error ? error.message : String(error));
      }
    }
  }

  private record(): void {
    const marks = [...this.children.values()].map(({ mark }) => mark);
    this.home.recordChildren(marks.filter((mark) => mark !== undefined));
  }
}

function stopSignalOf({ stopSignal = 'SIGTERM' }: ChildOptions): NodeJS.Signals {
  return stopSignal;
}

function markOfChild(options: ChildOptions, { pid }: ChildProcess): ChildMark | undefined {
  const mark = pid === undefined ? undefined : markOf(pid);
  return mark && { ...mark, name: options.name, stopSignal: stopSignalOf(options) };
}

/** True also of one that never began, which has no id. */
function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}
