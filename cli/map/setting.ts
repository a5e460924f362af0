/** What every `steward map` command begins with: the settings, the map, and connections that are closed again. */
import type { Command } from 'commander';
import { loadDataMap, readDataMap } from '../../data-map/load.ts';
import type { DataMap } from '../../data-map/model.ts';
import { loadConfig } from '../../platform/config.ts';
import type { Config } from '../../platform/config.ts';
import { openSources } from '../../platform/sources.ts';
import type { Sources } from '../../platform/sources.ts';
import { settingsOfRunningStack } from '../endpoints.ts';

export interface MapOptions {
  readonly map?: readonly string[];
}

export interface MapSetting {
  readonly config: Config;
  readonly map: DataMap;
}

/** Adds `--map`, for a map that is not the configured one, such as a draft. */
export function withMapOption(command: Command): Command {
  return command.option('-m, --map <file...>', 'the files of the map (setting dataMap, if left out)');
}

/** To be searched with. Throws InvalidDataMap when it has gaps. */
export async function openMap({ map }: MapOptions): Promise<MapSetting> {
  const config = readConfig();
  return { config, map: await loadDataMap(map ?? config.dataMap) };
}

/** To be looked at, gaps and all. */
export async function openAnyMap({ map }: MapOptions): Promise<MapSetting> {
  const config = readConfig();
  return { config, map: await readDataMap(map ?? config.dataMap) };
}

export const readConfig = (): Config => loadConfig(settingsOfRunningStack());

export async function withSources<T>(config: Config, work: (sources: Sources) => Promise<T>): Promise<T> {
  const sources = openSources(config.sources);
  try {
    return await work(sources);
  } finally {
    await sources.close();
  }
}
