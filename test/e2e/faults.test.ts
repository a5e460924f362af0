import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from '../../cli/api-client.ts';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import { startStack } from '../../dev/stack.ts';
import type { Stack } from '../../dev/stack.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { accessRequest, controllerKey, fileRequest, inStatus, waitForRequest, whenServed } from '../support/steward.ts';

/** Faults need a stack of their own; it runs beside the shared one, on other ports. */
let home: string;
let stack: Stack;
let client: ApiClient;
let key: string;

const body = () => accessRequest([{ type: 'email', value: SHOWCASE_PERSON.email }]);

beforeAll(async () => {
  home = await temporaryHome();
  await bringUp();
  key = await controllerKey(stack.endpoints);
  client = new ApiClient({ baseUrl: stack.endpoints.api, apiKey: key });
});

afterAll(async () => {
  await stack.stop();
  await rm(home, { recursive: true, force: true });
});

async function bringUp(): Promise<void> {
  process.env['STEWARD_SAMPLE_PEOPLE'] = '60';
  stack = await startStack({ home, log: () => undefined });
}

/** The raw answer, for its headers. */
function post(requestBody: object, idempotencyKey: string): Promise<Response> {
  return fetch(`${stack.endpoints.api}/v1/requests`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
    body: JSON.stringify(requestBody),
  });
}

const count = async () => (await client.get<{ items: unknown[] }>('/v1/requests?limit=200')).items.length;

describe('while Temporal is away', () => {
  it('a filed request is answered 503, is started when Temporal is back, and is there once however often it is sent', async () => {
    const before = await count();
    const [once, idempotencyKey] = [body(), randomUUID()];
    await stack.children.stop('temporal');
    const refused = await post(once, idempotencyKey);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const { resourceId } = (await refused.json()) as { resourceId: string };
    expect((await post(once, idempotencyKey)).status).toBe(503);
    await stack.children.restartStopped('temporal');

    await waitForRequest(client, resourceId, inStatus('completed'));
    const repeated = await post(once, idempotencyKey);
    expect(repeated.status).toBe(202);
    expect(((await repeated.json()) as { id: string }).id).toBe(resourceId);
    expect(await count()).toBe(before + 1);
  });
});

describe('while PostgreSQL is away', () => {
  it('callers are told to come back, and a request that was under way goes on', async () => {
    const waiting = await fileRequest(
      client,
      accessRequest([{ type: 'email', value: SHOWCASE_PERSON.email }], { instruction: undefined }),
    );
    await waitForRequest(client, waiting.id, inStatus('awaiting_instruction'));
    await stack.children.stop('postgres');
    const refused = await post(body(), randomUUID());
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await stack.children.restartStopped('postgres');

    const attestation = { text: 'Go ahead.', attestedBy: 'Privacy desk' };
    const instruction = { source: 'support_request', attestation };
    await whenServed(() => client.post(`/v1/requests/${waiting.id}/instruction`, instruction));
    expect((await waitForRequest(client, waiting.id, inStatus('completed'))).outcome).toBe('fulfilled');
  });
});

describe('a worker that is killed', () => {
  it('while it works costs time and nothing else', async () => {
    const requests = await Promise.all([body(), body(), body()].map((each) => fileRequest(client, each)));
    await stack.children.kill('worker', 'SIGKILL');
    await stack.children.restartStopped('worker');
    for (const { id } of requests) {
      const request = await waitForRequest(client, id, inStatus('completed'), 150_000);
      expect(request.outcome).toBe('fulfilled');
    }
  }, 180_000);
});

describe('a stack that is stopped', () => {
  it('keeps a request that waits, and goes on with it when started again', async () => {
    const { id } = await fileRequest(
      client,
      accessRequest([{ type: 'email', value: SHOWCASE_PERSON.email }], { instruction: undefined }),
    );
    await waitForRequest(client, id, inStatus('awaiting_instruction'));
    await stack.stop();
    await bringUp();
    client = new ApiClient({ baseUrl: stack.endpoints.api, apiKey: key });
    const attestation = { text: 'Go ahead.', attestedBy: 'Privacy desk' };
    await client.post(`/v1/requests/${id}/instruction`, { source: 'support_request', attestation });
    expect((await waitForRequest(client, id, inStatus('completed'))).outcome).toBe('fulfilled');
  });
});
