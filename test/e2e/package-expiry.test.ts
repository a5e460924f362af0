/** The schedule that ends packages, from its trigger to what the people concerned see of it. */
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client as Postgres } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ApiClient } from '../../cli/api-client.ts';
import { ABSENT_EMAIL, SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import { SCHEDULES, WORKFLOWS } from '../../domain/ids.ts';
import { isClearSummary } from '../../domain/summaries.ts';
import { loadConfig } from '../../platform/config.ts';
import type { Config } from '../../platform/config.ts';
import { loadKeyRing } from '../../platform/key-ring.ts';
import { openStorage } from '../../platform/storage/open.ts';
import { openTemporal } from '../../platform/temporal/client.ts';
import type { Temporal } from '../../platform/temporal/client.ts';
import { collect } from '../support/collect.ts';
import { accessRequest, controllerClient, fileRequest, inStatus, newLink, waitForRequest } from '../support/steward.ts';

const { configFile, endpoints } = inject('stack');
let config: Config;
let temporal: Temporal;
let owner: Postgres;
let client: ApiClient;

beforeAll(async () => {
  config = loadConfig({ STEWARD_CONFIG: configFile });
  temporal = openTemporal(config.temporal, await loadKeyRing(config.keys.file));
  owner = new Postgres(config.database.ownerUrl);
  await owner.connect();
  client = await controllerClient(endpoints);
});

afterAll(() => Promise.all([temporal.close(), owner.end()]));

const packageOf = (requestId: string) =>
  client.get<{ id: string; status: string }>(`/v1/requests/${requestId}/package`);

/** A run of the schedule's own that is under way may have passed the package by, so this one waits its turn. */
const trigger = () =>
  temporal.client.schedule.getHandle(SCHEDULES.packageExpiry).trigger(ScheduleOverlapPolicy.BUFFER_ALL);

/** Of the worker's metrics. */
async function counted(name: string): Promise<number> {
  const metrics = await (await fetch(endpoints.metrics.worker)).text();
  return Number(new RegExp(`^${name}\\{.*\\} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0);
}

async function untilDeleted(requestId: string): Promise<void> {
  while ((await packageOf(requestId)).status !== 'deleted') await delay(100);
}

describe('the schedule of package expiry', () => {
  it('deletes a package whose time is over, and its link answers 410', async () => {
    const { id } = await fileRequest(client, accessRequest([{ type: 'email', value: ABSENT_EMAIL }]));
    await waitForRequest(client, id, inStatus('completed'));
    const { url } = await newLink(client, id);
    const { rows } = await owner.query<{ storage_key: string }>(
      'UPDATE steward.packages SET expires_at = now() WHERE request_id = $1 RETURNING storage_key',
      [id],
    );
    await trigger();
    await untilDeleted(id);

    expect(await openStorage(config.storage).head(rows[0]?.storage_key ?? '')).toBeUndefined();
    expect((await fetch(url)).status).toBe(410);
    const { items } = await client.get<{ items: { kind: string; details: object }[] }>(`/v1/requests/${id}/timeline`);
    expect(items).toContainEqual(
      expect.objectContaining({ kind: 'package_deleted', details: expect.objectContaining({ reason: 'expired' }) }),
    );
    while ((await counted('steward_packages_expired')) === 0) await delay(100);
  });

  it('and that of the storage’s sweep are kept by the worker, and say in the clear what they are', async () => {
    for (const id of Object.values(SCHEDULES)) {
      const { action, state } = await temporal.client.schedule.getHandle(id).describe();
      expect(state.paused).toBe(false);
      expect(action).toMatchObject({ args: [] });
      expect(isClearSummary(action.staticSummary ?? '')).toBe(true);
    }
  });
});

describe('a package that the storage does not delete', () => {
  /** A link that leads to itself: the system refuses every path through it. */
  const loop = join(endpoints.storage, 'packages', 'loop');
  const flagged = `WorkflowType = '${WORKFLOWS.packageExpiry}' AND ExecutionStatus = 'Running' AND StewardNeedsAttention = true`;

  it('leaves the run open and flagged, and is deleted when the storage is mended', async () => {
    await symlink('loop', loop);
    const { id } = await fileRequest(client, accessRequest([{ type: 'email', value: ABSENT_EMAIL }]));
    await waitForRequest(client, id, inStatus('completed'));
    await owner.query(
      "UPDATE steward.packages SET expires_at = now(), storage_key = 'packages/loop/object' WHERE request_id = $1",
      [id],
    );
    await trigger();
    let [run] = await collect(temporal.client.workflow.list({ query: flagged }));
    for (; run === undefined; [run] = await collect(temporal.client.workflow.list({ query: flagged })))
      await delay(200);
    expect((await packageOf(id)).status).toBe('expired');

    // The run would try again by itself in a while.
    await rm(loop);
    await temporal.client.workflow.getHandle(run.workflowId, run.runId).terminate('The test goes on.');
    await trigger();
    await untilDeleted(id);
  });
});

describe('the schedule of the storage’s sweep', () => {
  it('removes what crashes have left, and counts it', async () => {
    const { id } = await fileRequest(client, accessRequest([{ type: 'email', value: ABSENT_EMAIL }]));
    const orphan = join(endpoints.storage, 'packages', SHOWCASE_PERSON.workspaceId, id, randomUUID());
    const draft = join(endpoints.storage, '.incoming', randomUUID());
    await waitForRequest(client, id, inStatus('completed'));
    const threeDaysAgo = Date.now() / 1000 - 3 * 86_400;
    for (const file of [orphan, draft]) {
      await writeFile(file, 'left');
      await utimes(file, threeDaysAgo, threeDaysAgo);
    }
    await temporal.client.schedule.getHandle(SCHEDULES.storageSweep).trigger(ScheduleOverlapPolicy.BUFFER_ALL);
    while (existsSync(orphan) || existsSync(draft)) await delay(100);
    while ((await counted('steward_swept_objects')) + (await counted('steward_swept_uploads')) < 2) await delay(100);
  });
});
