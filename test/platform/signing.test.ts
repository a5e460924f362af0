import { verify } from 'node:crypto';
import * as fc from 'fast-check';
import { FlattenedSign } from 'jose';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../domain/errors.ts';
import {
  SignatureInvalid,
  publicKeySet,
  readPublicKeys,
  signDetached,
  verifyDetached,
} from '../../platform/signing.ts';
import { freshKeyRing, freshKeyRings } from './fresh-key-ring.ts';
import { runs } from '../support/property-runs.ts';

const document = Buffer.from('{"format":"steward-package/1"}\n');

describe('a detached signature', () => {
  it('verifies with the public keys alone, and names its key', async () => {
    const ring = await freshKeyRing();
    const jws = await signDetached(ring, document);
    expect(Object.keys(jws)).toEqual(['protected', 'signature']);
    const keys = readPublicKeys(JSON.stringify(publicKeySet(ring)));
    expect(await verifyDetached(document, JSON.parse(JSON.stringify(jws)), keys)).toEqual({
      keyId: ring.current('signing').id,
    });
  });

  it('is plain Ed25519 over the protected header, a dot and the exact bytes (RFC 7797)', async () => {
    const ring = await freshKeyRing();
    const bytes = Buffer.from([0xff, 0x00, 0x0d, 0x0a, 0x2e]);
    const jws = await signDetached(ring, bytes);
    const { id, publicKey } = ring.current('signing');
    expect(JSON.parse(Buffer.from(jws.protected, 'base64url').toString())).toEqual({
      alg: 'EdDSA',
      kid: id,
      b64: false,
      crit: ['b64'],
    });
    const signed = Buffer.concat([Buffer.from(`${jws.protected}.`), bytes]);
    expect(verify(null, signed, publicKey, Buffer.from(jws.signature, 'base64url'))).toBe(true);
  });

  it('verifies with a key from a PEM file or a single JSON Web Key', async () => {
    const ring = await freshKeyRing();
    const jws = await signDetached(ring, document);
    const pem = ring.current('signing').publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const [jwk] = publicKeySet(ring).keys;
    await verifyDetached(document, jws, readPublicKeys(pem));
    await verifyDetached(document, jws, readPublicKeys(JSON.stringify(jwk)));
  });

  it('goes on verifying when its key was retired', async () => {
    const { before, after } = await freshKeyRings('signing');
    const jws = await signDetached(before, document);
    expect(publicKeySet(after).keys).toHaveLength(2);
    expect(await verifyDetached(document, jws, publicKeySet(after))).toEqual({ keyId: before.current('signing').id });
  });

  it('does not verify other bytes', async () => {
    const ring = await freshKeyRing();
    const jws = await signDetached(ring, document);
    await fc.assert(
      fc.asyncProperty(fc.nat(document.length - 1), fc.integer({ min: 1, max: 255 }), async (place, change) => {
        const changed = Buffer.from(document);
        changed.writeUInt8(changed.readUInt8(place) ^ change, place);
        await expect(verifyDetached(changed, jws, publicKeySet(ring))).rejects.toThrow(SignatureInvalid);
      }),
      { numRuns: runs(30) },
    );
    await expect(verifyDetached(Buffer.concat([document, Buffer.of(10)]), jws, publicKeySet(ring))).rejects.toThrow(
      SignatureInvalid,
    );
  });

  it('does not verify by somebody else, whatever key it names', async () => {
    const [ours, theirs] = [await freshKeyRing(), await freshKeyRing()];
    const jws = await signDetached(theirs, document);
    await expect(verifyDetached(document, jws, publicKeySet(ours))).rejects.toThrow(/is not among the keys/);
    const forged = await new FlattenedSign(document)
      .setProtectedHeader({ alg: 'EdDSA', kid: ours.current('signing').id, b64: false, crit: ['b64'] })
      .sign(theirs.current('signing').privateKey);
    await expect(verifyDetached(document, forged, publicKeySet(ours))).rejects.toThrow(SignatureInvalid);
  });

  it('does not verify with another algorithm, without a key id, or with the payload encoded', async () => {
    const ring = await freshKeyRing();
    const { id, privateKey } = ring.current('signing');
    const hmac = await new FlattenedSign(document)
      .setProtectedHeader({ alg: 'HS256', kid: id, b64: false, crit: ['b64'] })
      .sign(Buffer.alloc(32));
    const nameless = await new FlattenedSign(document)
      .setProtectedHeader({ alg: 'EdDSA', b64: false, crit: ['b64'] })
      .sign(privateKey);
    const attached = await new FlattenedSign(document).setProtectedHeader({ alg: 'EdDSA', kid: id }).sign(privateKey);
    for (const jws of [hmac, nameless, attached]) {
      await expect(verifyDetached(document, jws, publicKeySet(ring))).rejects.toThrow(SignatureInvalid);
    }
  });

  it.each([undefined, null, 'jws', {}, { protected: 1, signature: '' }, { protected: 'e30', signature: 'AA' }])(
    'is told from %j, which is none',
    async (jws) => {
      await expect(verifyDetached(document, jws, publicKeySet(await freshKeyRing()))).rejects.toThrow(SignatureInvalid);
    },
  );
});

describe('the published keys', () => {
  it('hold nothing private', async () => {
    const [key] = publicKeySet(await freshKeyRing()).keys;
    expect(Object.keys(key ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
  });

  it.each(['', 'nonsense', '{}', '{"keys":1}', '-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----'])(
    'are told from %j, which holds none',
    (text) => {
      expect(() => readPublicKeys(text)).toThrow(InvalidInput);
    },
  );
});
