import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { dataSubjectRequestId } from '../../domain/ids.ts';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import { openPlainNamespace } from '../support/plain-namespace.ts';
import type { PlainNamespace } from '../support/plain-namespace.ts';
import {
  accessRequest,
  administratorId,
  controllerClient,
  fileRequest,
  inStatus,
  waitForRequest,
} from '../support/steward.ts';

const { endpoints, home, configFile } = inject('stack');
const identities = [
  { type: 'email', value: SHOWCASE_PERSON.email },
  { type: 'phone_number', value: SHOWCASE_PERSON.phone },
  { type: 'external_id', value: SHOWCASE_PERSON.externalId },
];
/** In any writing that a log or a database could hold them in. */
const traces = [...SHOWCASE_PERSON.traces, SHOWCASE_PERSON.externalId].flatMap((word) => [
  word,
  word.toLowerCase(),
  Buffer.from(word).toString('base64').replace(/=+$/, ''),
]);

let plain: PlainNamespace;
let encryptedId: string;
let plainId: string;

beforeAll(async () => {
  const client = await controllerClient(endpoints);
  plain = await openPlainNamespace(configFile, await administratorId(endpoints));
  encryptedId = (await fileRequest(client, accessRequest(identities))).id;
  plainId = await plain.file(identities, { instructed: true });
  await waitForRequest(client, encryptedId, inStatus('completed'));
  await plain.waitFor(plainId, 'completed');
  await plain.temporal.client.workflow.getHandle(dataSubjectRequestId(plainId)).result();
});

afterAll(() => plain.close());

const found = (bytes: Buffer) => traces.filter((word) => bytes.includes(word));

/** The database and what it has not yet taken over from its log. */
async function temporalBytes(): Promise<Buffer> {
  const files = (await readdir(home)).filter((name) => /^temporal\.db(-wal)?$/.test(name));
  return Buffer.concat(await Promise.all(files.map((name) => readFile(join(home, name)))));
}

describe("the bytes of Temporal's database", () => {
  it('hold the runs in the clear where the codec is left out, so that the search can find something', async () => {
    const bytes = await temporalBytes();
    expect(bytes.includes(`"requestId":"${plainId}"`)).toBe(true);
    expect(bytes.includes(`"requestId":"${encryptedId}"`)).toBe(false);
    expect(bytes.includes(dataSubjectRequestId(encryptedId))).toBe(true);
  });

  it('hold nothing of the person, with the codec and without it', async () => {
    expect(found(await temporalBytes())).toEqual([]);
  });

  it('hold the sentences for operators in the clear', async () => {
    expect((await temporalBytes()).includes(`Access request ${encryptedId} under gdpr, due `)).toBe(true);
  });
});

describe('what is written about the work', () => {
  it('holds nothing of the person in any log', async () => {
    const logs = await readdir(join(home, 'logs'));
    expect(logs.length).toBeGreaterThanOrEqual(4);
    for (const name of logs) expect(found(await readFile(join(home, 'logs', name))), name).toEqual([]);
  });

  it('holds nothing of the person, and no id, in any metric', async () => {
    for (const url of Object.values(endpoints.metrics)) {
      const text = await (await fetch(url)).text();
      expect(text).toContain('# TYPE');
      expect(found(Buffer.from(text)), url).toEqual([]);
      expect(text.includes(encryptedId), url).toBe(false);
    }
  });
});
