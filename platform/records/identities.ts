/** The identities that a request was filed with: checked, brought into one form, sealed, and indexed blindly. */
import { identityContext } from '../../domain/contexts.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { FieldProblem } from '../../domain/errors.ts';
import { canonicalIdentity, digestOf, digestShape } from '../../domain/identities.ts';
import type { Identity } from '../../domain/identities.ts';
import type { Transaction } from '../database.ts';
import { sealText } from '../envelope.ts';
import type { KeyRing } from '../keys.ts';
import { blindIndex } from '../pseudonyms.ts';
import type { DataKey } from './data-keys.ts';

/** An identity with the form that equal ones have in common. */
export interface CheckedIdentity extends Identity {
  readonly canonical: string;
}

const EXPECTED: Readonly<Record<string, string>> = {
  email: 'It must be an e-mail address.',
  phone_number: 'It must be a phone number with its country code, such as +49 30 901820.',
};

const EXPECTED_ELSE = 'It must have 1 to 512 characters.';

/** Throws InvalidInput with a pointer, below `at`, to each identity that cannot be searched with. */
export function checkIdentities(
  identities: readonly Identity[],
  knownTypes: readonly string[],
  at = '/identities',
): readonly CheckedIdentity[] {
  const problems: FieldProblem[] = [];
  const checked = identities.map((identity, index) => {
    const canonical = canonicalIdentity(identity) ?? '';
    const digest = digestOf(identity);
    if (!knownTypes.includes(identity.type)) {
      problems.push({ pointer: `${at}/${index}/type`, detail: `The data map knows: ${knownTypes.join(', ')}.` });
    } else if (canonical === '') {
      problems.push({
        pointer: `${at}/${index}/value`,
        detail: digest ? `It must be ${digestShape(digest)}.` : (EXPECTED[identity.type] ?? EXPECTED_ELSE),
      });
    }
    return { ...identity, canonical };
  });
  if (problems.length > 0)
    throw new InvalidInput('There are identities that cannot be searched with.', { fields: problems });
  return checked;
}

export async function insertIdentities(
  trx: Transaction,
  ring: KeyRing,
  request: { readonly workspaceId: string; readonly requestId: string; readonly dataKey: DataKey },
  identities: readonly CheckedIdentity[],
): Promise<void> {
  const { workspaceId, requestId, dataKey } = request;
  await trx('request_identities').insert(
    identities.map(({ type, value, format = 'raw', canonical }, ordinal) => ({
      workspace_id: workspaceId,
      request_id: requestId,
      ordinal,
      type,
      format,
      sealed_value: sealText(dataKey.bytes, value, identityContext(requestId)),
      blind_index: blindIndex(ring, workspaceId, type, canonical),
    })),
  );
}
