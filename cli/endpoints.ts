/** Where Steward is and with which key to call it: from the environment, or from the running stack of STEWARD_HOME. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InvalidConfiguration } from '../domain/errors.ts';
import { ApiClient } from './api-client.ts';

interface RunningStack {
  readonly api: string;
  readonly adminKeyFile: string;
}

const homeFile = (name: string): string => join(resolve(process.env['STEWARD_HOME'] || '.steward'), name);

/** The API's address. Throws InvalidConfiguration when none is set and no stack runs here. */
export async function apiUrl(): Promise<string> {
  return process.env['STEWARD_API'] ?? (await runningStack()).api;
}

/** STEWARD_API_KEY, or else the running stack's administrator key. */
export async function adminKey(): Promise<string> {
  return process.env['STEWARD_API_KEY'] ?? (await readFile((await runningStack()).adminKeyFile, 'utf8')).trim();
}

export async function apiClient(workspaceId: string | undefined): Promise<ApiClient> {
  const options = { baseUrl: await apiUrl(), apiKey: await adminKey() };
  return new ApiClient(workspaceId === undefined ? options : { ...options, workspaceId });
}

/** The environment in which the settings are those of the running stack, unless other ones are named. */
export function settingsOfRunningStack(): NodeJS.ProcessEnv {
  const file = homeFile('steward.config.yaml');
  if (process.env['STEWARD_CONFIG'] !== undefined || existsSync('steward.config.yaml') || !existsSync(file))
    return process.env;
  return { ...process.env, STEWARD_CONFIG: file };
}

async function runningStack(): Promise<RunningStack> {
  const file = homeFile('endpoints.json');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as RunningStack;
  } catch {
    throw new InvalidConfiguration(
      `No stack is running here (${file} is not there). Start one with npm start, or set STEWARD_API.`,
    );
  }
}
