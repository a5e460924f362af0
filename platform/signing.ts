/**
 * Signatures over the exact bytes of a document, kept beside it: Ed25519 in a flattened JWS whose payload is detached
 * (RFC 7515, appendix F) and unencoded (RFC 7797), so that any JOSE library verifies them with the public key alone.
 *
 *     { "protected": base64url of {"alg":"EdDSA","kid":…,"b64":false,"crit":["b64"]}, "signature": base64url }
 */
import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { FlattenedSign, flattenedVerify } from 'jose';
import type { JSONWebKeySet, JWK, JWSHeaderParameters } from 'jose';
import { z } from 'zod';
import { InvalidInput, StewardError } from '../domain/errors.ts';
import type { KeyRing } from './keys.ts';

/** RFC 9864 renames EdDSA with this curve to Ed25519. We write the name that every library knows, and accept both. */
const ALGORITHMS = ['EdDSA', 'Ed25519'];

const detachedJws = z.object({ protected: z.string(), signature: z.string() });
const jsonWebKeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

export type DetachedJws = z.infer<typeof detachedJws>;

/** The document is not what was signed, or the signature is not by one of the keys given. */
export class SignatureInvalid extends StewardError {
  constructor(detail: string) {
    super({ code: 'signature-invalid', status: 422, title: 'The signature does not verify' }, detail);
  }
}

/** Signs with the current signing key. */
export async function signDetached(ring: KeyRing, document: Uint8Array): Promise<DetachedJws> {
  const { id, privateKey } = ring.current('signing');
  const jws = await new FlattenedSign(document)
    .setProtectedHeader({ alg: 'EdDSA', kid: id, b64: false, crit: ['b64'] })
    .sign(privateKey);
  return detachedJws.parse(jws);
}

/**
 * Answers which key signed the document. Throws SignatureInvalid when none of the keys given did, also when `jws`, which
 * comes from a file that anybody may have written, is no signature at all.
 */
export async function verifyDetached(
  document: Uint8Array,
  jws: unknown,
  publicKeys: JSONWebKeySet,
): Promise<{ readonly keyId: string }> {
  const parsed = detachedJws.safeParse(jws);
  if (!parsed.success) throw new SignatureInvalid('The signature is not a detached JWS.');
  const keyFor = (header: JWSHeaderParameters) => signersKey(publicKeys, header.kid);
  const { protectedHeader } = await flattenedVerify({ ...parsed.data, payload: document }, keyFor, {
    algorithms: ALGORITHMS,
  }).catch((error: unknown) => {
    if (error instanceof SignatureInvalid) throw error;
    throw new SignatureInvalid('The signature does not fit the document and the key.');
  });
  return { keyId: protectedHeader?.kid ?? '' };
}

/** The one way in which a signature is written to a file. */
export const jwsText = (jws: DetachedJws): string => JSON.stringify(jws);

/** Reads a signature that is written exactly as `jwsText` writes one: base64url leaves bits that mean nothing. */
export function canonicalJws(bytes: Buffer): DetachedJws | undefined {
  const text = bytes.toString('utf8');
  try {
    const jws = detachedJws.parse(JSON.parse(text));
    const isExact = [jws.protected, jws.signature].every(
      (part) => Buffer.from(part, 'base64url').toString('base64url') === part,
    );
    return isExact && Buffer.from(jwsText(jws)).equals(bytes) ? jws : undefined;
  } catch {
    return undefined;
  }
}

/** A key without an id of its own, as from a PEM file, may be any. */
function signersKey(publicKeys: JSONWebKeySet, keyId: string | undefined): JWK {
  if (keyId === undefined) throw new SignatureInvalid('The signature does not name its key.');
  const key = publicKeys.keys.find(({ kid }) => kid === keyId) ?? publicKeys.keys.find(({ kid }) => kid === undefined);
  if (key === undefined)
    throw new SignatureInvalid(`The signature's key ${JSON.stringify(keyId)} is not among the keys.`);
  return key;
}

/** Every public signing key, those of the past included: what they signed stays valid. */
export function publicKeySet(ring: KeyRing): JSONWebKeySet {
  return { keys: ring.all('signing').map(({ id, publicKey }) => ({ ...publicJwk(publicKey), kid: id })) };
}

/** Reads a file of public keys: a JSON Web Key Set, one JSON Web Key, or PEM. Throws InvalidInput when it is neither. */
export function readPublicKeys(text: string): JSONWebKeySet {
  try {
    if (text.trimStart().startsWith('-----BEGIN')) return { keys: [publicJwk(createPublicKey(text))] };
    const json: unknown = JSON.parse(text);
    return jsonWebKeySet.parse(typeof json === 'object' && json !== null && 'keys' in json ? json : { keys: [json] });
  } catch {
    throw new InvalidInput('The file holds no public key: a JSON Web Key (Set) or a PEM file is expected.');
  }
}

function publicJwk(key: KeyObject): JWK {
  const { kty = '', crv = '', x = '' } = key.export({ format: 'jwk' });
  return { kty, crv, x, alg: 'EdDSA', use: 'sig' };
}
