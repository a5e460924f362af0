import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import protocol from '@temporalio/proto';
import type { WorkflowExecutionInfo } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient } from '../../cli/api-client.ts';
import { SHOWCASE_PERSON, personAt, phoneWritings } from '../../dev/sample-crm/people.ts';
import type { Person } from '../../dev/sample-crm/people.ts';
import { dataSubjectRequestId, holdPlacementId, holdReleaseId } from '../../domain/ids.ts';
import { SCOPES } from '../../domain/parties.ts';
import { loadConfig } from '../../platform/config.ts';
import { loadKeyRing } from '../../platform/key-ring.ts';
import { openTemporal } from '../../platform/temporal/client.ts';
import type { Temporal } from '../../platform/temporal/client.ts';
import { withAdmin } from '../support/administrator.ts';
import { collect } from '../support/collect.ts';
import { openPlainNamespace } from '../support/plain-namespace.ts';
import type { PlainNamespace } from '../support/plain-namespace.ts';
import { PlainRequests } from '../support/plain-requests.ts';
import {
  accessRequest,
  administratorId,
  approveAll,
  controllerKey,
  erasureRequest,
  fileRequest,
  inStatus,
  waitForRequest,
} from '../support/steward.ts';

const { endpoints, home, configFile, adminUrl } = inject('stack');
const { workspaceId } = SHOWCASE_PERSON;
const maya = [
  { type: 'email', value: SHOWCASE_PERSON.email },
  { type: 'phone_number', value: SHOWCASE_PERSON.phone },
  { type: 'external_id', value: SHOWCASE_PERSON.externalId },
];
/** Two who have objects in the store, whom nothing else is about; both are gone afterwards. */
const ERASED = [personAt(1, 163), personAt(1, 203)] as const;
/** What people write of somebody in words of their own, where a matter or a reason is asked for. */
const wordsAbout = ({ firstName, lastName, email }: Person) => `Spoke with ${firstName} ${lastName}, ${email}.`;
const MATTER = `About ${SHOWCASE_PERSON.name}, ${SHOWCASE_PERSON.email}`;
const ENDED = ['completed', 'partially_completed'] as const;

/** In any writing that a log or a database could hold them in. */
const traces = [
  ...SHOWCASE_PERSON.traces,
  SHOWCASE_PERSON.externalId,
  ...ERASED.flatMap(({ email, spellings, phone, externalId, firstName, lastName }) => [
    ...[email, ...spellings, phone, ...phoneWritings(phone), externalId],
    `${firstName} ${lastName}`,
  ]),
].flatMap((word) => [word, word.toLowerCase(), Buffer.from(word).toString('base64').replace(/=+$/, '')]);

let plain: PlainNamespace;
let encrypted: Temporal;
/** Ids of what was done, with the codec and without it. */
let withCodec: Done;
let without: Done;

interface Done {
  readonly access: string;
  readonly hold: string;
  readonly erasure: string;
}

beforeAll(async () => {
  const { temporal, keys } = loadConfig({ STEWARD_CONFIG: configFile });
  encrypted = openTemporal(temporal, await loadKeyRing(keys.file));
  plain = await openPlainNamespace(configFile, await administratorId(endpoints));
  await withAdmin(adminUrl, 'steward', async (client) => {
    await client.query('UPDATE steward.workspaces SET cooling_off_days = 0 WHERE id = $1', [workspaceId]);
  });
  // A hold has open reviews look again, so the erasures come when both holds are over.
  const holds = await Promise.all([holdByApi(), holdPlainly(new PlainRequests(plain))]);
  [withCodec, without] = await Promise.all([workByApi(holds[0]), workPlainly(new PlainRequests(plain), holds[1])]);
});

afterAll(() => Promise.all([plain.close(), encrypted.close()]));

async function person(): Promise<ApiClient> {
  const scopes = SCOPES.filter((scope) => scope !== 'payloads:decode');
  return new ApiClient({ baseUrl: endpoints.api, apiKey: await controllerKey(endpoints, workspaceId, scopes) });
}

async function holdByApi(): Promise<string> {
  const [first, second] = [await person(), await person()];
  const { id } = await first.post<{ id: string }>('/v1/holds', {
    scope: { subject: maya },
    matter: MATTER,
    authority: 'General counsel',
    purpose: 'legal',
  });
  await encrypted.client.workflow.getHandle(holdPlacementId(id)).result();
  await second.post(`/v1/holds/${id}/release`, { reason: `${MATTER} is settled.` });
  await encrypted.client.workflow.getHandle(holdReleaseId(id)).result();
  return id;
}

async function holdPlainly(requests: PlainRequests): Promise<string> {
  const id = await requests.placeHold(maya, MATTER);
  await plain.temporal.client.workflow.getHandle(holdPlacementId(id)).result();
  await requests.releaseHold(id, `${MATTER} is settled.`);
  await plain.temporal.client.workflow.getHandle(holdReleaseId(id)).result();
  return id;
}

async function workByApi(hold: string): Promise<Done> {
  const people = [await person(), await person()] as const;
  const [client] = people;
  const [gone] = ERASED;
  const access = await fileRequest(client, accessRequest(maya));
  const note = wordsAbout(gone);
  const erasure = await fileRequest(client, erasureRequest([{ type: 'email', value: gone.email }], { note }));
  await waitForRequest(client, erasure.id, inStatus('awaiting_approval'));
  await approveAll(people, erasure.id);
  await waitForRequest(client, erasure.id, inStatus(...ENDED));
  await waitForRequest(client, access.id, inStatus('completed'));
  return { access: access.id, hold, erasure: erasure.id };
}

async function workPlainly(requests: PlainRequests, hold: string): Promise<Done> {
  const [, gone] = ERASED;
  const access = await requests.file(maya);
  const erasure = await requests.file([{ type: 'email', value: gone.email }], { type: 'erasure' });
  await requests.decideReview(erasure, 'approve', wordsAbout(gone));
  await requests.waitFor(erasure, ...ENDED);
  await requests.waitFor(access, 'completed');
  for (const id of [access, erasure]) await plain.temporal.client.workflow.getHandle(dataSubjectRequestId(id)).result();
  return { access, hold, erasure };
}

const found = (bytes: Buffer) => traces.filter((word) => bytes.includes(word));
const isFound = (text: string) => found(Buffer.from(text));

/** The database and what it has not yet taken over from its log. */
async function temporalBytes(): Promise<Buffer> {
  const files = (await readdir(home)).filter((name) => /^temporal\.db(-wal)?$/.test(name));
  return Buffer.concat(await Promise.all(files.map((name) => readFile(join(home, name)))));
}

async function everyRun({ client }: Temporal): Promise<readonly WorkflowExecutionInfo[]> {
  return collect(client.workflow.list());
}

async function historyOf({ client }: Temporal, { workflowId, runId }: WorkflowExecutionInfo): Promise<Buffer> {
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  return Buffer.from(protocol.temporal.api.history.v1.History.encode(history).finish());
}

it('works on somebody of whom something is erased and something is kept, so that there is something to leak', async () => {
  for (const { erasure } of [withCodec, without]) {
    const { rows } = await withAdmin(adminUrl, 'steward', (client) =>
      client.query<{ audience: string }>('SELECT audience FROM steward.certificates WHERE request_id = $1', [erasure]),
    );
    expect(rows.map(({ audience }) => audience).toSorted()).toEqual(['controller', 'processor', 'subject']);
  }
  const gone = await withAdmin(adminUrl, 'crm', (client) =>
    client.query('SELECT FROM app.contacts WHERE email = ANY ($1)', [ERASED.flatMap(({ spellings }) => spellings)]),
  );
  expect(gone.rowCount).toBe(0);
});

describe("the bytes of Temporal's database", () => {
  it('hold the runs in the clear where the codec is left out, so that the search can find something', async () => {
    const bytes = await temporalBytes();
    for (const id of [without.access, without.erasure]) expect(bytes.includes(`"requestId":"${id}"`)).toBe(true);
    for (const id of [withCodec.access, withCodec.erasure]) {
      expect(bytes.includes(`"requestId":"${id}"`)).toBe(false);
      expect(bytes.includes(dataSubjectRequestId(id))).toBe(true);
    }
    expect(bytes.includes(`"holdId":"${without.hold}"`)).toBe(true);
  });

  it('hold nothing of the people, with the codec and without it', async () => {
    expect(found(await temporalBytes())).toEqual([]);
  });

  it('hold the sentences for operators in the clear', async () => {
    const bytes = await temporalBytes();
    expect(bytes.includes(`Access request ${withCodec.access} under gdpr, due `)).toBe(true);
    expect(bytes.includes(`Erasure request ${withCodec.erasure} under gdpr, due `)).toBe(true);
  });
});

describe('what Temporal shows of the runs', () => {
  it('holds nothing of the people in any id, search attribute, memo or event', async () => {
    const ids: string[] = [];
    for (const temporal of [encrypted, plain.temporal]) {
      for (const run of await everyRun(temporal)) {
        ids.push(run.workflowId);
        const { workflowId, memo, searchAttributes } = run;
        expect(isFound(JSON.stringify({ workflowId, memo, searchAttributes })), workflowId).toEqual([]);
        expect(found(await historyOf(temporal, run)), workflowId).toEqual([]);
      }
    }
    for (const { access, hold, erasure } of [withCodec, without])
      expect(ids).toEqual(
        expect.arrayContaining([
          ...[dataSubjectRequestId(access), dataSubjectRequestId(erasure)],
          ...[holdPlacementId(hold), holdReleaseId(hold)],
        ]),
      );
  });
});

describe('what is written about the work', () => {
  it('holds nothing of the people in any log', async () => {
    const logs = await readdir(join(home, 'logs'));
    expect(logs.length).toBeGreaterThanOrEqual(4);
    for (const name of logs) expect(found(await readFile(join(home, 'logs', name))), name).toEqual([]);
  });

  it('holds nothing of the people in any mail', async () => {
    const mails = await readdir(join(home, 'mail'));
    expect(mails.length).toBeGreaterThan(0);
    for (const name of mails) expect(found(await readFile(join(home, 'mail', name))), name).toEqual([]);
  });

  it('holds nothing of the people, and no id, in any metric', async () => {
    for (const url of Object.values(endpoints.metrics)) {
      const text = await (await fetch(url)).text();
      expect(text).toContain('# TYPE');
      expect(isFound(text), url).toEqual([]);
      for (const { access, erasure, hold } of [withCodec, without])
        for (const id of [access, erasure, hold]) expect(text.includes(id), url).toBe(false);
    }
  });
});
