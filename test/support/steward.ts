/** The running stack as a test sees it: clients of its API, and ways to wait for what a request comes to. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient, ApiProblem } from '../../cli/api-client.ts';
import type { Scope } from '../../domain/parties.ts';
import type { Identity } from '../../domain/identities.ts';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import type { Endpoints } from '../../dev/endpoints.ts';

export interface RequestView {
  readonly id: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly counts: readonly { readonly source: string; readonly collection: string; readonly rows: number }[];
  readonly blockedBy: string | null;
}

interface PackageView {
  readonly id: string;
  readonly bytes: number;
  readonly rows: number;
  readonly files: number;
}

const ALL_OF_A_CONTROLLER: readonly Scope[] = [
  'requests:read',
  'requests:write',
  'packages:read',
  'packages:deliver',
  'instructions:read',
  'instructions:write',
];

async function adminClient(endpoints: Endpoints, workspaceId?: string): Promise<ApiClient> {
  const apiKey = (await readFile(endpoints.adminKeyFile, 'utf8')).trim();
  return new ApiClient({ baseUrl: endpoints.api, apiKey, ...(workspaceId === undefined ? {} : { workspaceId }) });
}

/** The principal of the administrator's key. */
export async function administratorId(endpoints: Endpoints): Promise<string> {
  const { items } = await (await adminClient(endpoints)).get<{ items: { principalId: string }[] }>('/v1/api-keys');
  const [first] = items;
  if (first === undefined) throw new Error('The administrator has no key.');
  return first.principalId;
}

/** The secret of a new key of the customer whose workspace it is. */
export async function controllerKey(
  endpoints: Endpoints,
  workspaceId: string = SHOWCASE_PERSON.workspaceId,
  scopes: readonly Scope[] = ALL_OF_A_CONTROLLER,
): Promise<string> {
  const admin = await adminClient(endpoints, workspaceId);
  const { secret } = await admin.post<{ secret: string }>('/v1/api-keys', {
    name: 'a test',
    party: 'controller',
    scopes,
  });
  return secret;
}

export async function controllerClient(endpoints: Endpoints, workspaceId?: string): Promise<ApiClient> {
  return new ApiClient({ baseUrl: endpoints.api, apiKey: await controllerKey(endpoints, workspaceId) });
}

const INSTRUCTION = {
  source: 'support_request',
  attestation: { text: 'The identity was verified; export what is held.', attestedBy: 'Privacy desk' },
};

export function accessRequest(identities: readonly Identity[], more: object = {}): object {
  return {
    type: 'access',
    regime: 'gdpr',
    receivedByControllerAt: new Date().toISOString(),
    identities,
    instruction: INSTRUCTION,
    ...more,
  };
}

export function erasureRequest(identities: readonly Identity[], more: object = {}): object {
  return {
    type: 'erasure',
    regime: 'gdpr',
    receivedByControllerAt: new Date().toISOString(),
    identities,
    instruction: {
      source: 'support_request',
      attestation: { text: 'The identity was verified; erase what is held.', attestedBy: 'Privacy desk' },
    },
    ...more,
  };
}

export function fileRequest(client: ApiClient, body: object, key: string = randomUUID()): Promise<RequestView> {
  return client.post<RequestView>('/v1/requests', body, key);
}

/** What came back a moment ago may still have to find its connections again: a 503 says to come back, and one does. */
export async function whenServed<T>(call: () => Promise<T>, timeoutMs = 30_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 503 || Date.now() > deadline) throw error;
      await delay(100);
    }
  }
}

/** Asks until `done`, which is a condition on the request's state and not a guess at a time. */
export async function waitForRequest(
  client: ApiClient,
  id: string,
  done: (request: RequestView) => boolean,
  timeoutMs = 60_000,
): Promise<RequestView> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const request = await whenServed(() => client.get<RequestView>(`/v1/requests/${id}`));
    if (done(request)) return request;
    if (Date.now() > deadline) throw new Error(`The request is still ${request.status} after ${timeoutMs} ms.`);
    await delay(100);
  }
}

export const inStatus =
  (...statuses: readonly string[]) =>
  ({ status }: RequestView): boolean =>
    statuses.includes(status);

export async function newLink(
  client: ApiClient,
  requestId: string,
  more: object = {},
): Promise<{ id: string; url: string }> {
  const { id } = await client.get<PackageView>(`/v1/requests/${requestId}/package`);
  return client.post<{ id: string; url: string }>(`/v1/packages/${id}/links`, { recipient: 'a test', ...more });
}

/** Where a review stands that people are asked about. */
interface ReviewView {
  readonly generation: number;
  readonly state: string;
  readonly pending: number;
  readonly peopleNeeded: number;
}

/** Approves what waits, as one person after the other, until nothing waits any more. */
export async function approveAll(people: readonly ApiClient[], requestId: string): Promise<number> {
  let said = 0;
  for (const person of people) {
    const review = await person.get<ReviewView>(`/v1/requests/${requestId}/review`);
    if (review.pending === 0) break;
    const { generation } = review;
    await person.post(`/v1/requests/${requestId}/review/approve`, { generation }, randomUUID());
    said += 1;
  }
  return said;
}
