import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protocol from '@temporalio/proto';
import '../support/quiet-runtime.ts';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleWorkflows } from '../../activities/bundle.ts';

const HISTORIES = new URL('./histories/', import.meta.url);
let folder: string;
let codePath: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-replay-'));
  codePath = join(folder, 'workflows.js');
  await bundleWorkflows(codePath);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the workflows as they are now', async () => {
  const files = (await readdir(HISTORIES)).filter((name) => name.endsWith('.bin'));

  it('have histories to be held against', () => {
    expect(files.length).toBeGreaterThanOrEqual(5);
  });

  it.each(files)('replay %s as it was recorded', async (file) => {
    const history = protocol.temporal.api.history.v1.History.decode(await readFile(new URL(file, HISTORIES)));
    const workflowId = file.replace(/\.bin$/, '');
    const results = Worker.runReplayHistories({ workflowBundle: { codePath } }, [{ workflowId, history }]);
    for await (const { error } of results) expect(error).toBeUndefined();
  });
});
