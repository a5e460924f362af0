/**
 * The keys that Steward holds, by purpose. Each purpose has one current key, with which everything new is made, and the
 * ones before it, with which what they made can still be opened, looked up or verified.
 */
import type { KeyObject } from 'node:crypto';
import { SealBroken } from '../domain/errors.ts';

/** Purposes whose keys are 32 secret bytes. */
export const SECRET_PURPOSES = [
  /** Wraps the data keys of requests. */
  'wrapping',
  /** Encrypts Temporal's payloads. */
  'codec',
  /** Keyed hashes of API keys and link tokens. */
  'lookup',
  /** Blind indexes and the audit log's pseudonyms; per-workspace keys are derived from it. */
  'pseudonym',
  /** Keyed hashes of what was erased. */
  'tombstone',
] as const;
export type SecretPurpose = (typeof SECRET_PURPOSES)[number];
export type KeyPurpose = SecretPurpose | 'signing';

export interface SecretKey {
  /** Such as `codec-2026-11-24-a1b2`: names the key wherever it was used, and tells nothing of it. */
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Buffer;
}

/** An Ed25519 key pair. */
export interface SigningKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly createdAt: Date;
  /** When another key took its place; what it has signed until then stays valid. */
  readonly retiredAt?: Date;
}

export type KeyOf<P extends KeyPurpose> = P extends 'signing' ? SigningKey : SecretKey;

/** Where the keys lie (a file, a key management service) is the implementation's affair. */
export interface KeyRing {
  current<P extends KeyPurpose>(purpose: P): KeyOf<P>;
  find<P extends KeyPurpose>(purpose: P, id: string): KeyOf<P> | undefined;
  /** Every key of the purpose, the current one first. */
  all<P extends KeyPurpose>(purpose: P): readonly KeyOf<P>[];
}

/** Throws SealBroken, naming purpose and key id, when the ring has no such key. */
export function requireKey<P extends KeyPurpose>(ring: KeyRing, purpose: P, id: string): KeyOf<P> {
  const key = ring.find(purpose, id);
  if (key === undefined) throw new SealBroken(`The key ring has no ${purpose} key ${JSON.stringify(id.slice(0, 80))}.`);
  return key;
}
