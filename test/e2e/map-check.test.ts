/** The daily comparison of the data map with the sample CRM, from its schedule to what an operator sees of drift. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client as Postgres } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient } from '../../cli/api-client.ts';
import { adminKey } from '../../cli/endpoints.ts';
import { SCHEDULES, TASK_QUEUES } from '../../domain/ids.ts';
import { SCHEDULE_SUMMARIES } from '../../domain/summaries.ts';
import { loadConfig } from '../../platform/config.ts';
import { loadKeyRing } from '../../platform/key-ring.ts';
import { openTemporal } from '../../platform/temporal/client.ts';
import type { Temporal } from '../../platform/temporal/client.ts';
import { ensureSchedule } from '../../platform/temporal/schedules.ts';
import type { RecurringWork } from '../../platform/temporal/schedules.ts';

const { adminUrl, configFile, endpoints, home } = inject('stack');
let temporal: Temporal;
let crm: Postgres;
let admin: ApiClient;

interface Check {
  readonly id: string;
  readonly errors: number;
  readonly findings: readonly { readonly code: string; readonly table?: string }[];
}

beforeAll(async () => {
  const config = loadConfig({ STEWARD_CONFIG: configFile });
  temporal = openTemporal(config.temporal, await loadKeyRing(config.keys.file));
  const url = new URL(adminUrl);
  url.pathname = '/crm';
  crm = new Postgres(url.href);
  await crm.connect();
  admin = new ApiClient({ baseUrl: endpoints.api, apiKey: await adminKeyOf(home) });
});

afterAll(async () => {
  await crm.query('DROP TABLE IF EXISTS app.forgotten');
  await Promise.all([temporal.close(), crm.end()]);
});

async function adminKeyOf(stackHome: string): Promise<string> {
  process.env['STEWARD_HOME'] = stackHome;
  return adminKey();
}

const checks = async (): Promise<readonly Check[]> =>
  (await admin.get<{ items: readonly Check[] }>('/v1/data-map/checks')).items;

/** A check that was under way when the sources changed is recorded too, and has not seen it. */
const UNTIL_SEEN = { timeout: 60_000, interval: 100 };

/** Asks for a check, and waits until one is there that was not before. */
async function checkNow(): Promise<Check> {
  const before = new Set((await checks()).map(({ id }) => id));
  await admin.post('/v1/data-map/checks', undefined);
  const fresh = async () => (await checks()).find(({ id }) => !before.has(id));
  await expect.poll(fresh, { timeout: 60_000, interval: 200 }).toBeDefined();
  return admin.get<Check>(`/v1/data-map/checks/${(await fresh())?.id}`);
}

/** By the runbook's own query. */
async function flaggedRuns(): Promise<readonly string[]> {
  const query = 'WorkflowType = "mapCheck" AND ExecutionStatus = "Running" AND StewardNeedsAttention = true';
  const ids: string[] = [];
  for await (const { workflowId } of temporal.client.workflow.list({ query })) ids.push(workflowId);
  return ids;
}

async function steward(...args: readonly string[]): Promise<{ code: number; output: string }> {
  const env = { ...process.env, STEWARD_HOME: home };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['cli/steward.ts', ...args], { env });
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { code, output: stdout };
  }
}

describe('the comparison of the data map with the sources', () => {
  it('comes round daily by a schedule that every worker keeps', async () => {
    const { spec, policies, action } = await temporal.client.schedule.getHandle(SCHEDULES.mapCheck).describe();
    expect(spec.intervals).toMatchObject([{ every: 86_400_000 }]);
    expect(spec.jitter).toBe(3_600_000);
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 86_400_000 });
    expect(action).toMatchObject({ workflowType: 'mapCheck', args: [] });
  });

  it('finds that the sample CRM and its map agree, and the command line does too', async () => {
    await expect.poll(async () => (await checkNow()).errors, UNTIL_SEEN).toBe(0);
    await expect.poll(flaggedRuns, { timeout: 30_000 }).toEqual([]);
    const { code, output } = await steward('map', 'check');
    expect(output).toContain('The map agrees with the sources');
    expect(code).toBe(0);
  });

  it('flags drift for as long as it lasts: in the Temporal UI, in the API, in the metrics and on the command line', async () => {
    await crm.query('CREATE TABLE app.forgotten (email text)');
    await expect
      .poll(async () => (await checkNow()).findings, UNTIL_SEEN)
      .toContainEqual(expect.objectContaining({ code: 'table-unmapped', table: 'app.forgotten' }));
    await expect.poll(flaggedRuns, { timeout: 30_000 }).toHaveLength(1);
    const metrics = await (await fetch(endpoints.metrics.worker)).text();
    expect(metrics).toMatch(/^steward_map_drift_findings\{gravity="error".*\} 1$/m);
    const { code, output } = await steward('map', 'check', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ errors: 1, findings: [{ code: 'table-unmapped' }, {}] });

    await crm.query('DROP TABLE app.forgotten');
    await expect.poll(async () => (await checkNow()).errors, UNTIL_SEEN).toBe(0);
    await expect.poll(flaggedRuns, { timeout: 30_000 }).toEqual([]);
  });
});

describe('the command line on the map', () => {
  it('prints how a person would be found and what it costs, without the identifier', async () => {
    const { items } = await admin.get<{ items: readonly { sources: Record<string, string> }[] }>('/v1/workspaces');
    const tenant = items[0]?.sources['crm'] ?? '';
    const { output } = await steward(
      'map',
      'plan',
      '-i',
      'email=maya@example.com',
      '--explain',
      '--tenant',
      `crm=${tenant}`,
    );
    expect(output).toContain('search crm.contacts.email');
    expect(output).toMatch(/searching crm\.contacts: cost \d+, about \d+ rows$/m);
    expect(output).not.toContain('maya');
  });

  it('draws the map, and drafts one that parses', async () => {
    expect((await steward('map', 'draw')).output).toMatch(/^flowchart LR\n/);
    expect((await steward('map', 'draw', '--format', 'svg')).output).toContain('<title id="map-title">');
    expect((await steward('map', 'init', '--source', 'crm', '--schema', 'app')).output).toContain('name: contacts');
  });
});

describe('a schedule', () => {
  const work: RecurringWork = {
    id: 'a-test',
    workflow: 'mapCheck',
    taskQueue: TASK_QUEUES.core,
    every: '30 days',
    jitterSeconds: 60,
    catchupWindow: '1 hour',
    summary: SCHEDULE_SUMMARIES.mapCheck,
  };

  it('is made once, follows what it is told later, and stays paused when an operator has paused it', async () => {
    const handle = temporal.client.schedule.getHandle(work.id);
    try {
      await ensureSchedule(temporal.client, work);
      await handle.pause('not this month');
      await ensureSchedule(temporal.client, { ...work, every: { hour: 4, minute: 30 }, jitterSeconds: 5 });
      const { spec, state } = await handle.describe();
      expect(spec.intervals ?? []).toEqual([]);
      expect(spec.calendars).toMatchObject([{ hour: [{ start: 4 }], minute: [{ start: 30 }] }]);
      expect(spec.jitter).toBe(5_000);
      expect(state).toMatchObject({ paused: true, note: 'not this month' });
    } finally {
      await handle.delete();
    }
  });
});
