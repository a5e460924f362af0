import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STEWARD_ITSELF, appendAudit, chainHash } from '../../platform/audit.ts';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import { stewardDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let db: Database;
const workspaceId = randomUUID();

beforeAll(async () => {
  database = await stewardDatabase();
  db = openDatabase(database.url);
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

const append = (action: string) =>
  db.withTenant(workspaceId, (trx) =>
    appendAudit(trx, workspaceId, {
      actor: STEWARD_ITSELF,
      action,
      subject: { kind: 'request', id: randomUUID() },
      details: { rows: 3, mapVersion: 'v1' },
      note: 'Free text of a person.',
    }),
  );

type ChainRow = Parameters<typeof chainHash>[1] & { readonly previous: Buffer; readonly hash: Buffer };

/** The places at which the chain does not hold. */
async function breaks(): Promise<readonly string[]> {
  const { rows } = await database.pool.query<Omit<ChainRow, 'at'> & { readonly at: Date }>(
    'SELECT * FROM steward.audit_events WHERE workspace_id = $1 ORDER BY seq',
    [workspaceId],
  );
  let previous: Buffer = Buffer.alloc(32);
  const broken: string[] = [];
  for (const row of rows) {
    const hash = chainHash(previous, { ...row, at: row.at.toISOString() });
    if (!hash.equals(row.hash) || !row.previous.equals(previous)) broken.push(row.seq);
    previous = row.hash;
  }
  return broken;
}

describe('the audit chain', () => {
  it('holds, also when twenty events are appended at once', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => append(`test.${n}`)));
    const { rows } = await database.pool.query<{ count: string }>('SELECT count(*) FROM steward.audit_events');
    expect(rows[0]?.count).toBe('20');
    expect(await breaks()).toEqual([]);
  });

  it('breaks where an event is changed', async () => {
    await database.pool.query('UPDATE steward.audit_events SET details = \'{"rows": 4}\' WHERE seq = 7');
    expect(await breaks()).toEqual(['7']);
  });

  it('breaks after an event that is taken away', async () => {
    await database.pool.query('DELETE FROM steward.audit_events WHERE seq = 12');
    expect(await breaks()).toContain('13');
  });

  it('holds the digest of a note, and not the note', async () => {
    const { rows } = await database.pool.query<{ text: string }>('SELECT e::text AS text FROM steward.audit_events e');
    for (const { text } of rows) expect(text).not.toContain('Free text');
  });
});
