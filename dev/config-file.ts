/** The settings of the embedded stack as a file, the same that an installation of one's own would have. */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { DatabaseUrls } from './databases.ts';
import { PROJECT } from './home.ts';
import type { Home } from './home.ts';
import type { Ports } from './ports.ts';
import { NAMESPACE } from './temporal-server.ts';

const HOST = '127.0.0.1';
const HEAD = '# Written anew at each start of the embedded stack. It holds passwords.\n';

/** Readable by its owner alone; answers its path. */
export async function writeConfigFile(home: Home, ports: Ports, urls: DatabaseUrls): Promise<string> {
  const file = home.path('steward.config.yaml');
  await writeFile(`${file}.new`, HEAD + stringify(settings(home, ports, urls)), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return file;
}

function settings(home: Home, ports: Ports, urls: DatabaseUrls): object {
  return {
    api: { host: HOST, port: ports.api, publicUrl: local(ports.api) },
    metrics: {
      host: HOST,
      apiPort: ports.apiMetrics,
      workerPort: ports.workerMetrics,
      temporalPort: ports.temporalMetrics,
      workerSdkPort: ports.workerSdkMetrics,
    },
    database: { ownerUrl: urls.steward_owner, appUrl: urls.steward_app, workerUrl: urls.steward_worker },
    sources: [
      { name: 'crm', kind: 'postgres', url: urls.crm_reader },
      { name: 'crm-media', kind: 'folder', path: home.path('crm-media') },
    ],
    dataMap: [join(PROJECT, 'data-map', 'maps', 'crm.dataset.yml')],
    storage: { kind: 'folder', path: home.path('storage') },
    temporal: { address: `${HOST}:${ports.temporal}`, namespace: NAMESPACE, uiUrl: local(ports.temporalUi) },
    mail: { url: `smtp://${HOST}:${ports.smtp}`, from: 'Steward <steward@localhost.example>' },
    keys: { file: home.path('keys.json') },
    log: { level: 'info' },
  };
}

/** Always the same host name, for cookies belong to one. */
export function local(port: number): string {
  return `http://${HOST}:${port}`;
}
