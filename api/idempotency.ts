/** The `Idempotency-Key` of a call, and the digest that tells a repeat from another call under the same key. */
import type { Request } from 'express';
import { InvalidInput } from '../domain/errors.ts';
import type { KeyRing } from '../platform/keys.ts';
import { blindIndexes } from '../platform/pseudonyms.ts';
import type { Caller } from '../platform/records/caller.ts';
import type { Repeat } from '../platform/records/repeats.ts';
import { IDEMPOTENCY_HEADER } from './headers.ts';

interface Sent {
  readonly operation: string;
  readonly params: unknown;
  readonly body: unknown;
}

/** Throws InvalidInput when the key is longer than 255 characters or has others than visible ASCII. */
export function repeatOf(request: Request, ring: KeyRing, { workspaceId }: Caller, sent: Sent): Repeat {
  const key = request.get(IDEMPOTENCY_HEADER);
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new InvalidInput(`The header ${IDEMPOTENCY_HEADER} must be 1 to 255 visible ASCII characters.`);
  }
  const text = canonicalJson([sent.params ?? null, sent.body ?? null]);
  const [current, ...former] = blindIndexes(ring, workspaceId, `call:${sent.operation}`, text);
  if (current === undefined) throw new Error('The key ring has no pseudonym key.');
  return { operation: sent.operation, key, digests: [current, ...former] };
}

/** JSON with sorted keys, so that the order in which a client writes its fields makes no difference. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
