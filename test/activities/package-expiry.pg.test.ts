import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { endExpiredPackages } from '../../activities/package-expiry.ts';
import { buildPackage } from '../../activities/packaging/build-package.ts';
import { deliverPackage } from '../../activities/packaging/deliver-package.ts';
import { Unavailable } from '../../domain/errors.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import { createApiKey } from '../../platform/records/admin.ts';
import type { Caller } from '../../platform/records/caller.ts';
import { confirmEffective } from '../../platform/records/hold-fences.ts';
import { placeHold } from '../../platform/records/hold-placing.ts';
import type { NewHold } from '../../platform/records/hold-placing.ts';
import { releaseHold } from '../../platform/records/hold-steering.ts';
import { checkIdentities } from '../../platform/records/identities.ts';
import { findPackage } from '../../platform/records/packages.ts';
import { findExpiredPackages } from '../../platform/records/package-expiry.ts';
import { moveRequest } from '../../platform/records/request-progress.ts';
import type { ObjectStorage } from '../../platform/storage/storage.ts';

import { inRole } from '../support/database.ts';
import { collect } from '../support/collect.ts';
import { insertExport } from '../support/lone-row.ts';
import { NOBODY, openPackagingFixture, quietControl } from './packaging/packaging-fixture.ts';
import type { PackagingFixture } from './packaging/packaging-fixture.ts';

let fixture: PackagingFixture;
let storage: ObjectStorage;
let app: Database;
beforeAll(async () => {
  fixture = await openPackagingFixture();
  app = openDatabase(inRole(fixture.own.url, 'steward_app'));
  ({ storage } = fixture.deps);
});
afterAll(async () => {
  await app.close();
  await fixture.close();
});
beforeEach(() => fixture.own.pool.query("UPDATE steward.packages SET status = 'deleted'"));

interface Row {
  readonly id: string;
  readonly status: string;
  readonly storage_key: string;
  readonly deleted_at: Date | null;
}

const rowOf = async ({ requestId }: RequestRef): Promise<Row> => {
  const { rows } = await fixture.own.pool.query<Row>('SELECT * FROM steward.packages WHERE request_id = $1', [
    requestId,
  ]);
  const [row] = rows;
  if (!row) throw new Error('The request has no package.');
  return row;
};

/** A package that was delivered, of a request that is closed, whose time is over. */
async function expired({ closed = true, ago = '1 second' } = {}): Promise<RequestRef> {
  const ref = await fixture.fileRequest(NOBODY);
  await buildPackage(fixture.deps, ref, quietControl());
  await fixture.deps.db.withTenant(ref.workspaceId, (trx) => moveRequest(trx, ref, { to: 'delivering' }));
  await deliverPackage(fixture.deps, ref);
  if (closed) {
    await fixture.deps.db.withTenant(ref.workspaceId, (trx) =>
      moveRequest(trx, ref, { to: 'completed', outcome: 'no_data' }),
    );
  }
  await fixture.own.pool.query('UPDATE steward.packages SET expires_at = now() - $2::interval WHERE request_id = $1', [
    ref.requestId,
    ago,
  ]);
  return ref;
}

/** How many were deleted, and what was said of the others. */
async function run(over: Partial<ObjectStorage> = {}) {
  const withFaults = Object.assign(Object.create(storage) as ObjectStorage, over);
  const ended = await collect(endExpiredPackages({ ...fixture.deps, storage: withFaults }));
  const problems = ended.flatMap(({ problem }) => problem ?? []);
  return { deleted: ended.length - problems.length, problems };
}

async function auditOf(ref: RequestRef): Promise<readonly { actor: string; details: object }[]> {
  const { id } = await rowOf(ref);
  const { rows } = await fixture.own.pool.query<{ actor: string; details: object }>(
    "SELECT actor, details FROM steward.audit_events WHERE action = 'package.deleted' AND subject_id = $1",
    [id],
  );
  return rows;
}

describe('a package whose time is over', () => {
  it('is deleted with its links, and the deletion is in its row, its timeline and the audit log', async () => {
    const ref = await expired();
    const { storage_key: key } = await rowOf(ref);
    expect(await storage.head(key)).toBeDefined();
    expect(await run()).toEqual({ deleted: 1, problems: [] });

    const row = await rowOf(ref);
    expect(row.status).toBe('deleted');
    expect(row.deleted_at).toBeInstanceOf(Date);
    expect(await storage.head(key)).toBeUndefined();
    const { rows: links } = await fixture.own.pool.query<{ revoked_at: Date | null }>(
      'SELECT revoked_at FROM steward.links WHERE package_id = $1',
      [row.id],
    );
    expect(links.map(({ revoked_at: at }) => at instanceof Date)).toEqual([true]);
    expect((await fixture.events(ref)).at(-1)).toBe('package_deleted');
    expect(await auditOf(ref)).toMatchObject([{ actor: 'steward', details: { reason: 'expired' } }]);
  });

  it('of an export is told of in the export’s timeline', async () => {
    const { pool } = fixture.own;
    const ref = await expired();
    const { id } = await rowOf(ref);
    const exportId = randomUUID();
    await insertExport(pool, ref.workspaceId, exportId);
    await pool.query('UPDATE steward.packages SET request_id = NULL, export_id = $2, part = 1 WHERE id = $1', [
      id,
      exportId,
    ]);
    expect((await run()).deleted).toBe(1);
    const { rows } = await pool.query('SELECT kind, details FROM steward.export_events WHERE export_id = $1', [
      exportId,
    ]);
    expect(rows).toEqual([{ kind: 'package_deleted', details: { packageId: id, reason: 'expired' } }]);
  });

  it('is deleted once, however often and by however many that is done', async () => {
    const ref = await expired();
    const runs = await Promise.all([run(), run(), run()]);
    expect(runs.reduce((sum, { deleted }) => sum + deleted, 0)).toBe(1);
    expect((await run()).deleted).toBe(0);
    expect(await auditOf(ref)).toHaveLength(1);
  });

  it('stays while its request is open, and what is not over stays', async () => {
    const [open, young] = [await expired({ closed: false }), await expired({ ago: '-1 hour' })];
    expect((await run()).deleted).toBe(0);
    expect(await Promise.all([open, young].map(async (ref) => (await rowOf(ref)).status))).toEqual(['ready', 'ready']);
  });

  it('is finished with by the next run when a crash came before or after its object was deleted', async () => {
    const [before, after] = [await expired(), await expired()];
    await fixture.own.pool.query("UPDATE steward.packages SET status = 'expired' WHERE request_id = ANY ($1)", [
      [before.requestId, after.requestId],
    ]);
    await storage.delete((await rowOf(after)).storage_key);
    expect((await run()).deleted).toBe(2);
    for (const ref of [before, after]) {
      expect((await rowOf(ref)).status).toBe('deleted');
      expect(await auditOf(ref)).toHaveLength(1);
    }
  });

  it('that the storage refuses to delete does not hold up the others, and is tried again', async () => {
    const [stuck, other] = [await expired({ ago: '2 hours' }), await expired()];
    const { storage_key: key } = await rowOf(stuck);
    const refuse = async (each: string): Promise<void> => {
      if (each === key) throw new Unavailable('The object storage failed with AccessDenied.', { service: 'storage' });
      await storage.delete(each);
    };
    expect(await run({ delete: refuse })).toEqual({
      deleted: 1,
      problems: ['The object storage failed with AccessDenied.'],
    });
    expect([(await rowOf(stuck)).status, (await rowOf(other)).status]).toEqual(['expired', 'deleted']);
    expect((await run()).deleted).toBe(1);
    expect((await rowOf(stuck)).status).toBe('deleted');
  });

  it('waits for a storage that is away', async () => {
    const ref = await expired();
    const away = async (): Promise<never> => {
      throw new Unavailable('The object storage failed with ECONNREFUSED.', { service: 'storage' });
    };
    await expect(run({ delete: away, health: away })).rejects.toThrow(Unavailable);
    expect((await rowOf(ref)).status).toBe('expired');
    expect(await auditOf(ref)).toEqual([]);
    expect((await run()).deleted).toBe(1);
  });

  it('finishes a download that is under way', async () => {
    const ref = await expired();
    const { storage_key: key } = await rowOf(ref);
    const content = Buffer.alloc(4_000_000, 7);
    await storage.put(key, Readable.from([content]));
    const { stream } = await storage.get(key);
    const chunks = stream.iterator() as AsyncIterableIterator<Buffer>;
    const first = await chunks.next();
    await run();
    let bytes = (first.value as Buffer).length;
    for await (const chunk of chunks) bytes += chunk.length;
    expect(bytes).toBe(content.length);
  });
});

const repeat = { operation: 'a test', key: undefined, digests: [Buffer.alloc(0)] as const };

async function callerOf(workspaceId: string, party: 'controller' | 'processor', teamId?: string): Promise<Caller> {
  const wish = { name: 'a test', party, workspaceId, scopes: ['holds:write' as const], ...(teamId && { teamId }) };
  const { principalId: id } = await app.withTenant(workspaceId, (trx) => createApiKey(trx, fixture.deps.ring, wish));
  return { workspaceId, principal: { id, party, workspaceId, teamId, scopes: wish.scopes } };
}

/** Placed and, answered, how to release it by another person. */
async function hold(workspaceId: string, more: Partial<NewHold> = {}) {
  const party = more.party ?? 'controller';
  const wish: NewHold = {
    ...{ party, visibility: party, matter: 'A matter', authority: 'A court', purpose: 'legal', subject: [], scope: {} },
    ...more,
  };
  const id = await placeHold(app, fixture.deps.ring, await callerOf(workspaceId, party), wish, repeat);
  const ref = { workspaceId, holdId: id };
  return {
    ref,
    id,
    release: async () =>
      releaseHold(app, await callerOf(workspaceId, party), id, { reason: 'Over.', instruction: undefined }, repeat),
  };
}

const shown = (caller: Caller, { requestId }: RequestRef) =>
  app.withTenant(caller.workspaceId, (trx) => findPackage(trx, caller, { request_id: requestId }));
const subjectOf = (...addresses: readonly string[]) =>
  checkIdentities(
    addresses.map((value) => ({ type: 'email', value })),
    ['email'],
  );

describe('a package whose time is over under a hold', () => {
  it('is kept without its links until the last hold is released, and its timeline says so once', async () => {
    const ref = await expired();
    const { storage_key: key, id } = await rowOf(ref);
    const holds = [await hold(ref.workspaceId), await hold(ref.workspaceId, { subject: subjectOf(NOBODY) })];
    expect(await run()).toEqual({ deleted: 0, problems: [] });
    expect(await run()).toEqual({ deleted: 0, problems: [] });
    expect(await storage.head(key)).toBeDefined();
    const { rows: links } = await fixture.own.pool.query('SELECT revoked_at FROM steward.links WHERE package_id = $1', [
      id,
    ]);
    expect(links).toEqual([{ revoked_at: expect.any(Date) as Date }]);
    expect((await fixture.events(ref)).filter((kind) => kind === 'package_kept')).toHaveLength(1);

    const controller = await callerOf(ref.workspaceId, 'controller');
    expect(await shown(controller, ref)).toMatchObject({
      status: 'expired',
      kept: { holds: holds.map((each) => each.id), legalDuty: false },
    });
    await holds[0]?.release();
    expect((await run()).deleted).toBe(0);
    await holds[1]?.release();
    expect((await shown(controller, ref))?.kept).toBeNull();
    expect((await run()).deleted).toBe(1);
    expect(await storage.head(key)).toBeUndefined();
    expect(await shown(controller, ref)).toMatchObject({ status: 'deleted', kept: null });
    expect((await fixture.events(ref)).slice(-2)).toEqual(['package_kept', 'package_deleted']);
  });

  it('tells of a hold in confidence nobody from whom it is kept', async () => {
    const ref = await expired();
    const secret = await hold(ref.workspaceId, { party: 'processor', visibility: 'processor' });
    await run();
    expect((await shown(await callerOf(ref.workspaceId, 'controller'), ref))?.kept).toEqual({
      holds: [],
      legalDuty: true,
    });
    expect((await shown(await callerOf(ref.workspaceId, 'processor'), ref))?.kept).toEqual({
      holds: [secret.id],
      legalDuty: false,
    });
    const { rows } = await fixture.own.pool.query<{ text: string }>(
      `SELECT details::text AS text FROM steward.request_events WHERE request_id = $1
       UNION ALL SELECT details::text FROM steward.audit_events WHERE action = 'package.kept'`,
      [ref.requestId],
    );
    expect(rows.map(({ text }) => text).join()).not.toContain(secret.id);
    await secret.release();
  });

  it('is deleted when the hold is on somebody else or on classes of records', async () => {
    const ref = await expired();
    const holds = [
      await hold(ref.workspaceId, { subject: subjectOf('somebody.else@example.com') }),
      await hold(ref.workspaceId, { scope: { classes: ['contact_record'] } }),
    ];
    expect((await run()).deleted).toBe(1);
    for (const { release } of holds) await release();
  });

  it('is deleted before a hold becomes effective, or not at all', async () => {
    const ref = await expired();
    const [deleting, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const running = run({
      delete: async (key) => {
        deleting.resolve();
        await goOn.promise;
        await storage.delete(key);
      },
    });
    await deleting.promise;
    const placed = await hold(ref.workspaceId);
    await fixture.own.pool.query("UPDATE steward.hold_sources SET state = 'effective' WHERE hold_id = $1", [placed.id]);
    let isEffective = false;
    const confirming = fixture.deps.db
      .withTenant(ref.workspaceId, (trx) => confirmEffective(trx, placed.ref))
      .then((state) => {
        isEffective = true;
        return state;
      });
    // Until the deletion ends the confirmation waits for a lock, which the server knows of.
    await vi.waitUntil(async () => {
      const { rows } = await fixture.own.pool.query(
        "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
      );
      return rows.length > 0;
    });
    expect(isEffective).toBe(false);
    goOn.resolve();
    expect((await running).deleted).toBe(1);
    expect(await confirming).toBe('effective');
    const later = await expired();
    expect((await run()).deleted).toBe(0);
    expect((await rowOf(later)).status).toBe('expired');
    await placed.release();
  });
});

describe('the search for expired packages', () => {
  it('finds more than a batch, of every workspace, each once, the oldest first', async () => {
    const ref = await expired();
    const { id } = await rowOf(ref);
    const otherWorkspace = randomUUID();
    const copies = `INSERT INTO steward.packages
      SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'workspace_id', $2::uuid,
              'request_id', gen_random_uuid(), 'expires_at', now() - make_interval(secs => 60 + n / 7)))).*
        FROM steward.packages p, generate_series(1, 230) n WHERE p.id = $1`;
    const client = await fixture.own.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query("SET LOCAL session_replication_role = 'replica'");
      await client.query(copies, [id, otherWorkspace]);
      await client.query('COMMIT');
    } finally {
      client.release();
    }
    const found = await collect(findExpiredPackages(fixture.deps.db));
    expect(new Set(found.map(({ packageId }) => packageId)).size).toBe(231);
    expect(found).toHaveLength(231);
    expect(found.at(-1)).toEqual({ workspaceId: ref.workspaceId, packageId: id });
    await fixture.own.pool.query('DELETE FROM steward.packages WHERE workspace_id = $1', [otherWorkspace]);
  });

  it('is the worker’s alone, and shows ids and times', async () => {
    const { rows } = await fixture.own.pool.query<{ app: boolean; worker: boolean; result: string }>(
      `SELECT has_function_privilege('steward_app', oid, 'EXECUTE') AS app,
              has_function_privilege('steward_worker', oid, 'EXECUTE') AS worker, pg_get_function_result(oid) AS result
         FROM pg_proc WHERE proname = 'packages_to_expire'`,
    );
    expect(rows).toEqual([{ app: false, worker: true, result: 'TABLE(workspace_id uuid, id uuid, expiry text)' }]);
  });
});
