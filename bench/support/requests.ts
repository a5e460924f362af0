/** Requests that stand where their work begins. */
import type { Identity } from '../../domain/identities.ts';
import type { RequestType } from '../../domain/request.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { fileRequest } from '../../platform/records/request-filing.ts';
import { moveRequest } from '../../platform/records/request-progress.ts';
import { instructed, noRepeat } from './customer.ts';
import type { Customer } from './customer.ts';

export async function fileLocating(
  { app, worker, ring, caller }: Customer,
  type: RequestType,
  identities: readonly Identity[],
): Promise<RequestRef> {
  const filing = {
    type,
    regime: 'gdpr',
    regimeSource: 'controller',
    receivedByControllerAt: new Date(),
    identities: identities.map((identity) => ({ ...identity, canonical: identity.value })),
    instruction: instructed(),
  } as const;
  const requestId = await fileRequest(app, ring, caller, filing, noRepeat());
  const ref = { workspaceId: caller.workspaceId, requestId };
  await worker.withTenant(ref.workspaceId, (trx) => moveRequest(trx, ref, { to: 'locating' }));
  return ref;
}
