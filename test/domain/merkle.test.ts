import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MerkleTree } from '../../domain/merkle.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** As RFC 6962, section 2.1, defines it, word for word. */
function defined(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (first === undefined) return sha256(new Uint8Array());
  if (leaves.length === 1) return sha256(Buffer.concat([Buffer.of(0), first]));
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.concat([Buffer.of(1), defined(leaves.slice(0, k)), defined(leaves.slice(k))]));
}

function rootOf(leaves: readonly Uint8Array[]): string {
  const tree = new MerkleTree(sha256);
  for (const leaf of leaves) tree.add(leaf);
  return hex(tree.root());
}

describe('a Merkle tree', () => {
  it('has the root that RFC 6962 defines, for any leaves', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 70 }), (leaves) => {
        expect(rootOf(leaves)).toBe(hex(defined(leaves)));
      }),
    );
  });

  it('agrees with the test vectors of Certificate Transparency', () => {
    const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'].map((each) =>
      Buffer.from(each, 'hex'),
    );
    expect(rootOf([])).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(rootOf(leaves.slice(0, 1))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    expect(rootOf(leaves)).toBe('ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c');
  });

  it('answers its root at any time without losing a leaf', () => {
    const tree = new MerkleTree(sha256);
    const leaves = Array.from({ length: 20 }, (_, index) => Buffer.of(index));
    for (const [index, leaf] of leaves.entries()) {
      tree.add(leaf);
      expect(hex(tree.root())).toBe(rootOf(leaves.slice(0, index + 1)));
    }
    expect(tree.leaves).toBe(20);
  });
});
