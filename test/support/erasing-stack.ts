/** A stack of its own for tests that erase: what they erase is gone for everybody else. */
import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiClient } from '../../cli/api-client.ts';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import { startStack } from '../../dev/stack.ts';
import type { Stack } from '../../dev/stack.ts';
import { SCOPES } from '../../domain/parties.ts';
import { withAdmin } from './administrator.ts';
import { controllerKey } from './steward.ts';
import { temporaryHome } from './temporary-home.ts';

export interface ErasingStack {
  readonly home: string;
  readonly stack: Stack;
  /** Two people of the customer, each of whom may do all that a controller may. */
  readonly people: readonly [ApiClient, ApiClient];
  /** Of the showcase person's workspace. */
  setCoolingOff(days: number): Promise<void>;
  /** The worker dies where it reaches this, once, and is started again. */
  arm(failPoint: string): Promise<void>;
  /** Whether it has died since. */
  hasDied(): boolean;
  stop(): Promise<void>;
}

export async function startErasingStack(people = 60): Promise<ErasingStack> {
  process.env['STEWARD_SAMPLE_PEOPLE'] = String(people);
  const home = await temporaryHome();
  const armed = join(home, 'fail-point');
  process.env['STEWARD_FAIL_POINTS'] = `file:${armed}`;
  const stack = await startStack({ home, log: () => undefined }).finally(
    () => delete process.env['STEWARD_FAIL_POINTS'],
  );
  const { workspaceId } = SHOWCASE_PERSON;
  const scopes = SCOPES.filter((scope) => scope !== 'payloads:decode');
  const person = async () => {
    const apiKey = await controllerKey(stack.endpoints, workspaceId, scopes);
    return new ApiClient({ baseUrl: stack.endpoints.api, apiKey });
  };
  return {
    home,
    stack,
    people: [await person(), await person()],
    setCoolingOff: (days) =>
      withAdmin(stack.settings.adminUrl, 'steward', async (client) => {
        await client.query('UPDATE steward.workspaces SET cooling_off_days = $2 WHERE id = $1', [workspaceId, days]);
      }),
    arm: async (failPoint) => {
      await writeFile(`${armed}.new`, failPoint);
      await rename(`${armed}.new`, armed);
    },
    hasDied: () => !existsSync(armed),
    stop: async () => {
      await stack.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
