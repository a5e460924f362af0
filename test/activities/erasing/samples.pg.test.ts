import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSamples } from '../../../activities/erasing/samples.ts';
import { parseDataMap } from '../../../data-map/parse.ts';
import { planSearch } from '../../../data-map/plan.ts';
import { openDatabase } from '../../../platform/database.ts';
import type { Database } from '../../../platform/database.ts';
import { createErasureReviewActivities } from '../../../activities/erasure-review.ts';
import { readStoredSamples, storeSamples } from '../../../platform/records/decision-samples.ts';
import { openTestApi } from '../../api/api-fixture.ts';
import type { TestApi } from '../../api/api-fixture.ts';
import { move } from '../../api/filing.ts';
import { CONTACTS, plannedErasure } from '../../api/planned.ts';
import { collection, dataset, email, field, key, mapFile } from '../../data-map/fixtures.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';

const HERE = '11111111-1111-4111-8111-111111111111';
const THERE = '22222222-2222-4222-8222-222222222222';

let source: TestDatabase;
let api: TestApi;
let worker: Database;
beforeAll(async () => {
  source = await testDatabase();
  await source.pool.query(`
    CREATE TABLE contacts (id int PRIMARY KEY, workspace_id uuid NOT NULL, email text, name text, birthday date, remark text, stage text);
    INSERT INTO contacts SELECT n, '${HERE}', 'zebedee' || n || '@quill.example', 'Zebedee Quill', '1971-05-04', 'Allergic to cats', 'won'
      FROM generate_series(1, 9) n;
    INSERT INTO contacts VALUES (10, '${THERE}', 'other@quill.example', 'Somebody Else', NULL, NULL, 'lost');
    UPDATE contacts SET birthday = NULL, remark = '  ' WHERE id = 2;`);
  api = await openTestApi();
  worker = openDatabase(api.deps.config.database.workerUrl);
});
afterAll(async () => {
  await worker.close();
  await api.close();
  await source.drop();
});

const map = parseDataMap([
  mapFile(
    dataset([
      collection('contacts', [
        key('id'),
        email(),
        field('name', {}, { data_categories: ['user.name'] }),
        field('birthday', {}, { data_categories: ['user.demographic.date_of_birth'] }),
        field('remark', {}, { data_categories: ['user.content'] }),
        field('stage', {}, { data_categories: ['system.operations'] }),
      ]),
    ]),
  ),
]);

async function sampled(combination: string) {
  const [planned] = planSearch(map, 'crm', [{ type: 'email', value: 'a@b.example' }]).collections;
  if (planned === undefined) throw new Error('Nothing is planned.');
  const client = await source.pool.connect();
  try {
    await client.query(`CREATE TEMP TABLE steward_grounds_0 AS SELECT id AS k0,
      CASE WHEN id < 3 THEN 'few' ELSE 'many' END AS combination FROM contacts`);
    const group = { collection: planned, groundsTable: 'pg_temp.steward_grounds_0', combination, tenantKey: HERE };
    return await readSamples(client, group);
  } finally {
    client.release(true);
  }
}

describe('samples of a decision', () => {
  it('are few rows of its combination and of the workspace, masked but for their keys and what is of no person', async () => {
    const rows = await sampled('few');
    expect(rows.toSorted((a, b) => Number(a.key['id']) - Number(b.key['id']))).toEqual([
      {
        key: { id: '1' },
        columns: { email: 'z…@quill.example', name: 'Z. Q.', birthday: '1971…', remark: 'A…', stage: 'won' },
      },
      { key: { id: '2' }, columns: { email: 'z…@quill.example', name: 'Z. Q.', stage: 'won' } },
    ]);
    const many = await sampled('many');
    expect(many).toHaveLength(3);
    expect(many.map(({ key: { id } }) => id)).not.toContain('10');
    expect(await sampled('none')).toEqual([]);
  });

  it('are sealed, shown to whoever reviews, which is audited, and gone when the erasing begins', async () => {
    const planned = await plannedErasure(api, [{ ...CONTACTS, approvals: 0 }]);
    const ref = { workspaceId: api.workspaceId, requestId: planned.requestId };
    const path = `/v1/requests/${ref.requestId}/review/decisions`;
    const id = (await api.call('GET', path)).body.items[0]?.id ?? '';
    const rows = await sampled('few');
    for (let n = 0; n < 2; n += 1)
      await worker.withTenant(ref.workspaceId, (trx) => storeSamples(trx, api.deps.ring, ref, new Map([[id, rows]])));
    const { rows: stored } = await api.database.pool.query('SELECT sealed_row FROM steward.decision_samples');
    expect(stored).toHaveLength(2);
    for (const { sealed_row: sealed } of stored) expect(sealed.toString('latin1')).not.toMatch(/quill|Z\. Q\./);
    expect((await api.call('GET', path)).body.items).toMatchObject([{ samples: rows }]);
    const looks = await api.database.pool.query(
      `SELECT details FROM steward.audit_events WHERE subject_id = $1 AND action = 'erasure.decisions_read'`,
      [ref.requestId],
    );
    expect(looks.rows).toEqual([{ details: { decisions: 1 } }]);

    await move(api, ref.requestId, 'cooling_off');
    expect(await createErasureReviewActivities({ db: worker }).endCoolingOff(ref)).toEqual({ proceed: true });
    const left = await worker.withTenant(ref.workspaceId, (trx) => readStoredSamples(trx, api.deps.ring, ref, [id]));
    expect(left.size).toBe(0);
  });
});
