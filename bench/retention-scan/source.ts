/** A source with one large table, of which a few rows are due, and a schedule that keeps them a year. */
import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { grantEraser, grantReader } from '../../dev/databases.ts';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import { activate } from '../erasure/source.ts';
import type { SourceConfig } from '../erasure/source-config.ts';
import { withConnection } from '../support/site.ts';
import type { Site } from '../support/site.ts';

export interface ScannedSource extends SourceConfig {
  readonly rows: number;
  readonly ownerUrl: string;
}

const RECORD_CLASS = 'bench_record';
const DATASET = 'bench';

const MAP = {
  dataset: [
    {
      fides_key: DATASET,
      name: 'Benchmark',
      collections: [
        {
          name: 'records',
          fides_meta: { steward: { tenant: 'workspace_id', record_class: RECORD_CLASS } },
          fields: [
            { name: 'id', fides_meta: { primary_key: true } },
            { name: 'workspace_id' },
            { name: 'email', fides_meta: { identity: 'email' } },
            { name: 'made_at' },
            { name: 'body' },
          ],
        },
      ],
      fides_meta: { steward: { source: 'crm', schema: 'app' } },
    },
  ],
};

const SCHEDULE = {
  schedule: {
    name: 'Benchmark',
    classes: { [RECORD_CLASS]: {} },
    rules: [
      {
        id: 'records',
        record_class: RECORD_CLASS,
        requirement: 'transaction_retention',
        purpose: 'legitimate_business',
        force: 'business_default',
        basis: 'A benchmark.',
        source: 'A benchmark.',
        keep: { length: 'P1Y', event: { column: 'made_at' } },
      },
    ],
  },
};

/** Puts the schedule into force; answers the data map's file. */
export async function prepareMap(site: Site): Promise<string> {
  const mapFile = site.home.path('bench.dataset.yml');
  await writeFile(mapFile, stringify(MAP));
  await activate(site, { name: 'bench.schedule.yml', text: stringify(SCHEDULE) }, [mapFile]);
  return mapFile;
}

/** As a product writes it: the rows lie in the order in which they were made, the oldest first. */
export async function loadRecords(site: Site, mapFile: string, rows: number, due: number): Promise<ScannedSource> {
  const ownerUrl = await site.createSource(`records_${rows}`);
  await withConnection(ownerUrl, async (client) => {
    await client.query(`CREATE SCHEMA app;
      CREATE TABLE app.records (id bigint PRIMARY KEY, workspace_id uuid NOT NULL, email text, made_at timestamptz NOT NULL,
        body text)`);
    await client.query(
      `INSERT INTO app.records SELECT g, $1, NULL,
          CASE WHEN g <= $3 THEN now() - interval '500 days' ELSE now() - interval '300 days' * ((($2::bigint - g)::float8) / $2) END,
          'What somebody wrote about a record of theirs.' FROM generate_series(1, $2::bigint) g`,
      [SHOWCASE_PERSON.workspaceId, rows, due],
    );
    await client.query('CREATE INDEX ON app.records (workspace_id, made_at)');
    await client.query('CREATE INDEX ON app.records (workspace_id, lower(email) text_pattern_ops)');
  });
  await grantReader(ownerUrl);
  await grantEraser(ownerUrl);
  await settle(ownerUrl);
  const urls = { url: site.asReader(ownerUrl), eraseUrl: site.asEraser(ownerUrl) };
  return { configFile: site.configFile, ...urls, dataMap: [mapFile], rows, ownerUrl };
}

/** So that so many rows in all are due. */
export async function ageRecords({ ownerUrl }: ScannedSource, due: number): Promise<void> {
  await withConnection(ownerUrl, (client) =>
    client.query(`UPDATE app.records SET made_at = now() - interval '500 days' WHERE id <= $1`, [due]),
  );
  await settle(ownerUrl);
}

/** Or whoever reads a page first would do it. */
async function settle(ownerUrl: string): Promise<void> {
  await withConnection(ownerUrl, (client) => client.query('VACUUM (FREEZE, ANALYZE) app.records'));
}
