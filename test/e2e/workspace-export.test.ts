import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import yauzl from 'yauzl';
import { ApiClient, ApiProblem } from '../../cli/api-client.ts';
import { PROJECT } from '../../dev/home.ts';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import { startStack } from '../../dev/stack.ts';
import type { Stack } from '../../dev/stack.ts';
import { controllerKey } from '../support/steward.ts';
import { temporaryHome } from '../support/temporary-home.ts';

/** Faults need a stack of their own, and a workspace that takes some seconds to export. */
let home: string;
let stack: Stack;
let client: ApiClient;
let folder: string;

const { workspaceId } = SHOWCASE_PERSON;
const exportsAt = `/v1/workspaces/${workspaceId}/exports`;
const INSTRUCTION = {
  source: 'support_request',
  attestation: { text: 'Give us our data back.', attestedBy: 'Privacy desk' },
};

beforeAll(async () => {
  home = await temporaryHome();
  folder = await mkdtemp(join(tmpdir(), 'steward-export-'));
  process.env['STEWARD_SAMPLE_PEOPLE'] = '3000';
  process.env['STEWARD_EXPORTS_PART_MIB'] = '1';
  process.env['STEWARD_EXPORTS_PARALLEL'] = '1';
  stack = await startStack({ home, log: () => undefined });
  const apiKey = await controllerKey(stack.endpoints, workspaceId, ['workspaces:export', 'packages:deliver']);
  client = new ApiClient({ baseUrl: stack.endpoints.api, apiKey });
});

afterAll(async () => {
  await stack.stop();
  await Promise.all([home, folder].map((each) => rm(each, { recursive: true, force: true })));
});

interface ExportView {
  readonly id: string;
  readonly status: string;
  readonly restarts: number;
  readonly progress: { readonly parts: number; readonly plannedParts: number; readonly rows: number };
  readonly parts: readonly { readonly part: number; readonly packageId: string }[];
  readonly events: readonly { readonly kind: string; readonly details: object }[];
}

const start = (): Promise<ExportView> =>
  client.post<ExportView>(`/v1/workspaces/${workspaceId}/export`, { instruction: INSTRUCTION });

async function waitFor(id: string, done: (view: ExportView) => boolean): Promise<ExportView> {
  for (const deadline = Date.now() + 90_000; ; ) {
    const view = await client.get<ExportView>(`${exportsAt}/${id}`);
    if (done(view)) return view;
    if (Date.now() > deadline) throw new Error(`The export is still ${view.status}, part ${view.progress.parts}.`);
    await delay(50);
  }
}

const isCompleted = ({ status }: ExportView): boolean => status === 'completed';
const isUnderWay = ({ progress }: ExportView): boolean => progress.parts >= 2;

/** The command line, with the administrator's key of this stack; answers its exit code and what it printed. */
async function steward(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  const env = { ...process.env, STEWARD_HOME: home };
  const run = promisify(execFile)(process.execPath, ['cli/steward.ts', ...args], { cwd: PROJECT, env });
  return run.then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: error.stdout + error.stderr,
    }),
  );
}

/** How many rows of the workspace the source has, and which contacts. */
async function contactsOfSource(): Promise<readonly string[]> {
  const source = new Client(crmUrl());
  await source.connect();
  try {
    const { rows } = await source.query<{ id: string }>(
      'SELECT id FROM app.contacts WHERE workspace_id = $1 ORDER BY id',
      [workspaceId],
    );
    return rows.map(({ id }) => id);
  } finally {
    await source.end();
  }
}

function crmUrl(): string {
  const url = new URL(stack.settings.adminUrl);
  url.pathname = '/crm';
  return url.href;
}

async function contactsOfParts(parts: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const name of (await readdir(parts)).filter((each) => each.endsWith('.zip'))) {
    const zip = await yauzl.openPromise(join(parts, name));
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.startsWith('data/crm.contacts/')) continue;
      const lines = gunzipSync(await buffer(await zip.openReadStreamPromise(entry)))
        .toString('utf8')
        .split('\n');
      for (const line of lines.filter((each) => each !== '')) ids.push((JSON.parse(line) as { id: string }).id);
    }
  }
  return ids.toSorted();
}

describe('the command line', () => {
  it('exports a workspace, saves every part and proves that none is missing or altered', async () => {
    const parts = join(folder, 'parts');
    const attested = ['--source', 'support_request', '--attestation', 'Hand it over.', '--attested-by', 'Privacy desk'];
    const exported = await steward('export', '-w', workspaceId, '-f', parts, ...attested);
    expect(exported.output).toContain('The export verifies');
    expect(exported.code).toBe(0);
    expect(await contactsOfParts(parts)).toEqual(await contactsOfSource());

    const names = (await readdir(parts)).toSorted();
    expect(names.length).toBeGreaterThan(5);
    const [, altered = '', removed = ''] = names;
    await appendFile(join(parts, altered), 'x');
    await unlink(join(parts, removed));
    await writeFile(join(parts, altered.replace(/\d{5}\.zip$/, '99999.zip')), 'not of this export');
    const refused = await steward('verify', parts);
    expect(refused.code).toBe(1);
    expect(refused.output).toContain(`${altered}: has`);
    expect(refused.output).toContain(`${removed}: is listed in the manifest and missing`);
    expect(refused.output).toContain('99999.zip: is in the folder and not listed');

    // Only what is not there, or not as it should be, is fetched again.
    await unlink(join(parts, altered.replace(/\d{5}\.zip$/, '99999.zip')));
    const id = /Export ([0-9a-f-]{36})/.exec(exported.output)?.[1] ?? '';
    const resumed = await steward('export', '-w', workspaceId, '-f', parts, '--resume', id);
    expect(resumed.output.match(/part-\d{5}\.zip/g)).toEqual([altered, removed].map((name) => name.slice(-14)));
    expect(resumed.output).toContain('The export verifies');
  });
});

describe('while an export runs', () => {
  it('another of the same workspace is refused with its id, and a cancellation ends it and leaves nothing', async () => {
    const { id } = await start();
    const second = await start().catch((error: unknown) => error);
    expect(second).toBeInstanceOf(ApiProblem);
    expect((second as ApiProblem).status).toBe(409);
    await waitFor(id, isUnderWay);
    await client.post(`${exportsAt}/${id}/cancel`, undefined);
    await waitFor(id, ({ status }) => status === 'cancelled');
    await expect.poll(() => storedFiles(id)).toEqual([]);
  });

  it('a worker that is killed costs the snapshot: the source begins again, and the export is whole', async () => {
    const { id } = await start();
    await waitFor(id, isUnderWay);
    await stack.children.kill('worker', 'SIGKILL');
    await stack.children.restartStopped('worker');
    const view = await waitFor(id, isCompleted);
    expect(view.restarts).toBe(1);
    expect(view.events.map(({ kind }) => kind)).toContain('source_restarted');
  });

  it("a snapshot's connection that is lost does the same", async () => {
    const { id } = await start();
    await waitFor(id, isUnderWay);
    const admin = new Client(stack.settings.adminUrl);
    await admin.connect();
    await admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'crm' AND query IN ('SELECT 1', 'SELECT pg_export_snapshot() AS id, extract(epoch FROM now()) * 1000 AS at')",
    );
    await admin.end();
    const view = await waitFor(id, isCompleted);
    expect(view.restarts).toBe(1);
    const parts = join(folder, 'restarted');
    const saved = await steward('export', '-w', workspaceId, '-f', parts, '--resume', id);
    expect(saved.output).toContain('1 restarts');
    expect(await contactsOfParts(parts)).toEqual(await contactsOfSource());
  });
});

async function storedFiles(exportId: string): Promise<readonly string[]> {
  const entries = await readdir(join(home, 'storage', 'exports', workspaceId, exportId), {
    recursive: true,
    withFileTypes: true,
  });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
