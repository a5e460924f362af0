/** `steward source …`: what a source needs before records can be erased in it. */
import type { Command } from 'commander';
import type { DataMap } from '../data-map/model.ts';
import { collectionsOf } from '../data-map/model.ts';
import { tableName } from '../data-map/sql-text.ts';
import { InvalidConfiguration } from '../domain/errors.ts';
import type { Config } from '../platform/config.ts';
import { installInSource } from '../platform/erasure/install.ts';
import { eraserGrants, sourceSchema } from '../platform/erasure/source-schema.ts';
import { openAnyMap, withMapOption } from './map/setting.ts';

interface InstallOptions {
  readonly source: string;
  readonly role?: string;
  readonly apply?: string;
  readonly map?: readonly string[];
}

export function sourceCommands(program: Command): void {
  const source = program.command('source').description('connect sources in which records are to be erased');
  const install = source
    .command('install')
    .description(
      "print what Steward needs in a source to erase there: a schema of its own, and rights on the map's tables",
    )
    .requiredOption('-s, --source <name>', 'the source, as the settings name it')
    .option('-r, --role <role>', 'the role that Steward erases as (the user of the setting eraseUrl, if left out)')
    .option('--apply <url>', 'run it instead, as the administrator whom this postgres:// URL names');
  withMapOption(install).action(async (options: InstallOptions) => {
    const { config, map } = await openAnyMap(options);
    const sql = installSql(config, map, options);
    if (options.apply === undefined) console.log(sql);
    else {
      await installInSource(options.apply, sql);
      console.log('Installed.');
    }
  });
}

/** To be read by the source's administrator. Throws InvalidConfiguration when no role is named. */
export function installSql(
  config: Pick<Config, 'sources'>,
  map: DataMap,
  { source, role }: Pick<InstallOptions, 'source' | 'role'>,
): string {
  const settings = config.sources.find(({ name }) => name === source);
  if (settings?.kind !== 'postgres')
    throw new InvalidConfiguration(`The settings have no PostgreSQL source ${source}.`);
  const eraser =
    role ?? (settings.eraseUrl === undefined ? '' : decodeURIComponent(new URL(settings.eraseUrl).username));
  if (eraser === '')
    throw new InvalidConfiguration(`Name the role that Steward erases as (--role), or set eraseUrl of ${source}.`);
  const mapped = collectionsOf(map).filter((each) => each.source === source && each.exemption === undefined);
  const tables = mapped.map(({ schema, table, ...each }) => ({ schema, name: tableName({ ...each, schema, table }) }));
  return `${sourceSchema(eraser)}\n${eraserGrants(eraser, tables)}`;
}
