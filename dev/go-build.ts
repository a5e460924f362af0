/** Builds a program from the Go module that ops/<folder> pins, where there is no other way to get one. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT } from './home.ts';

export interface GoProgram {
  /** As people read it: "the Temporal CLI". */
  readonly name: string;
  /** In ops. */
  readonly folder: string;
  /** The program's import path. */
  readonly path: string;
  /** How long two cores take the first time: "about five minutes". */
  readonly takes: string;
}

export interface Making {
  readonly log: (line: string) => void;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal | undefined;
}

const PROGRESS_EVERY_MS = 10_000;

/** Leaves an executable at `draft`. Throws with the end of what the compiler said, and when there is no Go. */
export async function buildGoProgram(program: GoProgram, draft: string, making: Making): Promise<void> {
  const { log, environment, signal } = making;
  const started = performance.now();
  const tell = () => {
    const seconds = Math.round((performance.now() - started) / 1_000);
    log(`Building ${program.name} from source, ${program.takes}, once … ${seconds} s`);
  };
  const progress = setInterval(tell, PROGRESS_EVERY_MS);
  try {
    await go(['build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-o', draft, program.path], {
      folder: join(PROJECT, 'ops', program.folder),
      // Without C, as the releases are: then no compiler for it is needed, nor the user's name at run time.
      environment: { ...environment, GOWORK: 'off', CGO_ENABLED: '0' },
      signal,
      onStart: tell,
    });
  } finally {
    clearInterval(progress);
  }
}

interface GoRun {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal | undefined;
  readonly onStart: () => void;
}

function go(args: readonly string[], { folder, environment, signal, onStart }: GoRun): Promise<void> {
  return new Promise((resolve, reject) => {
    const running = spawn('go', args, {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(signal ? { signal } : {}),
    });
    let complaints = '';
    running.stderr.on('data', (chunk: Buffer) => (complaints = `${complaints}${chunk.toString()}`.slice(-2_000)));
    running.once('spawn', onStart);
    running.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new Error('there is no Go here (`go` is not on PATH)') : error),
    );
    running.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`go build failed: ${complaints.trim()}`)),
    );
  });
}
