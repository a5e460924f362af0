/**
 * `npm run record-histories`: runs each course that a request can take on a stack of its own, unencrypted, and keeps the
 * histories that the replay test holds the workflows against. A recorded history is never changed: a new edition is
 * recorded beside it, so give a suffix (`npm run record-histories -- v2`), and names where not all are to be recorded
 * (`npm run record-histories -- v1 map-check workspace-export`).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protocol from '@temporalio/proto';
import { ABSENT_EMAIL, LONE_EMAIL, SHOWCASE_PERSON, personAt } from '../../dev/sample-crm/people.ts';
import { startStack } from '../../dev/stack.ts';
import type { Stack } from '../../dev/stack.ts';
import {
  TASK_QUEUES,
  WORKFLOWS,
  dataSubjectRequestId,
  exportPackagingId,
  exportPartsId,
  holdPlacementId,
  holdReleaseId,
  workspaceExportId,
  workspaceRetentionId,
} from '../../domain/ids.ts';
import type { Identity } from '../../domain/identities.ts';
import type { Temporal } from '../../platform/temporal/client.ts';
import { withAdmin } from './administrator.ts';
import { imagineErasures } from './imagined-erasures.ts';
import { openPlainNamespace } from './plain-namespace.ts';
import { PlainRequests } from './plain-requests.ts';
import { IMAGINED_COURSES } from './imagined-courses.ts';
import { administratorId } from './steward.ts';

const ARCHIVE = new URL('archive.dataset.yml', import.meta.url);
const HISTORIES = new URL('../replay/histories/', import.meta.url);
const [edition = 'v1', ...wanted] = process.argv.slice(2);
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
const maya = [{ type: 'email', value: SHOWCASE_PERSON.email }];
const byEmail = (email: string): readonly Identity[] => [{ type: 'email', value: email }];

type Course = (requests: PlainRequests, site: Site) => Promise<string>;

/** What a course changes past the people. */
interface Site {
  /** Of the workspace, in days. */
  setCoolingOff(days: number): Promise<void>;
  /** The request's approvals were given as long ago as makes its cooling-off of a day end in a moment. */
  letCoolOff(requestId: string): Promise<void>;
}

const COURSES: Readonly<Record<string, Course>> = {
  fulfilled: (requests) => requests.file(maya),
  'no-data': (requests) => requests.file(byEmail(ABSENT_EMAIL)),
  'waited-for-instruction': async (requests) => {
    const id = await requests.file(maya, { instructed: false });
    await requests.waitFor(id, 'awaiting_instruction');
    await requests.instruct(id);
    return id;
  },
  'searched-by-hand': async (requests) => {
    const id = await requests.file([...maya, { type: 'archive_number', value: 'L-1998-17' }]);
    await requests.waitFor(id, 'gathering');
    await requests.closeTasks(id);
    return id;
  },
  'rebuilt-and-released': async (requests) => {
    const id = await requests.file(maya, { release: 'reviewed' });
    for (const decision of ['rebuild', 'release'] as const) await requests.decideRelease(id, decision);
    return id;
  },
  'cancelled-before-release': async (requests) => {
    const id = await requests.file(maya, { release: 'reviewed' });
    await requests.waitFor(id, 'awaiting_release');
    await requests.cancel(id);
    return id;
  },
  cancelled: async (requests) => {
    const id = await requests.file(maya, { instructed: false });
    await requests.waitFor(id, 'awaiting_instruction');
    await requests.cancel(id);
    return id;
  },
  /** The phone number is somebody else's, so what it leads to proves nothing. */
  'matches-reviewed': async (requests) => {
    const id = await requests.file([
      ...byEmail(personAt(1, 3).email),
      { type: 'phone_number', value: SHOWCASE_PERSON.phone },
    ]);
    await requests.waitFor(id, 'reviewing_matches');
    await requests.acceptMatches(id);
    return id;
  },
  'erasure-refused': async (requests) => {
    const id = await requests.file(maya, { type: 'erasure' });
    await requests.decideReview(id, 'reject');
    return id;
  },
  'erasure-cancelled': async (requests, site) => {
    await site.setCoolingOff(1);
    const id = await requests.file(maya, { type: 'erasure' });
    await requests.decideReview(id, 'approve');
    await requests.waitFor(id, 'cooling_off');
    await requests.cancel(id);
    return id;
  },
  'erasure-of-nothing': (requests) => requests.file(byEmail(ABSENT_EMAIL), { type: 'erasure' }),
  'erasure-wholly': async (requests, site) => {
    await site.setCoolingOff(0);
    const id = await requests.file(byEmail(LONE_EMAIL), { type: 'erasure' });
    await requests.waitFor(id, 'awaiting_approval', 'completed');
    if ((await requests.statusOf(id)) === 'awaiting_approval') await requests.decideReview(id, 'approve');
    return id;
  },
  'erasure-partly': async (requests, site) => {
    await site.setCoolingOff(1);
    const id = await requests.file(maya, { type: 'erasure' });
    await requests.decideReview(id, 'approve', undefined, () => site.letCoolOff(id));
    return id;
  },
};

/** Started by schedules, without arguments. */
const SCHEDULED: Readonly<Record<string, keyof typeof WORKFLOWS>> = {
  'package-expiry': 'packageExpiry',
  'storage-sweep': 'storageSweep',
  'tombstone-sweep': 'tombstoneSweep',
  'map-check': 'mapCheck',
  'raw-search': 'rawSearch',
  'retention-review': 'retentionReview',
};

async function save({ client }: Temporal, workflowId: string, name: string): Promise<void> {
  const file = new URL(`${name}.${edition}.bin`, HISTORIES);
  if (existsSync(file)) throw new Error(`${file.pathname} is there already; name another edition.`);
  const handle = client.workflow.getHandle(workflowId);
  await handle.result();
  await writeFile(file, protocol.temporal.api.history.v1.History.encode(await handle.fetchHistory()).finish());
  console.log(file.pathname);
}

async function record(stack: Stack): Promise<void> {
  const plain = await openPlainNamespace(stack.settings.configFile, await administratorId(stack.endpoints));
  const { temporal } = plain;
  const requests = new PlainRequests(plain);
  try {
    for (const [name, run] of Object.entries(COURSES)) {
      if (!isWanted(name)) continue;
      const id = await run(requests, siteOf(stack));
      await save(temporal, dataSubjectRequestId(id), name);
      if (name === 'fulfilled') await save(temporal, exportPackagingId(id), 'export-packaging');
    }
    if (isWanted('workspace-export')) {
      const id = await requests.exportWorkspace();
      await save(temporal, workspaceExportId(id), 'workspace-export');
      await save(temporal, exportPartsId(id, 1, 1, 'rows'), 'export-parts');
    }
    if (isWanted('hold')) await recordHold(temporal, requests, siteOf(stack));
    for (const [name, workflow] of Object.entries(SCHEDULED)) {
      if (!isWanted(name)) continue;
      await temporal.client.workflow.start(WORKFLOWS[workflow], { workflowId: name, taskQueue: TASK_QUEUES.core });
      await save(temporal, name, name);
      if (workflow === 'retentionReview')
        await save(temporal, workspaceRetentionId(SHOWCASE_PERSON.workspaceId), 'workspace-retention');
    }
  } finally {
    await plain.close();
  }
}

/** A hold on somebody whose erasure cools off: it is planned again, and once more when the hold is released. */
async function recordHold(temporal: Temporal, requests: PlainRequests, site: Site): Promise<void> {
  await site.setCoolingOff(1);
  const subject = byEmail(personAt(1, 5).email);
  const id = await requests.file(subject, { type: 'erasure' });
  await requests.decideReview(id, 'approve');
  await requests.waitFor(id, 'cooling_off');
  const hold = await requests.placeHold(subject, 'A matter.');
  await save(temporal, holdPlacementId(hold), 'hold-placement');
  await requests.tell(id);
  await requests.waitFor(id, 'completed', 'partially_completed', 'awaiting_approval');
  if ((await requests.statusOf(id)) === 'awaiting_approval') await requests.cancel(id);
  await save(temporal, dataSubjectRequestId(id), 'erasure-held');
  await requests.releaseHold(hold, 'It is over.');
  await save(temporal, holdReleaseId(hold), 'hold-release');
}

/** What the real steps do not easily come to. */
async function recordImagined(stack: Stack): Promise<void> {
  const erasures = await imagineErasures(stack.settings.configFile, 'imagined');
  try {
    for (const [name, run] of Object.entries(IMAGINED_COURSES)) {
      if (!isWanted(name)) continue;
      const erasure = erasures.begin({});
      const continues = await run(erasure);
      await save(erasures.temporal, dataSubjectRequestId(erasure.requestId, continues), name);
    }
  } finally {
    await erasures.close();
  }
}

function siteOf({ settings: { adminUrl } }: Stack): Site {
  const change = (sql: string, values: readonly unknown[]) =>
    withAdmin(adminUrl, 'steward', async (client) => void (await client.query(sql, [...values])));
  return {
    setCoolingOff: (days) => change('UPDATE steward.workspaces SET cooling_off_days = $1', [days]),
    letCoolOff: (requestId) =>
      change(
        `UPDATE steward.decision_approvals SET at = now() - interval '1 day' + interval '3 seconds' WHERE request_id = $1`,
        [requestId],
      ),
  };
}

process.env['STEWARD_SAMPLE_PEOPLE'] ??= '100';
const home = await mkdtemp(join(tmpdir(), 'steward-record-'));
const stack = await startStack({ home, log: console.log, moreMaps: [fileURLToPath(ARCHIVE)] });
try {
  await record(stack);
  await recordImagined(stack);
} finally {
  await stack.stop();
  await rm(home, { recursive: true, force: true });
}
