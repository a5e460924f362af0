/** What a namespace needs before runs start in it: our search attributes, and how long closed runs are kept. */
import { Connection } from '@temporalio/client';
import protocol from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../../domain/search-attributes.ts';
import type { Config } from '../config.ts';
import { connectionOptions } from './client.ts';

const { IndexedValueType } = protocol.temporal.api.enums.v1;

const INDEXED_TYPES = {
  KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  DATETIME: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
  BOOL: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
} as const;

/** Idempotent. With `manageNamespace` off (Temporal Cloud, or no rights) it does nothing; the runbook says what to set. */
export async function prepareNamespace(settings: Config['temporal']): Promise<void> {
  if (!settings.manageNamespace) return;
  const connection = await Connection.connect(connectionOptions(settings));
  try {
    await registerSearchAttributes(connection, settings.namespace);
    await connection.workflowService.updateNamespace({
      namespace: settings.namespace,
      config: { workflowExecutionRetentionTtl: { seconds: settings.retentionDays * 86_400, nanos: 0 } as never },
    });
  } finally {
    await connection.close();
  }
}

async function registerSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(SEARCH_ATTRIBUTES).filter(({ name }) => !(name in customAttributes));
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map(({ name, type }) => [name, INDEXED_TYPES[type]])),
  });
}
