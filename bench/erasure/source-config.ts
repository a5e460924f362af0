/** The settings of a worker, with another source and map than those of the site. */
import { loadConfig } from '../../platform/config.ts';
import type { Config } from '../../platform/config.ts';

export interface SourceConfig {
  readonly configFile: string;
  /** The source's database as the role that reads, and as the one that erases. */
  readonly url: string;
  readonly eraseUrl: string;
  /** The data map's files; those of the site when left out. */
  readonly dataMap?: readonly string[];
}

export function configOf({ configFile, url, eraseUrl, dataMap }: SourceConfig): Config {
  const config = loadConfig({ ...process.env, STEWARD_CONFIG: configFile });
  const sources = config.sources.map((source) => (source.kind === 'postgres' ? { ...source, url, eraseUrl } : source));
  return { ...config, sources, ...(dataMap === undefined ? {} : { dataMap: [...dataMap] }) };
}
