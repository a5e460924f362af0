/** `steward map check`: exit code 1 when map and sources disagree; warnings alone do not fail it. */
import type { Command } from 'commander';
import { compareWithSources } from '../../activities/map-checking/compare.ts';
import { InvalidInput, Unavailable } from '../../domain/errors.ts';
import { summaryOf } from '../../domain/map-check.ts';
import type { MapCheck, MapFinding } from '../../domain/map-check.ts';
import type { Config } from '../../platform/config.ts';
import { openDatabase } from '../../platform/database.ts';
import { readTenantKeys } from '../../platform/records/map-checks.ts';
import type { MapOptions } from './setting.ts';
import { openAnyMap, withMapOption, withSources } from './setting.ts';

interface CheckOptions extends MapOptions {
  readonly source?: string;
  readonly json?: boolean;
}

export function checkCommand(parent: Command): void {
  withMapOption(parent.command('check'))
    .description('compare the map with the live sources')
    .option('--source <name>', 'one source alone')
    .option('--json', 'all findings as JSON')
    .action(checkMap);
}

async function checkMap(options: CheckOptions): Promise<void> {
  const { config, map } = await openAnyMap(options);
  const { source: only } = options;
  const known = [...config.sources.map(({ name }) => name), ...map.datasets.map(({ source }) => source)];
  if (only !== undefined && !known.includes(only))
    throw new InvalidInput(`There is no source ${only}; there are ${[...new Set(known)].join(', ')}.`);
  const tenantKeys = await knownTenantKeys(config);
  const result = await withSources(config, (sources) =>
    compareWithSources({ map, sources, settings: config.sources, tenantKeys, only }),
  );
  console.log(
    options.json ? JSON.stringify({ ...result, ...summaryOf(result) }, null, 2) : inWords(result, map.notices),
  );
  if (summaryOf(result).errors > 0) process.exitCode = 1;
}

/** A map can be checked before Steward has a database; then nothing is known of the workspaces' keys. */
async function knownTenantKeys({ database }: Config): Promise<ReadonlyMap<string, readonly string[]>> {
  const db = openDatabase(database.workerUrl, { applicationName: 'steward-map', maxConnections: 1 });
  try {
    return await readTenantKeys(db);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.error("Steward's own database is not reachable: the workspaces' keys are not compared.");
    return new Map();
  } finally {
    await db.close();
  }
}

function inWords(check: MapCheck, notices: readonly string[]): string {
  const { errors, warnings } = summaryOf(check);
  const looked = `${check.tables} tables with ${check.columns} columns, map ${check.mapVersion.slice(0, 12)}`;
  const verdict =
    errors === 0
      ? `The map agrees with the sources (${looked})`
      : `The map does NOT agree with the sources (${looked})`;
  return [
    ...check.findings.map(paragraph),
    ...notices.map((notice) => `notice\n    ${notice}\n`),
    `${verdict}: ${errors} ${errors === 1 ? 'error' : 'errors'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`,
  ].join('\n');
}

function paragraph({ code, gravity, source, table, column, text, sql }: MapFinding): string {
  const where = [source, [table, column].filter(Boolean).join('.')].filter(Boolean).join(': ');
  return [`${gravity} ${code} — ${where}`, `    ${text}`, ...(sql === undefined ? [] : [`    ${sql}`]), ''].join('\n');
}
