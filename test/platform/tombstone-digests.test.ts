import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownIdentifiers } from '../../domain/tombstones.ts';
import type { Identity } from '../../domain/identities.ts';
import { TOMBSTONE_PURPOSES } from '../../domain/tombstones.ts';
import { tombstoneHash } from '../../platform/tombstone-digests.ts';
import { freshKeyRing, freshKeyRings } from './fresh-key-ring.ts';

const ring = await freshKeyRing();
const WORKSPACE = '11111111-1111-4111-8111-111111111111';
const OTHER = '22222222-2222-4222-8222-222222222222';

const digestsOf = (identities: readonly Identity[], workspace = WORKSPACE) => {
  const hash = tombstoneHash(ring, workspace, 'reimport_suppression');
  return ownIdentifiers(identities).map((identifier) => hash(identifier)[0].digest.toString('hex'));
};

const email = (value: string): Identity => ({ type: 'email', value });

describe('the digest of a tombstone', () => {
  it('is one for all writings of an identifier', () => {
    const mixed = fc.tuple(fc.emailAddress(), fc.stringMatching(/^[a-z0-9]{1,8}$/), fc.boolean());
    fc.assert(
      fc.property(mixed, ([address, tag, isLoud]) => {
        const plain = digestsOf([email(address)]);
        fc.pre(plain.length === 1 && !address.includes('+'));
        const at = address.lastIndexOf('@');
        const detailed = `${address.slice(0, at)}+${tag}${address.slice(at)}`;
        const written = ` ${isLoud ? detailed.toUpperCase() : detailed} `;
        expect(digestsOf([email(written), email(address)])).toEqual(plain);
      }),
    );
  });

  it("is another in another workspace, for another purpose, and for another type's identifier of the same text", () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        const [here] = digestsOf([email(address)]);
        fc.pre(here !== undefined);
        expect(digestsOf([email(address)], OTHER)).not.toContain(here);
        expect(digestsOf([{ type: 'external_id', value: address }])).not.toContain(here);
        const identifiers = ownIdentifiers([email(address)]);
        const all = TOMBSTONE_PURPOSES.flatMap((purpose) =>
          identifiers.map((each) => tombstoneHash(ring, WORKSPACE, purpose)(each)[0].digest.toString('hex')),
        );
        expect(new Set(all).size).toBe(2);
      }),
    );
  });
});

describe('the digests of an identifier after a rotation', () => {
  it('are the new one, and the one that older tombstones have', async () => {
    const { before, after } = await freshKeyRings('tombstone');
    const identifier = { type: 'email', canonical: 'maya@example.com' };
    const [old] = tombstoneHash(before, WORKSPACE, 'reimport_suppression')(identifier);
    const [current, earlier] = tombstoneHash(after, WORKSPACE, 'reimport_suppression')(identifier);
    expect(earlier).toEqual(old);
    expect(current.keyId).not.toBe(old.keyId);
    expect(current.digest).not.toEqual(old.digest);
  });
});

describe('what can stand for a person', () => {
  it('leaves out what people share, and takes the values that a digest was found to stand for', () => {
    const digest = 'a'.repeat(64);
    expect(
      ownIdentifiers([
        { type: 'phone_number', value: '+49 30 901820' },
        { type: 'email', value: digest, format: 'sha256', equals: ['Maya@example.com'] },
        { type: 'email', value: digest, format: 'sha256' },
        { type: 'email', value: 'maya+home@EXAMPLE.com' },
      ]),
    ).toEqual([{ type: 'email', canonical: 'maya@example.com' }]);
  });
});
