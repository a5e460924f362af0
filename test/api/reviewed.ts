/** A request whose package waits for its release, as its run leaves it in the database and in the storage. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { ArchiveWriter } from '../../activities/packaging/archive-writer.ts';
import { packageContext } from '../../domain/contexts.ts';
import { MANIFEST_FILE, MANIFEST_FORMAT } from '../../domain/manifest.ts';
import type { Manifest } from '../../domain/manifest.ts';
import { openDataKey } from '../../platform/records/data-keys.ts';
import { sealStream } from '../../platform/sealed-stream.ts';
import type { TestApi } from './api-fixture.ts';
import { ONE_OFF, accessRequest, move } from './filing.ts';

export interface Waiting {
  readonly requestId: string;
  readonly packageId: string;
  readonly manifestSha256: string;
}

/** Files a request and builds its package; `files` are its entries by path. */
export async function awaitingRelease(
  api: TestApi,
  more: Readonly<Record<string, unknown>> = {},
  files: readonly string[] = ['data/contacts.json'],
): Promise<Waiting> {
  const body = accessRequest({ instruction: ONE_OFF, release: 'reviewed', ...more });
  const { body: request } = await api.call('POST', '/v1/requests', { body });
  return build(api, request.id, files);
}

/** Builds it, or builds it again. */
export async function build(
  api: TestApi,
  requestId: string,
  files: readonly string[] = ['data/contacts.json'],
): Promise<Waiting> {
  const { rows } = await api.database.pool.query<{ data_key_id: string; package_id: string | null }>(
    `SELECT r.data_key_id, p.id AS package_id FROM steward.requests r
       LEFT JOIN steward.packages p ON p.request_id = r.id WHERE r.id = $1`,
    [requestId],
  );
  const packageId = rows[0]?.package_id ?? randomUUID();
  const dataKeyId = rows[0]?.data_key_id ?? '';
  const dataKey = await api.deps.db.withTenant(api.workspaceId, (trx) =>
    openDataKey(trx, api.deps.ring, api.workspaceId, dataKeyId),
  );
  const storageKey = `packages/${api.workspaceId}/${requestId}/${randomUUID()}`;
  const document = Buffer.from(JSON.stringify(manifestOf(requestId, packageId, files)));
  const archive = new ArchiveWriter(new Date());
  const stored = api.deps.storage.put(storageKey, archive.output.pipe(sealStream(dataKey, packageContext(packageId))));
  for (const path of files) await archive.add(path, path);
  await archive.add(MANIFEST_FILE, document);
  await archive.finish();
  await stored;
  const sha256 = createHash('sha256').update(document).digest();
  await api.database.pool.query(
    `INSERT INTO steward.packages (id, workspace_id, request_id, storage_key, status, data_key_id, map_version, signing_key_id,
       manifest_sha256, sha256, bytes, rows, files, missing_files, expires_at)
     VALUES ($1, $2, $3, $4, 'ready', $5, 'v1', 'signing-1', $6, $7, 1000, 5, 0, 0, now() + interval '1 day')
     ON CONFLICT (workspace_id, request_id) DO UPDATE
       SET storage_key = EXCLUDED.storage_key, status = 'ready', manifest_sha256 = EXCLUDED.manifest_sha256`,
    [packageId, api.workspaceId, requestId, storageKey, dataKeyId, sha256, randomBytes(32)],
  );
  await move(api, requestId, 'awaiting_release');
  return { requestId, packageId, manifestSha256: sha256.toString('hex') };
}

function manifestOf(requestId: string, packageId: string, files: readonly string[]): Manifest {
  const collection = { source: 'crm', label: 'Contacts', kind: 'People', rows: 5, omitted: ['password'] };
  return {
    format: MANIFEST_FORMAT,
    packageId,
    requestId,
    requestType: 'access',
    regime: 'gdpr',
    workspace: { id: randomUUID(), name: 'Harbour Homes' },
    instruction: { id: randomUUID(), version: 1 },
    dataMapVersion: 'v1',
    snapshots: {},
    createdAt: new Date().toISOString(),
    totals: { rows: 10, files: 0, missingFiles: 0 },
    collections: [
      { ...collection, collection: 'crm.contacts' },
      { ...collection, collection: 'crm.notes', label: 'Notes' },
    ],
    files: files.map((path) => ({ path, bytes: path.length, sha256: createHash('sha256').update(path).digest('hex') })),
    missing: [],
  };
}
