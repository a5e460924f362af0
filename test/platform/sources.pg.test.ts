import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidDataMap, SourceFailed, Unavailable } from '../../domain/errors.ts';
import { openSources } from '../../platform/sources.ts';
import type { Sources } from '../../platform/sources.ts';
import { testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let folder: string;
let sources: Sources;

beforeAll(async () => {
  database = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'steward-source-'));
  sources = openSources([
    { name: 'crm', kind: 'postgres', url: database.url },
    { name: 'pooled', kind: 'postgres', url: database.url, carrier: 'bound_arrays' },
    { name: 'gone', kind: 'postgres', url: 'postgres://nobody@127.0.0.1:1/none' },
    { name: 'media', kind: 'folder', path: folder },
  ]);
});
afterAll(async () => {
  await sources.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Until the server is at it, whatever the machine is busy with. */
async function untilSleeping(): Promise<void> {
  const asleep = async (): Promise<number | null> => {
    const { rowCount } = await database.pool.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'",
    );
    return rowCount;
  };
  await expect.poll(asleep, { timeout: 20_000, interval: 10 }).toBe(1);
}

describe('a source', () => {
  it('answers with what was done on its connection, which names us', async () => {
    const rows = await sources.withSource('crm', async (client) => {
      const result = await client.query<{ name: string }>(`SELECT current_setting('application_name') AS name`);
      return result.rows;
    });
    expect(rows).toEqual([{ name: 'steward' }]);
  });

  it('that refuses a statement says its SQLSTATE and nothing of the row', async () => {
    const statement = `SELECT 'secret@example.com'::integer`;
    const failure = await failureOf(sources.withSource('crm', (client) => client.query(statement)));
    expect(failure).toBeInstanceOf(SourceFailed);
    expect(failure).toMatchObject({ message: 'The source crm refused a statement: SQLSTATE 22P02.' });
  });

  it('that is away, or goes away, is unavailable', async () => {
    const away = failureOf(sources.withSource('gone', (client) => client.query('SELECT 1')));
    expect(await away).toBeInstanceOf(Unavailable);
    const cut = sources.withSource('crm', (client) =>
      client.query('SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)'),
    );
    expect(await failureOf(cut)).toMatchObject({ code: 'unavailable', extras: { service: 'source' } });
    await expect(sources.withSource('crm', async () => 'again')).resolves.toBe('again');
  });

  it('passes on what the work throws, and does not use that connection again', async () => {
    const own = new Error('our own');
    const work = sources.withSource('crm', async (client) => {
      await client.query('CREATE TEMP TABLE leavings ()');
      throw own;
    });
    expect(await failureOf(work)).toBe(own);
    const left = sources.withSource('crm', (client) => client.query(`SELECT to_regclass('leavings') AS leavings`));
    expect((await left).rows).toEqual([{ leavings: null }]);
  });

  it('stops a statement on the server when its work is stopped', async () => {
    const stop = new AbortController();
    const work = sources.withSource('crm', (client) => client.query('SELECT pg_sleep(300)'), stop.signal);
    await untilSleeping();
    stop.abort(new Error('stopped'));
    // Long before the statement would have ended by itself.
    expect(await failureOf(work)).toBeInstanceOf(SourceFailed);
  });

  it('behind a pooler, where processes are not its own, is left by the connection when its work is stopped', async () => {
    const stop = new AbortController();
    const work = sources.withSource('pooled', (client) => client.query('SELECT pg_sleep(30)'), stop.signal);
    await untilSleeping();
    stop.abort(new Error('stopped'));
    expect(await failureOf(work)).toBeInstanceOf(Unavailable);
    const between = new AbortController();
    const idle = sources.withSource('pooled', async () => between.abort(new Error('stopped')), between.signal);
    await expect(idle).resolves.toBeUndefined();
    const next = sources.withSource(
      'pooled',
      (client) => client.query('SELECT 1 AS one'),
      new AbortController().signal,
    );
    expect((await next).rows).toEqual([{ one: 1 }]);
    const late = sources.withSource('pooled', async () => 1, AbortSignal.abort(new Error('too late')));
    expect(await failureOf(late)).toMatchObject({ message: 'too late' });
  });

  it('says what carries the key sets of a search in it', () => {
    expect(['crm', 'pooled'].map((name) => sources.carrierOf(name))).toEqual(['temp_tables', 'bound_arrays']);
    expect(() => sources.carrierOf('media')).toThrow(InvalidDataMap);
  });

  it('of files is an object storage', async () => {
    await writeFile(join(folder, 'a.txt'), 'hello');
    expect(await text((await sources.objectStore('media').get('a.txt')).stream)).toBe('hello');
  });

  it('that is not configured, or is of the other kind, is named', async () => {
    expect(await failureOf(sources.withSource('media', async () => 1))).toBeInstanceOf(InvalidDataMap);
    expect(() => sources.objectStore('crm')).toThrow(/no source crm of kind folder or s3/);
  });
});
