/**
 * The root of a Merkle tree over leaves that come one by one, as of RFC 6962, section 2.1: leaves and nodes are hashed with
 * different first bytes, so that a node cannot pass for a leaf. Memory grows with the logarithm of the number of leaves.
 */

/** SHA-256 of bytes; the caller's, for this room has no built-ins. */
export type Hash = (bytes: Uint8Array) => Uint8Array;

const HASH_BYTES = 32;
const LEAF = 0;
const NODE = 1;

export class MerkleTree {
  readonly #hash: Hash;
  readonly #node = new Uint8Array(1 + 2 * HASH_BYTES);
  /** Roots of whole subtrees, the largest first; how large they are is how the count is written in binary. */
  readonly #roots: Uint8Array[] = [];
  #leaves = 0;

  constructor(hash: Hash) {
    this.#hash = hash;
    this.#node[0] = NODE;
  }

  get leaves(): number {
    return this.#leaves;
  }

  add(leaf: Uint8Array): void {
    const prefixed = new Uint8Array(1 + leaf.length);
    prefixed[0] = LEAF;
    prefixed.set(leaf, 1);
    let root = this.#hash(prefixed);
    for (let size = this.#leaves; size % 2 === 1; size = Math.floor(size / 2))
      root = this.#join(this.#roots.pop(), root);
    this.#roots.push(root);
    this.#leaves += 1;
  }

  /** Of what was added so far. That of no leaves is the hash of nothing. */
  root(): Uint8Array {
    const last = this.#roots.at(-1);
    if (last === undefined) return this.#hash(new Uint8Array());
    return this.#roots.slice(0, -1).reduceRight((right, left) => this.#join(left, right), last);
  }

  #join(left: Uint8Array | undefined, right: Uint8Array): Uint8Array {
    if (left === undefined) throw new TypeError('A subtree is missing.');
    this.#node.set(left, 1);
    this.#node.set(right, 1 + HASH_BYTES);
    return this.#hash(this.#node);
  }
}
