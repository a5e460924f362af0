import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareWithSources } from '../../../activities/map-checking/compare.ts';
import { createSampleCrm } from '../../../dev/sample-crm/create.ts';
import { WORKSPACES } from '../../../dev/sample-crm/people.ts';
import { loadDataMap } from '../../../data-map/load.ts';
import { openSources } from '../../../platform/sources.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';
import { collection, key, refers } from '../fixtures.ts';
import { CONTACTS_DDL, compare, contacts } from './comparison.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});

afterAll(() => database.drop());

describe('kinds of tables', () => {
  it('are each looked at in their way: parents for partitions, no rows of their own in views, rows from elsewhere', async () => {
    const { findings } = await compare(database, {
      ddl: `${CONTACTS_DDL}
        CREATE TABLE events (id bigint, workspace_id uuid NOT NULL, contact_id uuid, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE INDEX ON events (workspace_id, contact_id);
        CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        CREATE VIEW everybody AS SELECT * FROM contacts;
        CREATE MATERIALIZED VIEW copies AS SELECT * FROM contacts`,
      collections: [
        contacts(),
        collection('events', [
          key('id'),
          key('at'),
          { name: 'workspace_id' },
          refers('contact_id', 'contacts.id', 'from'),
        ]),
      ],
    });
    expect(findings.map(({ code, text }) => [code, /The ([a-z ]+) is not/.exec(text)?.[1]])).toEqual([
      ['table-unmapped', 'materialized view'],
    ]);
  });

  it('include foreign tables, which bring rows from elsewhere', async () => {
    const { findings } = await compare(database, {
      ddl: `${CONTACTS_DDL} CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
            CREATE FOREIGN TABLE guests (email text) SERVER far`,
    });
    expect(findings).toMatchObject([{ code: 'table-unmapped', text: expect.stringContaining('foreign table') }]);
  });

  it('include a view that the map names in place of a table', async () => {
    const { findings } = await compare(database, {
      ddl: `${CONTACTS_DDL} CREATE VIEW people AS SELECT * FROM contacts`,
      collections: [contacts(), collection('people', [key('id'), { name: 'workspace_id' }, { name: 'email' }])],
    });
    expect(findings).toEqual([]);
  });
});

describe("the sample CRM's own map", () => {
  it('agrees with the sample CRM, but for the one object that is missing there on purpose', async () => {
    const sample = await testDatabase();
    const mediaFolder = await mkdtemp(join(tmpdir(), 'steward-media-'));
    try {
      await createSampleCrm({ url: sample.url, mediaFolder, people: 50, log: () => undefined });
      const map = await loadDataMap(['data-map/maps/crm.dataset.yml']);
      const settings = [
        { name: 'crm', kind: 'postgres', url: sample.url },
        { name: 'crm-media', kind: 'folder', path: mediaFolder },
      ] as const;
      const sources = openSources(settings);
      const tenantKeys = new Map([['crm', WORKSPACES.map(({ id }) => id)]]);
      const { findings } = await compareWithSources({ map, sources, settings, tenantKeys });
      await sources.close();
      expect(findings.map(({ code }) => code)).toEqual(['objects-missing']);
    } finally {
      await sample.drop();
      await rm(mediaFolder, { recursive: true });
    }
  });
});
