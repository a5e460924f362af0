/**
 * The keyed hash that a tombstone is: HMAC-SHA-256 under a key of the workspace and the purpose, derived from a key of the
 * ring that serves nothing else. A digest of one purpose says nothing of another's, and one workspace's nothing of another's.
 */
import { createHmac, hkdfSync } from 'node:crypto';
import type { CanonicalIdentifier, TombstonePurpose } from '../domain/tombstones.ts';
import { bindingOf } from './aead.ts';
import type { KeyRing, SecretKey } from './keys.ts';

interface TombstoneDigest {
  /** The tombstone key's id. */
  readonly keyId: string;
  /** 32 bytes. */
  readonly digest: Buffer;
}

/** Makes digests for one purpose in one workspace; the current key's first, then those of the keys before it. */
export type TombstoneHash = (identifier: CanonicalIdentifier) => readonly [TombstoneDigest, ...TombstoneDigest[]];

export function tombstoneHash(ring: KeyRing, workspaceId: string, purpose: TombstonePurpose): TombstoneHash {
  const derive = ({ id, bytes }: SecretKey) => ({
    id,
    bytes: Buffer.from(hkdfSync('sha256', bytes, '', bindingOf('tombstone', workspaceId, purpose), 32)),
  });
  const current = derive(ring.current('tombstone'));
  const earlier = ring
    .all('tombstone')
    .map(derive)
    .filter(({ id }) => id !== current.id);
  return ({ type, canonical }) => {
    const digest = ({ id, bytes }: { readonly id: string; readonly bytes: Buffer }): TombstoneDigest => ({
      keyId: id,
      digest: createHmac('sha256', bytes).update(bindingOf(type, canonical)).digest(),
    });
    return [digest(current), ...earlier.map(digest)];
  };
}
