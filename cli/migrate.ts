/** `steward migrate`: brings Steward's own schema to this version. */
import type { Command } from 'commander';
import { InvalidConfiguration } from '../domain/errors.ts';
import { loadConfig } from '../platform/config.ts';
import { migrate } from '../platform/migrate.ts';
import { settingsOfRunningStack } from './endpoints.ts';

export function migrateCommand(program: Command): void {
  program
    .command('migrate')
    .description("apply the missing migrations to Steward's database (setting database.ownerUrl)")
    .action(async () => {
      const { ownerUrl } = loadConfig(settingsOfRunningStack()).database;
      if (ownerUrl === undefined)
        throw new InvalidConfiguration('Set database.ownerUrl, the role that owns the schema.');
      const done = await migrate(ownerUrl);
      console.log(done.length === 0 ? 'Nothing to do.' : done.join('\n'));
    });
}
