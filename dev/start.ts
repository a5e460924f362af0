/** `npm start`: brings the stack up and keeps it up until SIGINT or SIGTERM. */
import { homeFolder } from './home.ts';
import { stopOnSignals } from './signals.ts';
import { startStack } from './stack.ts';
import type { Endpoints, Stack } from './stack.ts';

function summary(endpoints: Endpoints): string {
  return [
    '',
    `API           ${endpoints.api}`,
    `  described   ${endpoints.docs}`,
    `Temporal UI   ${endpoints.temporalUi}`,
    `Caught mail   ${endpoints.mail.web}`,
    `Admin key     ${endpoints.adminKeyFile}`,
    `State         ${homeFolder()}`,
    '',
    'To read payloads in the Temporal UI: open the link that `npm run steward -- sign-in` prints, then, in the',
    "Temporal UI's codec settings (the glasses, top right), tick “include credentials”.",
    '',
    'Ctrl-C stops everything; the next start goes on from here.',
  ].join('\n');
}

const interrupted = new AbortController();
let stack: Stack | undefined;
const stopped = stopOnSignals(async () => {
  console.log('\nStopping …');
  interrupted.abort();
  await stack?.stop();
}, () => stack?.children.killAll());

try {
  stack = await startStack({ home: homeFolder(), log: console.log, signal: interrupted.signal });
  console.log(summary(stack.endpoints));
  await stopped;
} catch (error) {
  if (!interrupted.signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
process.exit();
