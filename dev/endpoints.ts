/** Where the parts of a running stack are, for people, tests and the command line. */
import type { StorageSettings } from '../platform/config.ts';
import { local } from './config-file.ts';
import type { DatabaseUrls } from './databases.ts';
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
  /** A folder, or a bucket as s3://bucket/prefix. */
  readonly storage: string;
  readonly mail: { readonly smtp: string; readonly web: string };
  /** Pages in Prometheus' text format. */
  readonly metrics: { readonly api: string; readonly worker: string; readonly temporal: string };
  readonly adminKeyFile: string;
  readonly pid: number;
}

interface Parts {
  readonly ports: Ports;
  readonly databases: DatabaseUrls;
  readonly storage: StorageSettings;
  readonly adminKeyFile: string;
}

export function endpointsOf({ ports, databases, storage, adminKeyFile }: Parts): Endpoints {
  const metrics = (port: number) => `${local(port)}/metrics`;
  return {
    api: local(ports.api),
    console: null,
    docs: `${local(ports.api)}/docs`,
    temporal: `127.0.0.1:${ports.temporal}`,
    temporalUi: local(ports.temporalUi),
    temporalNamespace: NAMESPACE,
    database: databases.steward_app,
    sources: { crm: databases.crm_reader },
    storage: storage.kind === 'folder' ? storage.path : `s3://${storage.bucket}/${storage.prefix}`,
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
