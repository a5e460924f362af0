import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import type { JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import yauzl from 'yauzl';
import { ApiProblem, download } from '../../cli/api-client.ts';
import type { ApiClient } from '../../cli/api-client.ts';
import { ABSENT_EMAIL, SHOWCASE_PERSON, personAt } from '../../dev/sample-crm/people.ts';
import { MISSING_OBJECT_INDEX } from '../../dev/sample-crm/document-rows.ts';
import type { Manifest } from '../../domain/manifest.ts';
import { verifyPackageFile } from '../../platform/package-verification.ts';
import { accessRequest, controllerClient, fileRequest, inStatus, newLink, waitForRequest } from '../support/steward.ts';

const { endpoints } = inject('stack');
const maya = [{ type: 'email', value: SHOWCASE_PERSON.email }];
let client: ApiClient;
let folder: string;

beforeAll(async () => {
  client = await controllerClient(endpoints);
  folder = await mkdtemp(join(tmpdir(), 'steward-packages-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function completed(body: object) {
  const { id } = await fileRequest(client, body);
  return waitForRequest(client, id, inStatus('completed'));
}

async function fetchPackage(requestId: string): Promise<string> {
  const { url } = await newLink(client, requestId);
  const file = join(folder, `${requestId}.zip`);
  await download(url, file);
  return file;
}

async function keys(): Promise<JSONWebKeySet> {
  return (await (await fetch(`${endpoints.api}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
}

async function manifestOf(file: string): Promise<Manifest> {
  const report = await verifyPackageFile(file, await keys());
  expect(report.problems).toEqual([]);
  if (report.manifest === undefined) throw new Error('A package that verifies has a manifest.');
  return report.manifest;
}

/** Every entry's text, by path. */
async function textsOf(file: string): Promise<Map<string, string>> {
  const zip = await yauzl.openPromise(file);
  const texts = new Map<string, string>();
  for await (const entry of zip.eachEntry()) {
    texts.set(entry.fileName, (await buffer(await zip.openReadStreamPromise(entry))).toString('latin1'));
  }
  return texts;
}

const rowsIn = (manifest: Manifest, collection: string) =>
  manifest.collections.find((each) => each.collection === `crm.${collection}`)?.rows ?? 0;

describe('an access request for a lead', () => {
  it('ends in a package that verifies and holds what every kind of record has of the person', async () => {
    const request = await completed(accessRequest(maya));
    expect(request.outcome).toBe('fulfilled');
    const manifest = await manifestOf(await fetchPackage(request.id));
    for (const collection of ['contacts', 'leads', 'clients', 'signers', 'students', 'prospects']) {
      expect(rowsIn(manifest, collection), collection).toBeGreaterThan(0);
    }
    expect(manifest.totals.files).toBeGreaterThan(0);
    expect(manifest.totals.rows).toBe(manifest.collections.reduce((sum, { rows }) => sum + rows, 0));
    expect(request.counts.reduce((sum, { rows }) => sum + rows, 0)).toBe(manifest.totals.rows);
  });

  it('finds the same records by another spelling of the e-mail address', async () => {
    const [plain, tagged] = await Promise.all([
      completed(accessRequest(maya)),
      completed(accessRequest([{ type: 'email', value: SHOWCASE_PERSON.email.toUpperCase().replace('@', '+News@') }])),
    ]);
    expect(tagged.counts).toEqual(plain.counts);
  });

  it('finds the person by phone number and by external id', async () => {
    const found = await Promise.all([
      completed(accessRequest([{ type: 'phone_number', value: SHOWCASE_PERSON.phone }])),
      completed(accessRequest([{ type: 'external_id', value: SHOWCASE_PERSON.externalId }])),
    ]);
    for (const { outcome, counts } of found) {
      expect(outcome).toBe('fulfilled');
      expect(counts.some(({ collection, rows }) => collection.endsWith('leads') && rows > 0)).toBe(true);
    }
  });

  it('never shows what another workspace holds under the same address', async () => {
    const [here, there] = await Promise.all([
      completed(accessRequest(maya))
        .then(({ id }) => fetchPackage(id))
        .then(textsOf),
      otherWorkspace(),
    ]);
    expect(there.outcome).toBe('fulfilled');
    for (const [path, text] of here) expect(text.includes(SHOWCASE_PERSON.elsewhere.marker), path).toBe(false);
    expect([...there.texts.values()].some((text) => text.includes(SHOWCASE_PERSON.elsewhere.marker))).toBe(true);
  });

  async function otherWorkspace() {
    const other = await controllerClient(endpoints, SHOWCASE_PERSON.elsewhere.workspaceId);
    const { id } = await fileRequest(other, accessRequest(maya));
    const { outcome } = await waitForRequest(other, id, inStatus('completed'));
    const file = join(folder, `${id}.zip`);
    await download((await newLink(other, id)).url, file);
    return { outcome, texts: await textsOf(file) };
  }

  it("is delivered encrypted to the controller's key when the request names one", async () => {
    const identity = await generateIdentity();
    const request = await completed(accessRequest(maya, { ageRecipient: await identityToRecipient(identity) }));
    const sealed = await readFile(await fetchPackage(request.id));
    expect(sealed.subarray(0, 21).toString()).toBe('age-encryption.org/v1');
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const opened = join(folder, `${request.id}.opened.zip`);
    await writeFile(opened, await decrypter.decrypt(sealed));
    expect((await manifestOf(opened)).requestId).toBe(request.id);
  });
});

describe('a file that the store has lost', () => {
  it('is listed as missing, and the package is made all the same', async () => {
    const { email } = personAt(1, MISSING_OBJECT_INDEX);
    const request = await completed(accessRequest([{ type: 'email', value: email }]));
    const manifest = await manifestOf(await fetchPackage(request.id));
    expect(manifest.missing).toHaveLength(1);
    expect(manifest.totals.missingFiles).toBe(1);
    expect(manifest.totals.files).toBeGreaterThan(0);
  });
});

describe('an access request for nobody', () => {
  it('ends completed, with an honest, empty package', async () => {
    const request = await completed(accessRequest([{ type: 'email', value: ABSENT_EMAIL }]));
    expect(request.outcome).toBe('no_data');
    const file = await fetchPackage(request.id);
    expect((await manifestOf(file)).totals.rows).toBe(0);
    expect((await textsOf(file)).get('index.html')).toContain('No records found');
  });
});

describe('a request without an instruction', () => {
  it('waits for one, and goes on when it has come', async () => {
    const { id } = await fileRequest(client, accessRequest(maya, { instruction: undefined }));
    await waitForRequest(client, id, inStatus('awaiting_instruction'));
    await client.post(`/v1/requests/${id}/instruction`, {
      source: 'support_request',
      attestation: { text: 'Go ahead.', attestedBy: 'Privacy desk' },
    });
    const request = await waitForRequest(client, id, inStatus('completed'));
    expect(request.outcome).toBe('fulfilled');
  });

  it('can be cancelled while it waits, and stays cancelled', async () => {
    const { id } = await fileRequest(client, accessRequest(maya, { instruction: undefined }));
    await waitForRequest(client, id, inStatus('awaiting_instruction'));
    await client.post(`/v1/requests/${id}/cancel`, {});
    const request = await waitForRequest(client, id, inStatus('cancelled'));
    expect(request.outcome).toBe('withdrawn');
    await expect(client.post(`/v1/requests/${id}/cancel`, {})).rejects.toMatchObject({ status: 409 });
  });
});

describe('a link', () => {
  it('stops working when it is used up, and when it is revoked', async () => {
    const request = await completed(accessRequest(maya));
    const once = await newLink(client, request.id, { maxDownloads: 1 });
    const revoked = await newLink(client, request.id);
    await download(once.url, join(folder, 'once.zip'));
    await client.delete(`/v1/links/${revoked.id}`);
    for (const { url } of [once, revoked]) {
      const refusal = await download(url, join(folder, 'never.zip')).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(ApiProblem);
      expect((refusal as ApiProblem).status).toBe(410);
    }
  });

  it('reaches the controller by mail, without a word about the person', async () => {
    const request = await completed(accessRequest(maya));
    const messages = (await (await fetch(`${endpoints.mail.web}/messages`)).json()) as {
      id: string;
      subject: string;
    }[];
    const mine = messages.filter(({ subject }) => subject.includes(request.id));
    expect(mine.length).toBeGreaterThanOrEqual(2);
    for (const { id } of mine) {
      const text = await (await fetch(`${endpoints.mail.web}/messages/${encodeURIComponent(id)}`)).text();
      for (const word of SHOWCASE_PERSON.traces) expect(text.toLowerCase()).not.toContain(word.toLowerCase());
    }
  });
});
