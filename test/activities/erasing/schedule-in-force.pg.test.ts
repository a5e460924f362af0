import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { activateSchedule, readScheduleInForce } from '../../../activities/erasing/schedule-in-force.ts';
import { parseDataMap } from '../../../data-map/parse.ts';
import { openDatabase } from '../../../platform/database.ts';
import type { Database } from '../../../platform/database.ts';
import { listActivations } from '../../../platform/records/retention-schedules.ts';
import { collection, dataset, field, key, mapFile } from '../../data-map/fixtures.ts';
import { inRole, stewardDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';

const mapOf = (recordClass: string) =>
  parseDataMap([
    mapFile(
      dataset([collection('invoices', [key('id'), field('issued_at'), field('total')], { record_class: recordClass })]),
    ),
  ]);
const map = mapOf('billing');

const invoices = {
  id: 'invoices-tax',
  record_class: 'billing',
  requirement: 'billing',
  purpose: 'tax',
  force: 'mandatory',
  exemption: 'GDPR Art. 17(3)(b)',
  basis: 'Invoices are kept.',
  source: '§ 14b(1) UStG',
  keep: { length: 'P8Y', from_end_of_year: true, event: { column: 'issued_at' } },
};
const ledgers = { ...invoices, id: 'ledgers', force: 'business_default', exemption: undefined };

let database: TestDatabase;
let owner: Database;
let worker: Database;

beforeAll(async () => {
  database = await stewardDatabase();
  owner = openDatabase(inRole(database.url, 'steward_owner'));
  worker = openDatabase(inRole(database.url, 'steward_worker'));
});

afterEach(() =>
  database.pool.query(
    'TRUNCATE steward.retention_schedules, steward.audit_events, steward.audit_notes, steward.audit_heads CASCADE',
  ),
);

afterAll(async () => {
  await Promise.all([owner.close(), worker.close()]);
  await database.drop();
});

const fileOf = (rules: readonly object[], name = 'Test') => ({
  name: 'test.yml',
  text: JSON.stringify({ schedule: { name, classes: { billing: {} }, rules } }),
});
const activate = (rules: readonly object[], by = 'someone', name?: string) =>
  activateSchedule(owner, fileOf(rules, name), map, by);
const versions = async () => Object.fromEntries((await readScheduleInForce(worker, map)).ruleVersions);

describe('the retention schedule in force', () => {
  it('is missed with the way out before one was activated', async () => {
    await expect(readScheduleInForce(worker, map)).rejects.toThrow(/steward schedule activate/);
  });

  it('is what was activated last, with a version for each rule', async () => {
    const { changed, version } = await activate([invoices, ledgers]);
    expect(changed).toBe(true);
    expect(await readScheduleInForce(worker, map)).toMatchObject({ version, name: 'Test' });
    expect(await versions()).toEqual({ 'invoices-tax': 1, ledgers: 1 });
  });

  it('gives a changed rule its next version, and one that is as before the version that it had', async () => {
    await activate([invoices, ledgers]);
    await activate([{ ...invoices, basis: 'Invoices are kept longer.' }, ledgers]);
    expect(await versions()).toEqual({ 'invoices-tax': 2, ledgers: 1 });
    await activate([{ ...invoices, basis: 'Invoices are kept longer.' }]);
    expect(await versions()).toEqual({ 'invoices-tax': 2 });
    await activate([ledgers]);
    expect(await versions()).toEqual({ ledgers: 1 });
    const { rows } = await database.pool.query('SELECT id, version FROM steward.retention_rules ORDER BY id, version');
    expect(rows).toEqual([
      { id: 'invoices-tax', version: 1 },
      { id: 'invoices-tax', version: 2 },
      { id: 'ledgers', version: 1 },
    ]);
  });

  it('stays as it is when the same is activated again, comments and order of fields aside', async () => {
    const first = await activate([invoices]);
    const { text } = fileOf([Object.fromEntries(Object.entries(invoices).toReversed())]);
    const second = await activateSchedule(owner, { name: 'again.yml', text: `# again\n${text}` }, map, 'another');
    expect(second).toMatchObject({ changed: false, version: first.version });
    expect(await listActivations(worker)).toHaveLength(1);
  });

  it('can be an earlier edition again, and the history tells of each time', async () => {
    const first = await activate([invoices], 'ann');
    const second = await activate([ledgers], 'ben');
    expect(await activate([invoices], 'cem')).toMatchObject({ changed: true, version: first.version });
    const history = (await listActivations(worker)).map(({ version, activatedBy }) => [version, activatedBy]);
    expect(history).toEqual([
      [first.version, 'cem'],
      [second.version, 'ben'],
      [first.version, 'ann'],
    ]);
    expect(await readScheduleInForce(worker, map)).toMatchObject({ version: first.version });
  });

  it('is one, also when two are activated at once', async () => {
    await Promise.all([activate([invoices], 'ann', 'One'), activate([ledgers], 'ben', 'Two')]);
    const { rows } = await database.pool.query(
      'SELECT count(*)::int AS inforce FROM steward.retention_schedules WHERE retired_at IS NULL',
    );
    expect(rows).toEqual([{ inforce: 1 }]);
  });

  it.each<[string, readonly object[], RegExp]>([
    ['names an unknown class', [{ ...invoices, record_class: 'bills' }], /class bills: a rule names it/],
    ['has two rules of equal rank for the same rows', [invoices, { ...invoices, id: 'twice' }], /keep one/],
  ])('is not replaced by one that %s', async (_, rules, problem) => {
    const { version } = await activate([invoices]);
    await expect(activate(rules)).rejects.toThrow(problem);
    expect((await readScheduleInForce(worker, map)).version).toBe(version);
    expect(await listActivations(worker)).toHaveLength(1);
  });

  it('says what to do when the data map is another one by now', async () => {
    await activate([invoices]);
    await expect(readScheduleInForce(worker, mapOf('invoices'))).rejects.toThrow(/Activate a schedule that fits/);
  });

  it('is in the audit log of the platform, and who did it is a note beside the chain', async () => {
    const { version } = await activate([invoices], 'ann');
    const { rows } = await database.pool.query(
      `SELECT e.action, e.subject_id, e.details, n.note FROM steward.audit_events e
         JOIN steward.audit_notes n USING (workspace_id, seq)`,
    );
    expect(rows).toEqual([
      {
        action: 'retention_schedule.activated',
        subject_id: version,
        details: { rules: 1 },
        note: 'Activated by ann.',
      },
    ]);
  });

  it('is changed by the owner alone', async () => {
    const edition = fileOf([invoices]);
    await expect(activateSchedule(worker, edition, map, 'a worker')).rejects.toThrow(/42501/);
  });
});
