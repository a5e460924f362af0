import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blindIndex,
  blindIndexes,
  lookupDigest,
  lookupDigests,
  matches,
  pseudonym,
} from '../../platform/pseudonyms.ts';
import { freshKeyRing, freshKeyRings } from './fresh-key-ring.ts';

const [here, elsewhere] = [randomUUID(), randomUUID()];

describe('a blind index', () => {
  it('is the same for the same identifier, and another for any other', async () => {
    const ring = await freshKeyRing();
    const identifier = fc.tuple(fc.constantFrom('email', 'phone_number'), fc.string());
    fc.assert(
      fc.property(identifier, identifier, (a, b) => {
        const same = a[0] === b[0] && a[1] === b[1];
        expect(blindIndex(ring, here, ...a).equals(blindIndex(ring, here, ...b))).toBe(same);
      }),
    );
    expect(blindIndex(ring, here, 'email', 'erika@example.org')).toHaveLength(32);
  });

  it('cannot be compared between workspaces', async () => {
    const ring = await freshKeyRing();
    const [a, b] = [here, elsewhere].map((workspace) => blindIndex(ring, workspace, 'email', 'erika@example.org'));
    expect(a).not.toEqual(b);
  });

  it('is found again after a rotation', async () => {
    const { before, after } = await freshKeyRings('pseudonym');
    const old = blindIndex(before, here, 'email', 'erika@example.org');
    const now = blindIndexes(after, here, 'email', 'erika@example.org');
    expect(now[0]).toEqual(blindIndex(after, here, 'email', 'erika@example.org'));
    expect(now[1]).toEqual(old);
  });
});

describe('a pseudonym', () => {
  it('is stable within a workspace, and says neither who it is nor its blind index', async () => {
    const ring = await freshKeyRing();
    const name = pseudonym(ring, here, 'erika@example.org');
    expect(name).toMatch(/^p_[\w-]{22}$/);
    expect(pseudonym(ring, here, 'erika@example.org')).toBe(name);
    expect(pseudonym(ring, here, 'otto@example.org')).not.toBe(name);
    expect(pseudonym(ring, elsewhere, 'erika@example.org')).not.toBe(name);
    const index = blindIndex(ring, here, 'email', 'erika@example.org').toString('base64url');
    expect(index).not.toContain(name.slice(2));
  });
});

describe('the digest of a secret', () => {
  it('matches its secret alone', async () => {
    const ring = await freshKeyRing();
    const { keyId, digest } = lookupDigest(ring, 'stw_1_secret');
    expect(keyId).toBe(ring.current('lookup').id);
    expect(matches(ring, 'stw_1_secret', digest)).toBe(true);
    expect(matches(ring, 'stw_1_secreT', digest)).toBe(false);
    expect(matches(ring, 'stw_1_secret', digest.subarray(1))).toBe(false);
    expect(matches(ring, 'stw_1_secret', Buffer.alloc(0))).toBe(false);
  });

  it('needs the key of the ring', async () => {
    const [ours, theirs] = [await freshKeyRing(), await freshKeyRing()];
    expect(matches(theirs, 'secret', lookupDigest(ours, 'secret').digest)).toBe(false);
  });

  it('still matches after a rotation', async () => {
    const { before, after } = await freshKeyRings('lookup', 'lookup');
    const old = lookupDigest(before, 'secret');
    expect(matches(after, 'secret', old.digest)).toBe(true);
    expect(lookupDigests(after, 'secret')).toHaveLength(3);
    expect(lookupDigests(after, 'secret')).toContainEqual(old);
    expect(lookupDigests(after, 'secret')[0]).toEqual(lookupDigest(after, 'secret'));
  });
});
