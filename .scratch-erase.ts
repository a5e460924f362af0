import { readFileSync } from 'node:fs';
import { ApiClient } from './cli/api-client.ts';
import {
  controllerKey,
  fileRequest,
  erasureRequest,
  waitForRequest,
  inStatus,
  approveAll,
} from './test/support/steward.ts';
import { SCOPES } from './domain/parties.ts';
import { personAt, SHOWCASE_PERSON, LONE_EMAIL, ABSENT_EMAIL } from './dev/sample-crm/people.ts';
import { withAdmin } from './test/support/administrator.ts';
const home = readFileSync('/tmp/h5-home', 'utf8');
const adminUrl = readFileSync('/tmp/h5-admin', 'utf8');
const endpoints = JSON.parse(readFileSync(home + '/endpoints.json', 'utf8'));
const scopes = SCOPES.filter((s) => s !== 'payloads:decode');
const person = async () =>
  new ApiClient({
    baseUrl: endpoints.api,
    apiKey: await controllerKey(endpoints, SHOWCASE_PERSON.workspaceId, scopes),
  });
const people = [await person(), await person()];
await withAdmin(adminUrl, 'steward', (c) => c.query('UPDATE steward.workspaces SET cooling_off_days = 0'));
const which = process.argv[2] ?? 'lone';
const email =
  which === 'lone'
    ? LONE_EMAIL
    : which === 'absent'
      ? ABSENT_EMAIL
      : which === 'maya'
        ? SHOWCASE_PERSON.email
        : personAt(1, Number(which)).email;
const { id } = await fileRequest(people[0]!, erasureRequest([{ type: 'email', value: email }]));
console.log(id);
const ended = inStatus('completed', 'partially_completed', 'cancelled');
const show = (v: { status: string }) => {
  if (v.status !== last) console.log((last = v.status));
  return v;
};
let last = '';
try {
  await waitForRequest(
    people[0]!,
    id,
    (v) => {
      show(v);
      return v.status === 'awaiting_approval' || ended(v);
    },
    30_000,
  );
  console.log('approvals', await approveAll(people, id));
  const v = await waitForRequest(
    people[0]!,
    id,
    (v) => {
      show(v);
      return ended(v);
    },
    40_000,
  );
  console.log(JSON.stringify(v));
} catch (error) {
  console.log(String(error));
}
await withAdmin(adminUrl, 'crm', async (c) =>
  console.log(
    (
      await c.query(
        'SELECT collection, action, generation, rows, gone, changed FROM steward.erasure_ledger WHERE rows+gone+changed>0 ORDER BY at DESC LIMIT 60',
      )
    ).rows,
  ),
);
await withAdmin(adminUrl, 'steward', async (c) => {
  console.log(
    (
      await c.query(
        'SELECT collection, decision, rows, approvals_needed, generation, ends_first FROM steward.decisions WHERE request_id=$1 ORDER BY 1',
        [id],
      )
    ).rows,
  );
  console.log((await c.query('SELECT * FROM steward.erasures WHERE request_id=$1', [id])).rows);
});
