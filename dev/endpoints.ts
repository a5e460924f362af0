/** Where the parts of a running stack are, for people, tests and the command line. */
import { local } from './config-file.ts';
import type { DatabaseUrls } from './databases.ts';
import type { Home } from './home.ts';
import type { Ports } from './ports.ts';
import { NAMESPACE } from './temporal-server.ts';

/** What `endpoints.json` holds while the stack runs. The URLs of databases hold passwords. */
export interface Endpoints {
  readonly api: string;
  /** Null until there is one. */
  readonly console: string | null;
  readonly docs: string;
  /** host:port */
  readonly temporal: string;
  readonly temporalUi: string;
  readonly temporalNamespace: string;
  readonly database: string;
  readonly sources: { readonly crm: string };
  /** A folder. */
  readonly storage: string;
  readonly mail: { readonly smtp: string; readonly web: string };
  /** Pages in Prometheus' text format. */
  readonly metrics: { readonly api: string; readonly worker: string; readonly temporal: string };
  readonly adminKeyFile: string;
  readonly pid: number;
}

export function endpointsOf(home: Home, ports: Ports, urls: DatabaseUrls, adminKeyFile: string): Endpoints {
  const metrics = (port: number) => `${local(port)}/metrics`;
  return {
    api: local(ports.api),
    console: null,
    docs: `${local(ports.api)}/docs`,
    temporal: `127.0.0.1:${ports.temporal}`,
    temporalUi: local(ports.temporalUi),
    temporalNamespace: NAMESPACE,
    database: urls.steward_app,
    sources: { crm: urls.crm_reader },
    storage: home.path('storage'),
    mail: { smtp: `smtp://127.0.0.1:${ports.smtp}`, web: local(ports.mailWeb) },
    metrics: {
      api: metrics(ports.apiMetrics),
      worker: metrics(ports.workerMetrics),
      temporal: metrics(ports.temporalMetrics),
    },
    adminKeyFile,
    pid: process.pid,
  };
}
