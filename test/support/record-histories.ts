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
import { ABSENT_EMAIL, SHOWCASE_PERSON, personAt } from '../../dev/sample-crm/people.ts';
import { startStack } from '../../dev/stack.ts';
import type { Stack } from '../../dev/stack.ts';
import {
  TASK_QUEUES,
  WORKFLOWS,
  dataSubjectRequestId,
  exportPackagingId,
  exportPartsId,
  workspaceExportId,
  workspaceRetentionId,
} from '../../domain/ids.ts';
import { openPlainNamespace } from './plain-namespace.ts';
import type { PlainNamespace } from './plain-namespace.ts';
import { administratorId } from './steward.ts';

const ARCHIVE = new URL('archive.dataset.yml', import.meta.url);
const HISTORIES = new URL('../replay/histories/', import.meta.url);
const [edition = 'v1', ...wanted] = process.argv.slice(2);
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
const maya = [{ type: 'email', value: SHOWCASE_PERSON.email }];

const COURSES: Readonly<Record<string, (plain: PlainNamespace) => Promise<string>>> = {
  fulfilled: (plain) => plain.file(maya, { instructed: true }),
  'no-data': (plain) => plain.file([{ type: 'email', value: ABSENT_EMAIL }], { instructed: true }),
  'waited-for-instruction': async (plain) => {
    const id = await plain.file(maya, { instructed: false });
    await plain.waitFor(id, 'awaiting_instruction');
    await plain.instruct(id);
    return id;
  },
  'searched-by-hand': async (plain) => {
    const id = await plain.file([...maya, { type: 'archive_number', value: 'L-1998-17' }], { instructed: true });
    await plain.waitFor(id, 'gathering');
    await plain.closeTasks(id);
    return id;
  },
  'rebuilt-and-released': async (plain) => {
    const id = await plain.file(maya, { instructed: true, release: 'reviewed' });
    for (const decision of ['rebuild', 'release'] as const) await plain.decideRelease(id, decision);
    return id;
  },
  'cancelled-before-release': async (plain) => {
    const id = await plain.file(maya, { instructed: true, release: 'reviewed' });
    await plain.waitFor(id, 'awaiting_release');
    await plain.cancel(id);
    return id;
  },
  cancelled: async (plain) => {
    const id = await plain.file(maya, { instructed: false });
    await plain.waitFor(id, 'awaiting_instruction');
    await plain.cancel(id);
    return id;
  },
  /** The phone number is somebody else's, so what it leads to proves nothing. */
  'matches-reviewed': async (plain) => {
    const id = await plain.file(
      [
        { type: 'email', value: personAt(1, 3).email },
        { type: 'phone_number', value: SHOWCASE_PERSON.phone },
      ],
      { instructed: true },
    );
    await plain.waitFor(id, 'reviewing_matches');
    await plain.acceptMatches(id);
    return id;
  },
};

/** Started by schedules, without arguments. */
const SCHEDULED: Readonly<Record<string, keyof typeof WORKFLOWS>> = {
  'package-expiry': 'packageExpiry',
  'storage-sweep': 'storageSweep',
  'tombstone-sweep': 'tombstoneSweep',
  'map-check': 'mapCheck',
  'retention-review': 'retentionReview',
};

async function save(plain: PlainNamespace, workflowId: string, name: string): Promise<void> {
  const file = new URL(`${name}.${edition}.bin`, HISTORIES);
  if (existsSync(file)) throw new Error(`${file.pathname} is there already; name another edition.`);
  const handle = plain.temporal.client.workflow.getHandle(workflowId);
  await handle.result();
  await writeFile(file, protocol.temporal.api.history.v1.History.encode(await handle.fetchHistory()).finish());
  console.log(file.pathname);
}

async function record(stack: Stack): Promise<void> {
  const plain = await openPlainNamespace(stack.settings.configFile, await administratorId(stack.endpoints));
  try {
    for (const [name, run] of Object.entries(COURSES)) {
      if (!isWanted(name)) continue;
      const id = await run(plain);
      await save(plain, dataSubjectRequestId(id), name);
      if (name === 'fulfilled') await save(plain, exportPackagingId(id), 'export-packaging');
    }
    if (isWanted('workspace-export')) {
      const id = await plain.exportWorkspace();
      await save(plain, workspaceExportId(id), 'workspace-export');
      await save(plain, exportPartsId(id, 1, 1, 'rows'), 'export-parts');
    }
    for (const [name, workflow] of Object.entries(SCHEDULED)) {
      if (!isWanted(name)) continue;
      await plain.temporal.client.workflow.start(WORKFLOWS[workflow], {
        workflowId: name,
        taskQueue: TASK_QUEUES.core,
      });
      await save(plain, name, name);
      if (workflow === 'retentionReview')
        await save(plain, workspaceRetentionId(SHOWCASE_PERSON.workspaceId), 'workspace-retention');
    }
  } finally {
    await plain.close();
  }
}

process.env['STEWARD_SAMPLE_PEOPLE'] ??= '100';
const home = await mkdtemp(join(tmpdir(), 'steward-record-'));
const stack = await startStack({ home, log: console.log, moreMaps: [fileURLToPath(ARCHIVE)] });
try {
  await record(stack);
} finally {
  await stack.stop();
  await rm(home, { recursive: true, force: true });
}
