/**
 * `npm run demo`: the main job once, on the real parts. A customer of the sample CRM asks for the data of one of its
 * leads; the demo files the request by the API, follows it, downloads the package by its link, verifies it, and stops.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient, download } from '../cli/api-client.ts';
import type { Manifest } from '../domain/manifest.ts';
import { isFinal } from '../domain/request.ts';
import type { RequestStatus } from '../domain/request.ts';
import { verifyPackageFile } from '../platform/package-verification.ts';
import { homeFolder } from './home.ts';
import { SHOWCASE_PERSON } from './sample-crm/people.ts';
import type { Endpoints } from './endpoints.ts';
import { startUntilStopped } from './until-stopped.ts';

interface RequestView {
  readonly id: string;
  readonly status: RequestStatus;
  readonly outcome: string | null;
  readonly legalDueAt: string;
}

interface PackageView {
  readonly id: string;
  readonly bytes: number;
}

interface DemoResult {
  readonly requestId: string;
  readonly status: string;
  readonly packagePath: string;
  readonly manifestPath: string;
  readonly manifest: Manifest;
  readonly endpoints: Endpoints;
  readonly seconds: number;
}

/** The words for each step, told while it lasts. */
const STEPS: Record<RequestStatus, string> = {
  received: 'The request is recorded; its workflow starts.',
  awaiting_instruction: 'Waiting for an instruction of the controller.',
  reviewing_matches: 'Waiting for a reviewer of rows that may be of somebody else.',
  gathering: 'Waiting for what people look up in systems that are not connected.',
  awaiting_release: 'Waiting for the controller to release the package.',
  locating: 'Looking for the person in every mapped collection.',
  packaging: 'Packing: one snapshot, streamed, sealed, signed, then verified.',
  delivering: 'Delivering the link.',
  planning: 'Weighing every record against the retention schedule and the holds.',
  awaiting_approval: 'Waiting for the approval of what is to be erased.',
  cooling_off: 'Approved; can still be cancelled.',
  erasing: 'Erasing, batch by batch, each with its row in the ledger.',
  verifying: 'Looking whether anything is left that should not be.',
  certifying: 'Writing the certificate.',
  partially_completed: 'Answered; what is retained is reviewed again when its ground ends.',
  completed: 'Completed.',
  cancelled: 'Cancelled.',
};

async function runDemo(log: (line: string) => void): Promise<DemoResult> {
  const started = performance.now();
  const home = homeFolder();
  const stack = await startUntilStopped({ home, log }, 130);
  try {
    const { endpoints } = stack;
    const controller = await controllerClient(endpoints);
    const request = await fileRequest(controller);
    log(`Access request ${request.id} filed under the GDPR, due ${request.legalDueAt.slice(0, 10)}.`);
    const { status } = await follow(controller, request.id, log);
    const packagePath = await fetchPackage(controller, request.id, join(home, 'demo'), log);
    const manifest = await verify(endpoints, packagePath);
    const manifestPath = packagePath.replace(/\.zip$/, '.manifest.json');
    await writeFile(manifestPath, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    return { requestId: request.id, status, packagePath, manifestPath, manifest, endpoints, seconds };
  } finally {
    await stack.stop();
  }
}

/** A key of the customer's own, made with the processor's admin key. */
async function controllerClient(endpoints: Endpoints): Promise<ApiClient> {
  const adminKey = (await readFile(endpoints.adminKeyFile, 'utf8')).trim();
  const workspaceId = SHOWCASE_PERSON.workspaceId;
  const admin = new ApiClient({ baseUrl: endpoints.api, apiKey: adminKey, workspaceId });
  const { secret } = await admin.post<{ secret: string }>('/v1/api-keys', {
    name: 'demo: the customer',
    party: 'controller',
    scopes: ['requests:read', 'requests:write', 'packages:read', 'packages:deliver'],
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  return new ApiClient({ baseUrl: endpoints.api, apiKey: secret });
}

function fileRequest(client: ApiClient): Promise<RequestView> {
  const body = {
    type: 'access',
    regime: 'gdpr',
    receivedByControllerAt: new Date().toISOString(),
    identities: [
      { type: 'email', value: SHOWCASE_PERSON.email },
      { type: 'phone_number', value: SHOWCASE_PERSON.phone },
    ],
    instruction: {
      source: 'support_request',
      attestation: {
        text: 'We have verified who asks, and instruct you to export what is held of this person in our workspace.',
        attestedBy: 'Privacy desk, Harbor & Pine Realty',
      },
    },
  };
  return client.post<RequestView>('/v1/requests', body, randomUUID());
}

async function follow(client: ApiClient, id: string, log: (line: string) => void): Promise<RequestView> {
  let told: RequestStatus | undefined;
  for (;;) {
    const request = await client.get<RequestView>(`/v1/requests/${id}`);
    if (request.status !== told) log(STEPS[request.status]);
    told = request.status;
    if (isFinal(request.status)) return request;
    await delay(150);
  }
}

async function fetchPackage(
  client: ApiClient,
  requestId: string,
  folder: string,
  log: (line: string) => void,
): Promise<string> {
  const built = await client.get<PackageView>(`/v1/requests/${requestId}/package`);
  const { url } = await client.post<{ url: string }>(`/v1/packages/${built.id}/links`, { recipient: 'the demo' });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `package-${requestId}.zip`);
  await download(url, file);
  log('Downloaded by its link.');
  return file;
}

async function verify(endpoints: Endpoints, file: string): Promise<Manifest> {
  const keys = (await (await fetch(new URL('/.well-known/jwks.json', endpoints.api))).json()) as Parameters<
    typeof verifyPackageFile
  >[1];
  const report = await verifyPackageFile(file, keys);
  if (!report.ok || report.manifest === undefined) {
    throw new Error(
      `The package does not verify:\n${report.problems.map(({ path, what }) => `  ${path}: ${what}`).join('\n')}`,
    );
  }
  return report.manifest;
}

function countsOf(manifest: Manifest): Record<string, number> {
  return Object.fromEntries(
    manifest.collections.map(({ collection, rows }) => [collection.replace(/^.*\./, ''), rows]),
  );
}

function summary({ manifest, endpoints, packagePath, manifestPath, status, seconds }: DemoResult): string {
  const kinds = new Map<string, string[]>();
  for (const { kind, label, rows } of manifest.collections.filter((collection) => collection.rows > 0)) {
    kinds.set(kind, [...(kinds.get(kind) ?? []), `${label} ${rows}`]);
  }
  const width = Math.max(...[...kinds.keys()].map((kind) => kind.length));
  return [
    '',
    `Found of ${SHOWCASE_PERSON.name}: ${manifest.totals.rows} records, ${manifest.totals.files} files (request ${status}, ${seconds} s)`,
    ...[...kinds].map(([kind, found]) => `  ${kind.padEnd(width)}  ${found.join(', ')}`),
    '',
    `Package       ${packagePath} (signature and every file verified)`,
    `Manifest      ${manifestPath}`,
    `API           ${endpoints.api}, described at ${endpoints.docs}`,
    `Temporal UI   ${endpoints.temporalUi}`,
    `Console       ${endpoints.console ?? 'none yet'}`,
    '',
    'Everything is stopped. `npm start` brings it up again, with this request in it.',
  ].join('\n');
}

async function main(): Promise<void> {
  const asJson = process.argv.includes('--json');
  const result = await runDemo((line) => (asJson ? console.error(line) : console.log(line)));
  if (!asJson) {
    console.log(summary(result));
    return;
  }
  const { requestId, status, packagePath, manifestPath, manifest, seconds } = result;
  console.log(JSON.stringify({ requestId, status, packagePath, manifestPath, counts: countsOf(manifest), seconds }));
}

await main();
process.exit();
