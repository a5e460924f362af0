import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataKey } from '../../platform/records/data-keys.ts';
import { findAttachments, openAttachment } from '../../platform/records/attachments.ts';
import { openTasks } from '../../platform/records/manual-tasks.ts';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import { openTestApi } from './api-fixture.ts';
import type { Body, Reply, TestApi } from './api-fixture.ts';
import { ONE_OFF, accessRequest, move } from './filing.ts';
import { inRole } from '../support/database.ts';

const MAX_BYTES = 3_000_000;
const PDF = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(2_500_000)]);
const NAME = 'Letter of Ada Lovelace, §3.pdf';

let api: TestApi;
let worker: Database;
beforeAll(async () => {
  api = await openTestApi();
  Object.assign(api.deps.config.attachments, { maxBytes: MAX_BYTES });
  worker = openDatabase(inRole(api.database.url, 'steward_worker'));
});
afterAll(async () => {
  await worker.close();
  await api.close();
});

interface Task {
  readonly requestId: string;
  readonly taskId: string;
  readonly path: string;
}

/** A request with one search by hand, as its run opens it. */
async function opened(): Promise<Task> {
  const body = accessRequest({
    instruction: ONE_OFF,
    identities: [
      { type: 'email', value: 'ada@archive.test' },
      { type: 'phone_number', value: '+49 30 901820' },
    ],
  });
  const { body: request } = await api.call('POST', '/v1/requests', { body });
  const ref = { workspaceId: api.workspaceId, requestId: request.id };
  const task = { dataset: 'archive', title: 'Paper archive', instructions: 'Cellar, shelf 4.', assignee: undefined };
  await worker.withTenant(api.workspaceId, (trx) => openTasks(trx, ref, [{ ...task, identityTypes: ['email'] }]));
  const [first] = (await tasksOf(request.id)).body.items;
  const taskId = first?.id ?? '';
  return { requestId: request.id, taskId, path: `/v1/requests/${request.id}/tasks/${taskId}` };
}

const tasksOf = (requestId: string) => api.call('GET', `/v1/requests/${requestId}/tasks`);
const attachmentsOf = async (requestId: string) => {
  const [task] = (await tasksOf(requestId)).body.items;
  return task?.['attachments'] as readonly Body[];
};

async function attach(
  { path }: Task,
  content: Buffer | string = PDF,
  { type = 'application/pdf', name = NAME, headers = {} } = {},
): Promise<Reply> {
  const response = await fetch(new URL(`${path}/attachments`, api.url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${api.key}`,
      'content-type': type,
      'steward-file-name': encodeURIComponent(name),
      ...headers,
    },
    body: content,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

const close = ({ path }: Task, body: object, headers = {}) => api.call('POST', `${path}/close`, { body, headers });

async function storedUnder(requestId: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of api.deps.storage.list(`attachments/${api.workspaceId}/${requestId}/`)) keys.push(key);
  return keys;
}

describe('a search by hand', () => {
  it('is listed with what to do, and without any identifier', async () => {
    const { requestId } = await opened();
    const { body, text } = await tasksOf(requestId);
    expect(body.items).toMatchObject([
      { title: 'Paper archive', instructions: 'Cellar, shelf 4.', identityTypes: ['email'], status: 'open' },
    ]);
    expect(text).not.toContain('ada@archive.test');
  });

  it('reveals the identifiers that the system is searched by, and no others, and each look is on record', async () => {
    const task = await opened();
    const { body, headers } = await api.call('POST', `${task.path}/reveal`);
    expect(body.items).toEqual([{ type: 'email', format: 'raw', value: 'ada@archive.test' }]);
    expect(headers.get('cache-control')).toBe('no-store');
    const timeline = await api.call('GET', `/v1/requests/${task.requestId}/timeline`);
    expect(timeline.body.items.map((item) => item['kind'])).toContain('identities_revealed');
    const { rows } = await api.database.pool.query(
      `SELECT details::text FROM steward.audit_events WHERE action = 'task.identities_revealed' AND subject_id = $1`,
      [task.requestId],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0].details).not.toContain('ada@archive.test');
  });

  it('is closed once, tells the run, and is over then', async () => {
    const task = await opened();
    await attach(task);
    const headers = { 'Idempotency-Key': 'close-once' };
    for (let n = 0; n < 2; n += 1) expect((await close(task, { outcome: 'found' }, headers)).status).toBe(202);
    expect(api.temporal.signals.filter((signal) => signal.startsWith(task.requestId))).toEqual([
      `${task.requestId} reviewed`,
    ]);
    expect((await close(task, { outcome: 'found' })).status).toBe(409);
    expect((await api.call('POST', `${task.path}/reveal`)).status).toBe(409);
    expect((await attach(task)).status).toBe(409);
  });

  it('cannot be closed against what is attached', async () => {
    const task = await opened();
    expect((await close(task, { outcome: 'found' })).status).toBe(409);
    await attach(task);
    expect((await close(task, { outcome: 'nothing_found' })).status).toBe(409);
  });

  it('ends with its request, and is not another workspace’s to see', async () => {
    const task = await opened();
    const foreign = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    for (const path of [`/v1/requests/${task.requestId}/tasks`])
      expect((await api.call('GET', path, { key: foreign.token })).status).toBe(404);
    expect((await api.call('POST', `${task.path}/reveal`, { key: foreign.token })).status).toBe(404);
    await move(api, task.requestId, 'cancelled', 'withdrawn');
    expect((await close(task, { outcome: 'nothing_found' })).status).toBe(409);
  });
});

describe('a file that was found', () => {
  it('is kept sealed, its name too, and opens as it was', async () => {
    const task = await opened();
    const reply = await attach(task);
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ name: NAME, mediaType: 'application/pdf', bytes: PDF.length });
    expect(await attachmentsOf(task.requestId)).toMatchObject([{ id: reply.body.id, name: NAME }]);

    const [key = ''] = await storedUnder(task.requestId);
    const stored = await buffer((await api.deps.storage.get(key)).stream);
    expect(stored.includes('%PDF')).toBe(false);
    const { rows } = await api.database.pool.query('SELECT * FROM steward.attachments WHERE id = $1', [reply.body.id]);
    expect(JSON.stringify(rows) + String(rows[0].sealed_name)).not.toContain('Lovelace');
    expect(api.log.join('\n')).not.toContain('Lovelace');
    const content = await worker.withTenant(api.workspaceId, async (trx) => {
      const ref = { workspaceId: api.workspaceId, requestId: task.requestId };
      const [found] = await findAttachments(trx, api.deps.ring, ref);
      const request = await trx('requests').where({ id: task.requestId }).first<{ data_key_id: string }>();
      const dataKey = await openDataKey(trx, api.deps.ring, api.workspaceId, request.data_key_id);
      return found ? buffer(await openAttachment(api.deps.storage, dataKey, found)) : undefined;
    });
    expect(content?.equals(PDF)).toBe(true);
  });

  it('is there once under one idempotency key, and another file under it is refused', async () => {
    const task = await opened();
    const headers = { 'idempotency-key': 'attach-once' };
    const [first, second] = [await attach(task, PDF, { headers }), await attach(task, PDF, { headers })];
    expect(second.body.id).toBe(first.body.id);
    expect((await attach(task, '%PDF-1.4 another', { headers })).status).toBe(409);
    expect(await storedUnder(task.requestId)).toHaveLength(1);
    expect(await attachmentsOf(task.requestId)).toHaveLength(1);
  });

  it('can be taken away while the task is open', async () => {
    const task = await opened();
    const { body } = await attach(task);
    expect((await api.call('DELETE', `${task.path}/attachments/${body.id}`)).status).toBe(204);
    expect((await api.call('DELETE', `${task.path}/attachments/${body.id}`)).status).toBe(404);
    expect(await attachmentsOf(task.requestId)).toEqual([]);
    expect(await storedUnder(task.requestId)).toEqual([]);
  });

  const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);
  it.each([
    ['a picture', PNG, 'image/png'],
    ['text in UTF-8', 'Müller; Ελένη', 'text/plain; charset=utf-8'],
    ['a table', 'a,b\n1,2\n', 'text/csv'],
    ['a document', Buffer.from('PK\u0003\u0004 word'), 'application/vnd.oasis.opendocument.text'],
  ])('may be %s', async (_what, content, type) => {
    expect((await attach(await opened(), content, { type })).status).toBe(201);
  });

  it.each([
    ['a program', Buffer.from('MZ\u0090\u0000'), 'application/x-msdownload', 415, 'unsupported-file'],
    ['a program that calls itself a PDF', Buffer.from('MZ\u0090\u0000'), 'application/pdf', 415, 'unsupported-file'],
    ['bytes that call themselves text', Buffer.from([0x41, 0xff, 0xfe]), 'text/plain', 415, 'unsupported-file'],
    ['text with a NUL', Buffer.from('a\u0000b'), 'text/csv', 415, 'unsupported-file'],
    ['text that ends inside a letter', Buffer.from([0x41, 0xc3]), 'text/plain', 415, 'unsupported-file'],
    ['nothing', '', 'application/pdf', 422, 'invalid-input'],
    ['more than the limit', Buffer.alloc(MAX_BYTES + 1, 'a'), 'text/plain', 413, 'body-too-large'],
  ])('may not be %s', async (_what, content, type, status, problem) => {
    const task = await opened();
    const reply = await attach(task, content, { type });
    expect([reply.status, reply.body['type']]).toEqual([status, `/docs/problems#${problem}`]);
    expect(await storedUnder(task.requestId)).toEqual([]);
    expect(await attachmentsOf(task.requestId)).toEqual([]);
  });

  it.each(['', '   ', '..', '../etc/passwd', 'a\\b.pdf', 'a\u202Efdp.exe', 'x'.repeat(201), 'line\nbreak'])(
    'may not be called %j',
    async (name) => {
      expect((await attach(await opened(), PDF, { name })).status).toBe(422);
    },
  );

  it('of unknown length stops at the limit', async () => {
    const task = await opened();
    const upload = httpRequest(new URL(`${task.path}/attachments`, api.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'text/plain', 'steward-file-name': 'a.txt' },
    });
    upload.write(Buffer.alloc(MAX_BYTES, 'a'));
    upload.end('b');
    const [response] = (await once(upload, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(413);
    expect(await storedUnder(task.requestId)).toEqual([]);
  });

  it('that is broken off leaves nothing', async () => {
    const task = await opened();
    const upload = httpRequest(new URL(`${task.path}/attachments`, api.url), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${api.key}`,
        'content-type': 'text/plain',
        'steward-file-name': 'a.txt',
        'content-length': '1000',
      },
    });
    upload.on('error', () => undefined);
    const before = api.log.length;
    await new Promise((resolve) => upload.write('half', resolve));
    upload.destroy();
    await expect.poll(() => api.log.length).toBeGreaterThan(before);
    await expect.poll(() => storedUnder(task.requestId)).toEqual([]);
    expect(await attachmentsOf(task.requestId)).toEqual([]);
  });
});
