/**
 * One stack a run, shared by every test that needs services. Small enough to start in seconds; the sample CRM has a few
 * hundred people in it, with the showcase person among them.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startStack } from '../../dev/stack.ts';
import type { Endpoints } from '../../dev/endpoints.ts';
import { migrateTemplate } from './database.ts';
import { temporaryHome } from './temporary-home.ts';

export interface SharedStack {
  readonly home: string;
  readonly endpoints: Endpoints;
  readonly configFile: string;
  /** An administrator's URL of its PostgreSQL. */
  readonly adminUrl: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    stack: SharedStack;
  }
}

/** Kept by the process: Vitest loads this file anew for each project, so that a variable of its own would be each one's own. */
declare global {
  var stewardTestStack: { readonly running: ReturnType<typeof start>; users: number } | undefined;
}

/** Both projects that need it call this; the first starts it, the second joins, the last to go stops it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = (globalThis.stewardTestStack ??= { running: start(), users: 0 });
  stack.users += 1;
  const { shared, stop } = await stack.running;
  project.provide('stack', shared);
  return async () => {
    stack.users -= 1;
    if (stack.users > 0) return;
    globalThis.stewardTestStack = undefined;
    await stop();
  };
}

/** Nothing of it is read after the machine has stopped. */
const FORGETFUL = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };

async function start(): Promise<{ shared: SharedStack; stop: () => Promise<void> }> {
  process.env['STEWARD_SAMPLE_PEOPLE'] ??= '300';
  const home = await temporaryHome();
  // Shown as it comes: the first start may build the Temporal CLI, which takes minutes.
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const stack = await startStack({ home, postgres: FORGETFUL, log });
  process.env['STEWARD_TEST_POSTGRES'] = stack.settings.adminUrl;
  await migrateTemplate(stack.settings.adminUrl);
  // Bundled once, for the stacks and the workers of the tests too.
  process.env['STEWARD_WORKFLOW_BUNDLE'] ??= join(home, 'workflows.js');
  return {
    shared: {
      home,
      endpoints: stack.endpoints,
      configFile: stack.settings.configFile,
      adminUrl: stack.settings.adminUrl,
    },
    stop: async () => {
      await stack.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
