/** Requests that stand where their package is to be built. */
import type { RequestRef } from '../../domain/runs.ts';
import { fileRequest } from '../../platform/records/request-filing.ts';
import { moveRequest } from '../../platform/records/request-progress.ts';
import { instructed, noRepeat } from '../support/customer.ts';
import type { Customer } from '../support/customer.ts';
import type { BenchPerson } from './people.ts';

export async function fileAccess({ app, worker, ring, caller }: Customer, { email }: BenchPerson): Promise<RequestRef> {
  const filing = {
    type: 'access',
    regime: 'gdpr',
    regimeSource: 'controller',
    receivedByControllerAt: new Date(),
    identities: [{ type: 'email', value: email, canonical: email }],
    instruction: instructed(),
  } as const;
  const requestId = await fileRequest(app, ring, caller, filing, noRepeat());
  const ref = { workspaceId: caller.workspaceId, requestId };
  await worker.withTenant(ref.workspaceId, (trx) => moveRequest(trx, ref, { to: 'locating' }));
  return ref;
}
