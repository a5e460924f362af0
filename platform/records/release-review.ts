/** A package that waits for its release, as those who decide and those who build see it. */
import { Conflict, NotFound } from '../../domain/errors.ts';
import type { ReleaseDecision } from '../../domain/release.ts';
import type { ReleaseState, RequestRef } from '../../domain/runs.ts';
import type { Transaction } from '../database.ts';
import type { Caller } from './caller.ts';
import { countOf } from './paging.ts';
import { lockRequest } from './requests.ts';
import type { RequestRow } from './requests.ts';

/** The package as it was built; building it again gives another `build` under the same id. */
export interface BuiltPackage {
  readonly id: string;
  /** Its key in the object storage. */
  readonly build: string;
  readonly manifestSha256: Buffer;
  readonly dataKeyId: string;
}

export interface Review {
  readonly request: RequestRow;
  readonly package: BuiltPackage;
}

/** Locks a request whose package waits for its release. Throws NotFound and Conflict. */
export async function lockReview(trx: Transaction, caller: Caller, requestId: string): Promise<Review> {
  const request = await lockRequest(trx, caller, requestId);
  if (request.status !== 'awaiting_release')
    throw new Conflict(`The request is ${request.status}: no package waits for its release.`);
  const ref = { workspaceId: caller.workspaceId, requestId };
  const decision = await findDecision(trx, ref);
  if (decision !== undefined) throw new Conflict(`It has been decided already: ${decision}.`);
  return { request, package: await requireBuiltPackage(trx, ref) };
}

/** Throws NotFound while there is no package that is ready. */
export async function requireBuiltPackage(trx: Transaction, ref: RequestRef): Promise<BuiltPackage> {
  const row = await builtPackages(trx, ref).first<BuiltPackage | undefined>({
    id: 'packages.id',
    build: 'packages.storage_key',
    manifestSha256: 'packages.manifest_sha256',
    dataKeyId: 'packages.data_key_id',
  });
  if (!row) throw new NotFound(`Request ${ref.requestId} has no package.`);
  return row;
}

function builtPackages(trx: Transaction, { workspaceId, requestId }: RequestRef) {
  return trx('packages').where({
    'packages.workspace_id': workspaceId,
    'packages.request_id': requestId,
    'packages.status': 'ready',
  });
}

/** What was decided on the package as it is now. */
export async function findDecision(trx: Transaction, ref: RequestRef): Promise<ReleaseDecision | undefined> {
  const row = await builtPackages(trx, ref)
    .join('releases', {
      'releases.workspace_id': 'packages.workspace_id',
      'releases.request_id': 'packages.request_id',
      'releases.build': 'packages.storage_key',
    })
    .first<{ decision: ReleaseDecision } | undefined>('releases.decision');
  return row?.decision;
}

/** For the run of a request. */
export async function readReleaseState(trx: Transaction, ref: RequestRef): Promise<ReleaseState> {
  const inForce = trx('redactions')
    .where({ workspace_id: ref.workspaceId, request_id: ref.requestId })
    .whereNull('withdrawn_at');
  return { decision: (await findDecision(trx, ref)) ?? 'awaited', redactions: await countOf(inForce) };
}

/** Whether redactions were added or withdrawn since this package was built, so that it is not what was decided. */
export async function hasUnbuiltChanges(trx: Transaction, ref: RequestRef, build: string): Promise<boolean> {
  const changed = await trx('redactions')
    .where({ workspace_id: ref.workspaceId, request_id: ref.requestId })
    .whereRaw('(build = ?) <> (coalesce(withdrawn_build, ?) = ?)', [build, '', build])
    .first('id');
  return changed !== undefined;
}
