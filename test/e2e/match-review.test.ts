import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import yauzl from 'yauzl';
import { ApiClient, download } from '../../cli/api-client.ts';
import { CORRESPONDENT, SHOWCASE_PERSON, personAt } from '../../dev/sample-crm/people.ts';
import { accessRequest, controllerKey, fileRequest, inStatus, newLink, waitForRequest } from '../support/steward.ts';

const { endpoints } = inject('stack');
const maya = { type: 'email', value: SHOWCASE_PERSON.email };
/** The number of somebody with whom she writes. */
const othersPhone = { type: 'phone_number', value: `+1${personAt(1, 1).phone}` };

interface MatchPage {
  readonly items: readonly { readonly id: string; readonly hint: { readonly name: string } | null }[];
}

let client: ApiClient;
let folder: string;
beforeAll(async () => {
  const scopes = ['requests:read', 'requests:write', 'requests:review', 'packages:read', 'packages:deliver'] as const;
  const apiKey = await controllerKey(endpoints, SHOWCASE_PERSON.workspaceId, [...scopes, 'instructions:write']);
  client = new ApiClient({ baseUrl: endpoints.api, apiKey });
  folder = await mkdtemp(join(tmpdir(), 'steward-matches-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function textsOf(requestId: string): Promise<string> {
  const file = join(folder, `${requestId}.zip`);
  await download((await newLink(client, requestId)).url, file);
  const texts: string[] = [];
  const zip = await yauzl.openPromise(file);
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.startsWith('data/'))
      texts.push((await buffer(await zip.openReadStreamPromise(entry))).toString());
  }
  return texts.join('\n');
}

describe('a request that also names the number of somebody else', () => {
  it('waits for a review of whom that number finds, and hands over nothing of theirs when they are rejected', async () => {
    const { id } = await fileRequest(client, accessRequest([maya, othersPhone]));
    const waiting = await waitForRequest(client, id, inStatus('reviewing_matches'));
    const { items } = await client.get<MatchPage>(`/v1/requests/${id}/matches?review=pending&limit=200`);
    expect(items.length).toBeGreaterThan(2);
    for (const { hint } of items) expect(hint?.name).toMatch(/^(T\. O\.)?$/);
    await client.post(`/v1/requests/${id}/matches/decisions`, {
      decisions: items.map(({ id: matchId }) => ({ matchId, decision: 'rejected' })),
    });
    const { outcome, counts } = await waitForRequest(client, id, inStatus('completed'));
    expect(outcome).toBe('fulfilled');
    expect(counts).toEqual(waiting.counts);
    const text = await textsOf(id);
    expect(text).not.toContain(CORRESPONDENT.email);
    expect(text).not.toContain(CORRESPONDENT.marker);
    expect(text).toContain('buys with her');
  });
});

describe('a request by the digest of an address', () => {
  it.each(['sha1', 'md5', 'sha256'] as const)('of %s comes to the same as one by the address', async (format) => {
    const value = createHash(format).update(SHOWCASE_PERSON.email).digest('hex');
    const [raw, hashed] = await Promise.all([
      fileRequest(client, accessRequest([maya])),
      fileRequest(client, accessRequest([{ type: 'email', value, format }])),
    ]);
    const [plain, found] = await Promise.all(
      [raw, hashed].map(({ id }) => waitForRequest(client, id, inStatus('completed'))),
    );
    expect(found?.outcome).toBe('fulfilled');
    expect(found?.counts).toEqual(plain?.counts);
  });
});
