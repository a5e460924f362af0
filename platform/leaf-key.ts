/** The secret of a workspace under which the keys of erased records are hashed, so that nobody can guess them back. */
import { hkdfSync } from 'node:crypto';
import type { SecretKey } from './keys.ts';

/** The block of SHA-256, to which HMAC's pads are as long (RFC 2104). */
const BLOCK_BYTES = 64;

/** What a source needs to make leaves by its own `sha256()`: the key, in the two forms that HMAC uses it in. */
export interface LeafPads {
  readonly inner: Uint8Array;
  readonly outer: Uint8Array;
}

export function leafPads(key: SecretKey, workspaceId: string): LeafPads {
  const block = Buffer.alloc(BLOCK_BYTES);
  leafKey(key, workspaceId).copy(block);
  return { inner: block.map((byte) => byte ^ 0x36), outer: block.map((byte) => byte ^ 0x5c) };
}

/** 32 bytes. */
export function leafKey({ bytes }: SecretKey, workspaceId: string): Buffer {
  return Buffer.from(hkdfSync('sha256', bytes, '', `erasure-leaf:${workspaceId}`, 32));
}
