/**
 * Envelope encryption: each request has a data key of its own, kept only wrapped by a key of the ring. When every copy of
 * the wrapped key is gone, nothing that it sealed can be read again.
 *
 * A `context` names the place that a sealed value belongs to, such as `request/<id>/identity`; opened elsewhere it fails.
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import { bindingOf, open, seal } from './aead.ts';
import { requireKey } from './keys.ts';
import type { KeyRing } from './keys.ts';

export interface WrappedKey {
  /** The wrapping key's id. */
  readonly keyId: string;
  readonly bytes: Buffer;
}

/** 32 random bytes. */
export function newDataKey(): Buffer {
  return randomBytes(32);
}

/** Wraps with the current wrapping key. */
export function wrapDataKey(ring: KeyRing, dataKey: Buffer, context: string): WrappedKey {
  const { id, bytes } = ring.current('wrapping');
  return { keyId: id, bytes: seal(bytes, dataKey, bindingOf('wrapping', id, context)) };
}

/** Throws SealBroken when the ring lacks the wrapping key, or the context or the bytes are not those of the wrapping. */
export function unwrapDataKey(ring: KeyRing, wrapped: WrappedKey, context: string): Buffer {
  const { id, bytes } = requireKey(ring, 'wrapping', wrapped.keyId);
  return open(bytes, wrapped.bytes, bindingOf('wrapping', id, context));
}

/** Seals a short text, such as an identifier, for a column of the database. */
export function sealText(dataKey: Buffer, text: string, context: string): Buffer {
  return seal(textKey(dataKey), Buffer.from(text, 'utf8'), bindingOf('text', context));
}

/** Throws SealBroken when key or context is another, or the bytes were altered. */
export function openText(dataKey: Buffer, sealed: Uint8Array, context: string): string {
  return open(textKey(dataKey), sealed, bindingOf('text', context)).toString('utf8');
}

/** A data key also seals streams; the two uses do not share a key. */
function textKey(dataKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', dataKey, '', 'steward text', 32));
}
