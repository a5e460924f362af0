import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { scheduleCommands } from '../../cli/schedule.ts';
import { loadConfig } from '../../platform/config.ts';
import { inRole, stewardDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

const { configFile } = inject('stack');
const CRM = resolve('data-map/schedules/crm.schedule.yml');
let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-schedule-'));
  database = await stewardDatabase();
  const shared = loadConfig({ STEWARD_CONFIG: configFile });
  const settings = {
    ...shared,
    database: {
      ownerUrl: inRole(database.url, 'steward_owner'),
      appUrl: inRole(database.url, 'steward_app'),
      workerUrl: inRole(database.url, 'steward_worker'),
    },
    retentionSchedule: CRM,
  };
  await writeFile(join(folder, 'with-owner.yaml'), stringify(settings), { mode: 0o600 });
  const { ownerUrl: _, ...roles } = settings.database;
  await writeFile(join(folder, 'without-owner.yaml'), stringify({ ...settings, database: roles }), { mode: 0o600 });
});

beforeEach(() => {
  vi.stubEnv('STEWARD_CONFIG', join(folder, 'with-owner.yaml'));
});

afterEach(() => {
  vi.unstubAllEnvs();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

/** Answers what the command has printed. */
async function steward(...words: readonly string[]): Promise<string> {
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => {
    printed.push(line);
  });
  const program = new Command('steward').exitOverride();
  scheduleCommands(program);
  await program.parseAsync(['schedule', ...words], { from: 'user' }).finally(() => log.mockRestore());
  return printed.join('\n');
}

/** The CRM's schedule with something replaced. */
async function changed(from: string, to: string): Promise<string> {
  const text = await readFile(CRM, 'utf8');
  expect(text).toContain(from);
  const file = join(folder, `${Math.random()}.yml`);
  await writeFile(file, text.replaceAll(from, to));
  return file;
}

const inForce = async () => {
  const { rows } = await database.pool.query<{ version: string }>(
    'SELECT version FROM steward.retention_schedules WHERE retired_at IS NULL',
  );
  return rows.map(({ version }) => version);
};

describe('steward schedule', () => {
  it('says that none is in force, and how to change that', async () => {
    await expect(steward('show')).rejects.toThrow(/steward schedule activate <file>/);
  });

  it('checks a file without changing anything, and takes that of the settings when none is named', async () => {
    expect(await steward('check')).toMatch(/is sound and fits the data map: 12 classes/);
    expect(await steward('check', CRM)).toContain('Sample CRM is sound');
    expect(await inForce()).toEqual([]);
  });

  it('activates one, shows it with the versions of its rules, and tells who did', async () => {
    expect(await steward('activate', CRM, '--by', 'Ann')).toMatch(/is in force now[^]*invoices-tax 1/);
    expect(await steward('activate', CRM, '--by', 'Ben')).toContain('in force already');
    const longer = await changed(
      'length: P2Y, event: { column: created_at }',
      'length: P3Y, event: { column: created_at }',
    );
    expect(await steward('activate', longer, '--by', 'Cem')).toMatch(/leads-default 2/);
    expect(await steward('show')).toMatch(/lead_record\n +leads-default 2: business_default, P3Y from created_at/);
    const shown = JSON.parse(await steward('show', '--json')) as { version: string; ruleVersions: object };
    expect(shown.ruleVersions).toMatchObject({ 'leads-default': 2, 'invoices-tax': 1 });
    expect(await inForce()).toEqual([shown.version]);
    const history = (await steward('show', '--history')).split('\n');
    expect(history.map((line) => line.replace(/.*, by /, ''))).toEqual(['Cem', 'Ann']);
  });

  it.each<[string, string, string, RegExp]>([
    ['an unknown class', 'record_class: lead_record', 'record_class: leads', /class leads: a rule names it/],
    [
      'two rules of equal rank',
      'jurisdictions: [US]',
      'jurisdictions: [DE]',
      /invoices-tax and invoices-tax-us: both are/,
    ],
    ['a column that is not there', 'column: issued_at', 'column: made_at', /has no column made_at/],
  ])('refuses one with %s, and nothing has changed', async (_, from, to, problem) => {
    const before = await inForce();
    const file = await changed(from, to);
    for (const command of ['check', 'activate']) await expect(steward(command, file)).rejects.toThrow(problem);
    expect(await inForce()).toEqual(before);
  });

  it('names a file that is not there', async () => {
    await expect(steward('activate', join(folder, 'none.yml'))).rejects.toThrow(/none\.yml cannot be read/);
  });

  it('activates nothing without the role that owns the schema', async () => {
    vi.stubEnv('STEWARD_CONFIG', join(folder, 'without-owner.yaml'));
    await expect(steward('activate', CRM)).rejects.toThrow(/database\.ownerUrl/);
  });
});

describe('steward schedule simulate, on the sample CRM', () => {
  interface Simulated {
    readonly before: string | null;
    readonly after: string;
    readonly difference: { readonly rules: readonly { readonly name: string }[] };
    readonly workspaces: readonly {
      readonly id: string;
      readonly collections: readonly {
        readonly collection: string;
        readonly changes: { readonly review: { readonly due: number; readonly shorter: number } };
      }[];
    }[];
  }

  beforeEach(() => {
    vi.stubEnv('STEWARD_CONFIG', configFile);
  });

  it('tells what a shorter period would make of the records, in words and as JSON, and activates nothing', async () => {
    const before = JSON.parse(await steward('show', '--json')) as { version: string };
    const file = await changed(
      'length: P2Y, event: { column: created_at }',
      'length: P30D, event: { column: created_at }',
    );
    const simulated = JSON.parse(await steward('simulate', file, '--json')) as Simulated;
    expect(simulated.before).toBe(before.version);
    expect(simulated.after).not.toBe(before.version);
    expect(simulated.difference.rules.map(({ name }) => name)).toEqual(['leads-default']);
    const [lead] = simulated.workspaces.flatMap(({ collections }) => collections);
    expect(lead?.collection).toBe('crm.leads');
    const affected = simulated.workspaces.flatMap(({ collections }) =>
      collections.map(({ changes: { review } }) => review.due + review.shorter),
    );
    expect(affected.reduce((sum, rows) => sum + rows, 0)).toBeGreaterThan(0);
    const words = await steward('simulate', file);
    expect(words).toMatch(/rule leads-default: changed\n +keep\.length: "P2Y" becomes "P30D"/);
    expect(words).toMatch(/crm\.leads \(lead_record\)\n +for the scheduled review: \d+ would be erased/);
    expect(JSON.parse(await steward('show', '--json'))).toEqual(before);
  });

  it('looks at the workspaces that are named, and knows those that are not there', async () => {
    const file = await changed(
      'length: P2Y, event: { column: created_at }',
      'length: P30D, event: { column: created_at }',
    );
    const all = JSON.parse(await steward('simulate', file, '--json')) as Simulated;
    const one = all.workspaces.at(0)?.id ?? '';
    const named = JSON.parse(await steward('simulate', file, '--json', '-w', one)) as Simulated;
    expect(named.workspaces).toEqual(all.workspaces.slice(0, 1));
    await expect(steward('simulate', file, '-w', 'nobody')).rejects.toThrow(/no workspace nobody/);
  });

  it('says that nothing changes between the schedule in force and itself', async () => {
    expect(await steward('simulate')).toMatch(/Both say the same\.[^]*no record changes/);
  });

  it('leaves what is too large uncounted and says so', async () => {
    const file = await changed(
      'length: P2Y, event: { column: created_at }',
      'length: P30D, event: { column: created_at }',
    );
    expect(await steward('simulate', file, '--most-rows', '1')).toContain('too many rows to be counted');
  });

  it('is what the embedded stack starts with', async () => {
    expect(await steward('show', '--history')).toMatch(/Sample CRM, by the embedded stack$/);
  });
});
