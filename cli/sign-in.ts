/** `steward sign-in`: a link that works once, for the browser in which an operator uses the Temporal UI. */
import { InvalidConfiguration } from '../domain/errors.ts';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { loadConfig } from '../platform/config.ts';
import { openDatabase } from '../platform/database.ts';
import { loadKeyRing } from '../platform/key-ring.ts';
import { findPrincipal } from '../platform/records/api-keys.ts';
import { createSignInToken } from '../platform/records/sessions.ts';
import { adminKey, settingsOfRunningStack } from './endpoints.ts';

export function signInCommand(program: Command): void {
  program
    .command('sign-in')
    .description(
      "make a one-time link that lets a browser read payloads in the Temporal UI (needs an API key of the processor's)",
    )
    .option('--minutes <n>', 'how long the link can be used', minutes, 10)
    .action(async (options: { readonly minutes: number }) => console.log(await signInLink(options.minutes)));
}

function minutes(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 60)
    throw new InvalidArgumentError('Give whole minutes, 1 to 60.');
  return value;
}

/** Signs in whoever the API key belongs to, with the one scope that the Temporal UI needs. */
async function signInLink(validMinutes: number): Promise<string> {
  const config = loadConfig(settingsOfRunningStack());
  const ring = await loadKeyRing(config.keys.file);
  const db = openDatabase(config.database.appUrl, { maxConnections: 1 });
  try {
    const principal = await findPrincipal(db, ring, await adminKey());
    if (!principal?.scopes.includes('payloads:decode')) {
      throw new InvalidConfiguration('The API key is not valid, or lacks the scope payloads:decode.');
    }
    const token = await createSignInToken(db, ring, {
      principalId: principal.id,
      scopes: ['payloads:decode'],
      minutes: validMinutes,
    });
    return new URL(`/sign-in/${token}`, config.api.publicUrl).href;
  } finally {
    await db.close();
  }
}
