import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SealBroken } from '../../domain/errors.ts';
import { bindingOf, open, seal } from '../../platform/aead.ts';

describe('authenticated encryption', () => {
  /** https://c2sp.org/XAES-256-GCM, test vectors. */
  it.each([
    [0x01, '', 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271'],
    [0x03, 'c2sp.org/XAES-256-GCM', '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d'],
  ])('is XAES-256-GCM, by the vector with key bytes %i', (byte, binding, expected) => {
    const nonce = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWX');
    const sealed = seal(Buffer.alloc(32, byte), Buffer.from('XAES-256-GCM'), Buffer.from(binding), nonce);
    expect(sealed.toString('hex')).toBe(nonce.toString('hex') + expected);
  });

  it('gives back what was sealed', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array(),
        fc.string(),
        (key, plain, binding) => {
          const sealed = seal(Buffer.from(key), plain, bindingOf(binding));
          expect(open(Buffer.from(key), sealed, bindingOf(binding)).equals(plain)).toBe(true);
        },
      ),
    );
  });

  it('never seals twice alike', () => {
    const key = randomBytes(32);
    const sealed = Array.from({ length: 100 }, () => seal(key, Buffer.from('same'), bindingOf('a')).toString('hex'));
    expect(new Set(sealed).size).toBe(100);
  });

  it('opens nothing of which a single bit was changed', () => {
    const key = randomBytes(32);
    const sealed = seal(key, Buffer.from('plaintext'), bindingOf('a'));
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => open(key, changed, bindingOf('a'))).toThrow(SealBroken);
    }
  });

  it('opens nothing that was cut or added to', () => {
    const key = randomBytes(32);
    const sealed = seal(key, Buffer.from('plaintext'), bindingOf('a'));
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => open(key, sealed.subarray(0, length), bindingOf('a'))).toThrow(SealBroken);
    }
    expect(() => open(key, Buffer.concat([sealed, Buffer.of(0)]), bindingOf('a'))).toThrow(SealBroken);
  });

  it('opens with its own key and binding alone', () => {
    const key = randomBytes(32);
    const sealed = seal(key, Buffer.from('plaintext'), bindingOf('a'));
    expect(() => open(randomBytes(32), sealed, bindingOf('a'))).toThrow(SealBroken);
    expect(() => open(key, sealed, bindingOf('b'))).toThrow(SealBroken);
  });

  it('tells every two lists of bindings apart', () => {
    const parts = fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const same = a.length === b.length && a.every((part, index) => part === b[index]);
        expect(bindingOf(...a).equals(bindingOf(...b))).toBe(same);
      }),
    );
    expect(bindingOf('a', 'bc').equals(bindingOf('ab', 'c'))).toBe(false);
  });
});
