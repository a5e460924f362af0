/**
 * Loaded before an entry (`node --import`), and plain JavaScript, for an older Node refuses a .ts file with an error that
 * tells nobody what to do.
 */
const NEEDED = 24;

if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  console.error(
    `This is Node ${process.versions.node}, and Steward needs Node ${NEEDED}. On Linux (x64, arm64) npm ci brings it along: run
this by "npm run …" or "npm start", not by "node" itself. Elsewhere install Node ${NEEDED}: https://nodejs.org`,
  );
  process.exit(1);
}
