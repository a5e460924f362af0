/** Work in a process of its own: nothing that was loaded or collected before counts as its time or memory. */
import { fork } from 'node:child_process';
import { WORKER_ENVIRONMENT, WORKER_NODE_OPTIONS } from '../../dev/worker-options.ts';

/** What such a process does; task and answer pass as JSON. Its file exports the type and calls `perform`. */
type Work = (task: never) => Promise<unknown>;

/** Runs the file as a worker is run, and resolves with what its work answers. Throws when it fails. What it prints goes to standard error. */
export function inChild<W extends Work>(file: URL, task: Parameters<W>[0]): Promise<Awaited<ReturnType<W>>> {
  return new Promise((resolve, reject) => {
    const child = fork(file, {
      execArgv: [...WORKER_NODE_OPTIONS],
      env: { ...process.env, ...WORKER_ENVIRONMENT },
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    const end = (): boolean => child.kill();
    process.once('exit', end);
    let answered: { readonly answer: Awaited<ReturnType<W>> } | undefined;
    child.once('message', (message: { readonly answer: Awaited<ReturnType<W>> }) => {
      answered = message;
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('exit', end);
      if (answered && code === 0) resolve(answered.answer);
      else reject(new Error(`${file.pathname} ended with ${signal ?? code}${answered ? '' : ', without an answer'}.`));
    });
    child.send({ task });
  });
}

/** The child's side: does the one task and lets the process end. */
export function perform(work: Work): void {
  process.once('message', ({ task }: { readonly task: never }) => void reply(work(task)));
}

async function reply(work: Promise<unknown>): Promise<void> {
  try {
    const message = { answer: await work };
    await new Promise<void>((resolve, reject) =>
      process.send?.(message, undefined, {}, (error) => (error ? reject(error) : resolve())),
    );
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    process.disconnect();
  }
}
