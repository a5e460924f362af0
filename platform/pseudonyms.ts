/**
 * Keyed hashes that stand for values which are not kept, or not shown: HMAC-SHA-256. Those of one workspace are made with
 * a key of its own, so that they cannot be compared with another's.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { bindingOf } from './aead.ts';
import type { KeyRing, SecretKey } from './keys.ts';

/**
 * What equal identifiers of one workspace have in common in an index, made with the current key. 32 bytes. The value must
 * be canonical (`canonicalIdentity`), or equal ones differ.
 */
export function blindIndex(ring: KeyRing, workspaceId: string, kind: string, canonicalValue: string): Buffer {
  return blindIndexUnder(ring.current('pseudonym'), workspaceId, kind, canonicalValue);
}

/** The blind indexes under every key, the current one's first: to find rows that were written before a rotation. */
export function blindIndexes(ring: KeyRing, workspaceId: string, kind: string, canonicalValue: string): Buffer[] {
  return ring.all('pseudonym').map((key) => blindIndexUnder(key, workspaceId, kind, canonicalValue));
}

/** A name for a person in the audit log: the same for the same value within a workspace until the key is rotated. */
export function pseudonym(ring: KeyRing, workspaceId: string, value: string): string {
  const key = workspaceKey(ring.current('pseudonym'), 'pseudonym', workspaceId);
  return `p_${hmac(key, value).subarray(0, 16).toString('base64url')}`;
}

export interface LookupDigest {
  /** The lookup key's id. */
  readonly keyId: string;
  /** 32 bytes. */
  readonly digest: Buffer;
}

/**
 * What is stored of an API key's or a link's secret. The secret is random and long, so a keyed hash is enough; slow
 * hashes are for passwords.
 */
export function lookupDigest(ring: KeyRing, secret: string): LookupDigest {
  return lookupDigestUnder(ring.current('lookup'), secret);
}

/** The digests under every key, the current one's first: to find what was stored before a rotation by its digest. */
export function lookupDigests(ring: KeyRing, secret: string): LookupDigest[] {
  return ring.all('lookup').map((key) => lookupDigestUnder(key, secret));
}

/** Whether the digest is the secret's under any key of the ring. Takes the same time for every answer. */
export function matches(ring: KeyRing, secret: string, digest: Uint8Array): boolean {
  const equal = lookupDigests(ring, secret).map((own) => sameBytes(own.digest, digest));
  return equal.includes(true);
}

function blindIndexUnder(key: SecretKey, workspaceId: string, kind: string, canonicalValue: string): Buffer {
  return hmac(workspaceKey(key, 'blind index', workspaceId), bindingOf(kind, canonicalValue));
}

function lookupDigestUnder({ id, bytes }: SecretKey, secret: string): LookupDigest {
  return { keyId: id, digest: hmac(bytes, secret) };
}

function workspaceKey(key: SecretKey, use: string, workspaceId: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key.bytes, '', bindingOf(use, workspaceId), 32));
}

function hmac(key: Buffer, data: string | Buffer): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
