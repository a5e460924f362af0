import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import '../support/quiet-runtime.ts';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { workflowCode } from '../../activities/workers.ts';
import { TASK_QUEUES } from '../../domain/ids.ts';
import type { PartRef, PartsRun, StoredPart } from '../../domain/workspace-export.ts';
import { registerNamespace } from '../support/plain-namespace.ts';

/** The run that writes parts, alone on a server, with parts that cost nothing: what it does with very many of them. */
const NAMESPACE = 'many-parts';
const PARTS = 260;
const WINDOW = 20;
/** Of them, those that turn out too large; each becomes one more. */
const CUT = 10;

const { endpoints } = inject('stack');
const written: number[] = [];
let atOnce = 0;
let mostAtOnce = 0;
let client: Client;
let close: () => Promise<void>;

async function exportPart({ ordinal }: PartRef): Promise<StoredPart> {
  atOnce += 1;
  mostAtOnce = Math.max(mostAtOnce, atOnce);
  await new Promise(setImmediate);
  written.push(ordinal);
  atOnce -= 1;
  return { rows: 10, bytes: 100, files: 0, parts: PARTS + Math.min(ordinal, CUT) };
}

beforeAll(async () => {
  const address = endpoints.temporal;
  const connection = await Connection.connect({ address });
  await registerNamespace(address, NAMESPACE);
  const native = await NativeConnection.connect({ address });
  const common = { connection: native, namespace: NAMESPACE, maxCachedWorkflows: 2 };
  const workers = await Promise.all([
    Worker.create({ ...common, taskQueue: TASK_QUEUES.core, ...workflowCode() }),
    Worker.create({ ...common, taskQueue: TASK_QUEUES.bulk, activities: { exportPart } }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  client = new Client({ connection, namespace: NAMESPACE });
  close = async () => {
    for (const worker of workers) worker.shutdown();
    await running;
    await Promise.all([native.close(), connection.close()]);
  };
});

afterAll(() => close());

describe('a source of very many parts', () => {
  it('is written part by part, never more at once than the window, over several histories, none of them large', async () => {
    const run: PartsRun = {
      workspaceId: randomUUID(),
      exportId: randomUUID(),
      source: 'crm',
      generation: 1,
      next: 1,
      last: PARTS,
      window: WINDOW,
      grows: true,
      stored: { parts: 0, rows: 0, bytes: 0 },
    };
    const workflowId = `parts-${run.exportId}`;
    const handle = await client.workflow.start('exportParts', { workflowId, taskQueue: TASK_QUEUES.core, args: [run] });
    const all = PARTS + CUT;
    expect(await handle.result()).toEqual({ parts: all, rows: all * 10, bytes: all * 100 });
    expect(written.toSorted((a, b) => a - b)).toEqual(Array.from({ length: all }, (_, index) => index + 1));
    expect(mostAtOnce).toBeLessThanOrEqual(WINDOW);
    const runs = [];
    for await (const { historyLength, status } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
      runs.push({ historyLength, status: status.name });
    expect(runs.filter(({ status }) => status === 'CONTINUED_AS_NEW').length).toBeGreaterThan(0);
    for (const { historyLength } of runs) expect(historyLength).toBeLessThan(4_096);
  });
});
