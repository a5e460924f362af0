import { createHash, createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafKey, leafPads } from '../../platform/leaf-key.ts';

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

describe('the pads of a leaf', () => {
  it('make two plain hashes the HMAC of any message', () => {
    const key = { id: 'tombstone-a', bytes: randomBytes(32) };
    const { inner, outer } = leafPads(key, 'a workspace');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (message) => {
        const expected = createHmac('sha256', leafKey(key, 'a workspace')).update(message).digest('hex');
        expect(sha256(outer, sha256(inner, message)).toString('hex')).toBe(expected);
      }),
    );
  });

  it('are another workspace’s own', () => {
    const key = { id: 'tombstone-a', bytes: randomBytes(32) };
    expect(leafPads(key, 'one')).not.toEqual(leafPads(key, 'other'));
  });
});
