/** `npm start`: the embedded stack, until Ctrl-C. */
import { StewardError } from '../domain/errors.ts';
import type { Endpoints } from './endpoints.ts';
import { homeFolder } from './home.ts';
import { startUntilStopped } from './until-stopped.ts';

function addresses(endpoints: Endpoints, home: string): string {
  const { api, docs, temporalUi, mail, adminKeyFile } = endpoints;
  const rows = {
    API: api,
    'API, described': docs,
    'Temporal UI': temporalUi,
    'Caught mail': mail.web,
    'Key that may do everything': adminKeyFile,
    'All state': home,
  };
  const width = Math.max(...Object.keys(rows).map((name) => name.length));
  return Object.entries(rows)
    .map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
    .join('\n');
}

const SIGN_IN = `  To read payloads in the Temporal UI: npm run steward -- sign-in
  Ctrl-C stops everything; what waits goes on at the next start.`;

async function main(): Promise<void> {
  const home = homeFolder();
  const { endpoints } = await startUntilStopped({ home, log: console.log }, 0);
  console.log(`\nSteward is running.\n\n${addresses(endpoints, home)}\n\n${SIGN_IN}`);
}

await main().catch((error: unknown) => {
  // The operator's to mend: where in the code it was found helps nobody.
  console.error(error instanceof StewardError ? error.message : error);
  process.exitCode = 1;
});
