/** A source of its own schema, and what a comparison with a map says of it. */
import { randomUUID } from 'node:crypto';
import { compareWithSources } from '../../../activities/map-checking/compare.ts';
import { parseDataMap } from '../../../data-map/parse.ts';
import type { DataMap } from '../../../data-map/model.ts';
import type { MapFinding, MapFindingCode } from '../../../domain/map-check.ts';
import type { SourceSettings } from '../../../platform/config.ts';
import { openSources } from '../../../platform/sources.ts';
import type { TestDatabase } from '../../support/database.ts';
import type { Json } from '../fixtures.ts';
import { collection, dataset, email, key, mapFile } from '../fixtures.ts';
import { inRole } from '../../support/database.ts';

/** A plain login role of the shared server, which nothing was granted to in a new database. */
export const READER = 'crm_reader';

export interface Case {
  /** SQL, in a schema of its own that is first in the search path. */
  readonly ddl: string;
  readonly collections?: readonly Json[];
  readonly datasetSteward?: Json;
  readonly tenantKeys?: readonly string[];
  readonly stores?: readonly SourceSettings[];
  /** Does what an owner does after the tables are there; the comparison then runs in the rights of the reader. */
  readonly asReader?: boolean;
}

export interface Compared {
  readonly findings: readonly MapFinding[];
  readonly map: DataMap;
  /** Of the findings with this code. */
  readonly of: (code: MapFindingCode) => readonly MapFinding[];
  readonly codes: () => readonly MapFindingCode[];
}

export const CONTACTS_DDL = `
  CREATE TABLE contacts (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    email text
  );
  CREATE INDEX ON contacts (workspace_id, lower(email) text_pattern_ops);`;

export const contacts = (more: readonly Json[] = [], steward: Json = {}): Json =>
  collection('contacts', [key('id'), { name: 'workspace_id' }, email(), ...more], steward);

export async function compare(database: TestDatabase, wish: Case): Promise<Compared> {
  const schema = `s${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  await database.pool.query(`CREATE SCHEMA ${schema}; SET search_path = ${schema}; ${wish.ddl}; RESET search_path`);
  if (wish.asReader) await database.pool.query(`GRANT USAGE ON SCHEMA ${schema} TO ${READER}`);
  const { collections = [contacts()], datasetSteward = {}, stores = [], tenantKeys = [] } = wish;
  const map = parseDataMap([mapFile(dataset(collections, { schema, ...datasetSteward }))]);
  const url = wish.asReader ? inRole(database.url, READER) : database.url;
  const settings: readonly SourceSettings[] = [{ name: 'crm', kind: 'postgres', url }, ...stores];
  const sources = openSources(settings);
  try {
    const { findings } = await compareWithSources({
      map,
      sources,
      settings,
      tenantKeys: new Map([['crm', tenantKeys]]),
    });
    return {
      findings,
      map,
      of: (code) => findings.filter((finding) => finding.code === code),
      codes: () => findings.map(({ code }) => code),
    };
  } finally {
    await sources.close();
  }
}
