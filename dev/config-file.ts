/** The settings file of an embedded stack: the same keys that a production one has. */
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { StorageSettings } from '../platform/config.ts';
import type { DatabaseUrls } from './databases.ts';
import { PROJECT } from './home.ts';
import type { Home } from './home.ts';
import type { Ports } from './ports.ts';
import { NAMESPACE } from './temporal-server.ts';

const HOST = '127.0.0.1';
export const local = (port: number): string => `http://${HOST}:${port}`;

/** The sample CRM's own. */
export const CRM_SCHEDULE = join(PROJECT, 'data-map', 'schedules', 'crm.schedule.yml');

export const mapFiles = (more: readonly string[]): readonly string[] => [
  join(PROJECT, 'data-map', 'maps', 'crm.dataset.yml'),
  ...more,
];

interface Parts {
  readonly ports: Ports;
  readonly databases: DatabaseUrls;
  readonly storage: StorageSettings;
  /** Files of the data map beside the sample CRM's. */
  readonly moreMaps?: readonly string[];
}

/** Answers the file's path. It holds passwords, so only its owner can read it. */
export async function writeConfigFile(
  home: Home,
  { ports, databases, storage, moreMaps = [] }: Parts,
): Promise<string> {
  const file = home.path('steward.config.yaml');
  const settings = {
    api: { host: HOST, port: ports.api, publicUrl: local(ports.api) },
    metrics: {
      host: HOST,
      apiPort: ports.apiMetrics,
      workerPort: ports.workerMetrics,
      temporalPort: ports.temporalMetrics,
      workerSdkPort: ports.workerSdkMetrics,
    },
    database: {
      ownerUrl: databases.steward_owner,
      appUrl: databases.steward_app,
      workerUrl: databases.steward_worker,
      drillUrl: databases.steward_drill,
    },
    sources: [
      { name: 'crm', kind: 'postgres', url: databases.crm_reader, eraseUrl: databases.crm_eraser },
      { name: 'crm-media', kind: 'folder', path: home.path('crm-media') },
    ],
    dataMap: mapFiles(moreMaps),
    retentionSchedule: CRM_SCHEDULE,
    storage,
    temporal: {
      address: `${HOST}:${ports.temporal}`,
      namespace: NAMESPACE,
      uiUrl: local(ports.temporalUi),
    },
    mail: { url: `smtp://${HOST}:${ports.smtp}`, from: 'Steward <steward@localhost.example>' },
    keys: { file: home.path('keys.json') },
  };
  await writeFile(file, `# Written at each start of the embedded stack.\n${stringify(settings)}`, { mode: 0o600 });
  return file;
}
