import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import { dataSubjectRequestId } from '../../domain/ids.ts';
import { accessRequest, controllerClient, fileRequest, inStatus, waitForRequest } from '../support/steward.ts';

const { endpoints, home } = inject('stack');
const identity = `email=${SHOWCASE_PERSON.email}`;
let folder: string;
let connection: Connection;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-operator-'));
  connection = await Connection.connect({ address: endpoints.temporal });
});

afterAll(async () => {
  await connection.close();
  await rm(folder, { recursive: true });
});

/** Runs the command as an operator would; a non-zero exit answers too. */
async function steward(...args: readonly string[]): Promise<{ code: number; output: string }> {
  const env = { ...process.env, STEWARD_HOME: home, STEWARD_WORKSPACE: SHOWCASE_PERSON.workspaceId };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['cli/steward.ts', ...args], { env });
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

describe('the steward command', () => {
  let packageFile: string;

  it('files a request, shows it, and saves its package', async () => {
    const instruction = [
      '--source',
      'support_request',
      '--attestation',
      'Verified; export.',
      '--attested-by',
      'Privacy desk',
    ];
    const filed = await steward('request', 'file', '-i', identity, ...instruction);
    expect(filed.code).toBe(0);
    const { id } = JSON.parse(filed.output) as { id: string };
    await waitForRequest(await controllerClient(endpoints), id, inStatus('completed'));
    const shown = JSON.parse((await steward('request', 'show', id)).output) as { outcome: string };
    expect(shown.outcome).toBe('fulfilled');
    packageFile = join(folder, 'package.zip');
    expect((await steward('package', id, packageFile)).code).toBe(0);
  });

  it('verifies a package offline, with the public keys in a file', async () => {
    const keys = join(folder, 'keys.json');
    await writeFile(keys, await (await fetch(`${endpoints.api}/.well-known/jwks.json`)).text());
    const { code, output } = await steward('verify', packageFile, '--keys', keys);
    expect(output).toContain('the signature is good');
    expect(code).toBe(0);
  });

  it('finds one changed byte, and says where', async () => {
    const bytes = await readFile(packageFile);
    const at = bytes.indexOf('%PDF-1.4');
    expect(at).toBeGreaterThan(0);
    bytes.writeUInt8(bytes.readUInt8(at + 20) ^ 1, at + 20);
    const altered = join(folder, 'altered.zip');
    await writeFile(altered, bytes);
    const { code, output } = await steward('verify', altered);
    expect(code).toBe(1);
    expect(output).toContain('does NOT verify');
    expect(output).toMatch(/media\/.*\.pdf/);
  });

  it('refuses an identity that is none with the pointer to the field', async () => {
    const { code, output } = await steward('request', 'file', '-i', 'shoe_size=44');
    expect(code).toBe(1);
    expect(output).toContain('/identities/0/type');
  });

  it('signs an operator in once, for the payloads of the Temporal UI', async () => {
    const { output } = await steward('sign-in');
    const link = output.trim();
    const page = await fetch(link);
    expect(page.status).toBe(200);
    const signedIn = await fetch(link, { method: 'POST', redirect: 'manual' });
    const cookie = signedIn.headers.get('set-cookie') ?? '';
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Strict');
    const again = await fetch(link, { method: 'POST', redirect: 'manual' });
    expect(again.headers.get('set-cookie')).toBeNull();

    const { id } = await fileRequest(
      await controllerClient(endpoints),
      accessRequest([{ type: 'email', value: SHOWCASE_PERSON.email }]),
    );
    const payload = await inputOf(id);
    const decoded = await decode(payload, cookie);
    expect(Buffer.from(decoded, 'base64').toString()).toContain(id);
  });

  /** The first argument of a run, as the Temporal UI gets it. */
  async function inputOf(requestId: string): Promise<object> {
    const { history } = await connection.workflowService.getWorkflowExecutionHistory({
      namespace: endpoints.temporalNamespace,
      execution: { workflowId: dataSubjectRequestId(requestId) },
    });
    const [payload] = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    const metadata = Object.entries(payload?.metadata ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value).toString('base64'),
    ]);
    return { metadata: Object.fromEntries(metadata), data: Buffer.from(payload?.data ?? []).toString('base64') };
  }

  async function decode(payload: object, cookie: string): Promise<string> {
    const response = await fetch(`${endpoints.api}/codec/decode`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: endpoints.temporalUi,
        'x-namespace': endpoints.temporalNamespace,
        cookie: cookie.split(';')[0] ?? '',
      },
      body: JSON.stringify({ payloads: [payload] }),
    });
    expect(response.headers.get('access-control-allow-origin')).toBe(endpoints.temporalUi);
    const { payloads } = (await response.json()) as { payloads: { data: string }[] };
    return payloads[0]?.data ?? '';
  }
});

describe("the runbook's queries", () => {
  it('all run, and the first finds what waits for a person', async () => {
    const client = await controllerClient(endpoints);
    const { id } = await fileRequest(
      client,
      accessRequest([{ type: 'email', value: SHOWCASE_PERSON.email }], { instruction: undefined }),
    );
    await waitForRequest(client, id, inStatus('awaiting_instruction'));

    const runbook = await readFile('docs/runbook.md', 'utf8');
    const queries = [...runbook.matchAll(/^\| [^|]+\| `([^`]*(?:Steward|ExecutionStatus)[^`]*)`/gm)].map(
      ([, query]) => query ?? '',
    );
    expect(queries.length).toBeGreaterThanOrEqual(5);
    const temporal = new Client({ connection, namespace: endpoints.temporalNamespace });
    const idsFor = async (query: string) => {
      const ids: string[] = [];
      for await (const { workflowId } of temporal.workflow.list({ query })) ids.push(workflowId);
      return ids;
    };
    for (const query of queries) await idsFor(query);
    await expect.poll(() => idsFor(queries[0] ?? '')).toContain(dataSubjectRequestId(id));
  });
});
