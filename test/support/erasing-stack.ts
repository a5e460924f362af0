/** A stack of its own for tests that erase: what they erase is gone for everybody else. */
import { rm } from 'node:fs/promises';
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
  stop(): Promise<void>;
}

export async function startErasingStack(people = 60): Promise<ErasingStack> {
  process.env['STEWARD_SAMPLE_PEOPLE'] = String(people);
  const home = await temporaryHome();
  const stack = await startStack({ home, log: () => undefined });
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
    stop: async () => {
      await stack.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
