/** Which holds keep a package past its end. */
import { SealBroken } from '../../domain/errors.ts';
import { keepsPackage, knownPerson } from '../../domain/package-holds.ts';
import type { KnownPerson } from '../../domain/package-holds.ts';
import type { Transaction } from '../../platform/database.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { readActiveHolds } from '../../platform/records/active-holds.ts';
import type { EndedPackageRow } from '../../platform/records/kept-packages.ts';
import { readPerson } from '../inquiry.ts';

/** Their ids. Throws SealBroken when it cannot be told whom a hold is about: then nothing is deleted. */
export async function holdsKeeping(
  trx: Transaction,
  ring: KeyRing,
  { workspace_id: workspaceId, request_id: requestId }: EndedPackageRow,
): Promise<readonly string[]> {
  const holds = await readActiveHolds(trx, ring, workspaceId);
  if (holds.length === 0) return [];
  const person = requestId === null ? undefined : await knownAbout(trx, ring, workspaceId, requestId);
  return holds.filter((hold) => keepsPackage(hold, person)).map(({ holdId }) => holdId);
}

/** Nothing is known of a person whose data key was destroyed. */
async function knownAbout(
  trx: Transaction,
  ring: KeyRing,
  workspaceId: string,
  requestId: string,
): Promise<KnownPerson> {
  try {
    const { identities, own } = await readPerson(trx, ring, { workspaceId, requestId });
    return knownPerson([...identities, ...own]);
  } catch (error) {
    if (error instanceof SealBroken) return knownPerson([]);
    throw error;
  }
}
