/** What every `steward schedule` command begins with: the settings, the map, the file, and a database that is closed again. */
import { readScheduleFile } from '../../data-map/schedule/load.ts';
import type { ScheduleText } from '../../data-map/schedule/parse.ts';
import { InvalidConfiguration, InvalidInput } from '../../domain/errors.ts';
import type { Config } from '../../platform/config.ts';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';

/** The file that was named, or that of the settings. */
export async function scheduleFile(named: string | undefined, config: Config): Promise<ScheduleText> {
  const file = named ?? config.retentionSchedule;
  if (file === undefined) throw new InvalidInput('Name the file of a schedule, or set retentionSchedule.');
  return readScheduleFile(file);
}

/** As the role that only reads schedules. */
export const withDatabase = <T>(config: Config, work: (db: Database) => Promise<T>): Promise<T> =>
  opened(config.database.workerUrl, work);

/** As the role that may change what everything is decided by. */
export async function withOwner<T>({ database }: Config, work: (db: Database) => Promise<T>): Promise<T> {
  if (database.ownerUrl === undefined)
    throw new InvalidConfiguration('Set database.ownerUrl: the owner of the schema alone puts a schedule into force.');
  return opened(database.ownerUrl, work);
}

async function opened<T>(url: string, work: (db: Database) => Promise<T>): Promise<T> {
  const db = openDatabase(url, { applicationName: 'steward-schedule', maxConnections: 2 });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}
