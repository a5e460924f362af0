/** A source of generated tables that can be erased, under a schedule of its own. */
import { writeFile } from 'node:fs/promises';
import { activateSchedule } from '../../activities/erasing/schedule-in-force.ts';
import { loadDataMap } from '../../data-map/load.ts';
import type { ScheduleText } from '../../data-map/schedule/parse.ts';
import { grantEraser, grantReader } from '../../dev/databases.ts';
import { openDatabase } from '../../platform/database.ts';
import { withConnection } from '../support/site.ts';
import type { Site } from '../support/site.ts';
import type { Bench } from '../support/suite.ts';
import { loadBackground } from './people.ts';
import type { SourceConfig } from './source-config.ts';
import { dataMapOf, scheduleOf, schemaOf } from './tables.ts';

const BACKGROUND = { full: { people: 2_000, rowsEach: 10 }, quick: { people: 500, rowsEach: 4 } } as const;

export async function makeSource(site: Site, { quick, log }: Bench): Promise<SourceConfig> {
  log('Writing the rows of others …');
  const url = site.databases.crm_owner;
  const { people, rowsEach } = BACKGROUND[quick ? 'quick' : 'full'];
  await withConnection(url, async (client) => {
    await client.query(schemaOf());
    await loadBackground(client, people, rowsEach);
  });
  await grantReader(url);
  await grantEraser(url);
  const mapFile = site.home.path('bench.dataset.yml');
  await writeFile(mapFile, dataMapOf('crm'));
  await activate(site, { name: 'bench.schedule.yml', text: scheduleOf() }, [mapFile]);
  const { crm_reader, crm_eraser } = site.databases;
  return { configFile: site.configFile, url: crm_reader, eraseUrl: crm_eraser, dataMap: [mapFile] };
}

export async function activate({ databases }: Site, schedule: ScheduleText, map: readonly string[]): Promise<void> {
  const owner = openDatabase(databases.steward_owner, { maxConnections: 1 });
  try {
    await activateSchedule(owner, schedule, await loadDataMap(map), 'a benchmark');
  } finally {
    await owner.close();
  }
}
