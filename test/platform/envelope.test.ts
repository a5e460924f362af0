import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SealBroken } from '../../domain/errors.ts';
import { newDataKey, openText, sealText, unwrapDataKey, wrapDataKey } from '../../platform/envelope.ts';
import { freshKeyRing, freshKeyRings } from './fresh-key-ring.ts';

describe('a data key', () => {
  it('comes out of its wrapping as it went in', async () => {
    const ring = await freshKeyRing();
    const key = newDataKey();
    const wrapped = wrapDataKey(ring, key, 'request/1');
    expect(wrapped.keyId).toBe(ring.current('wrapping').id);
    expect(wrapped.bytes.includes(key)).toBe(false);
    expect(unwrapDataKey(ring, wrapped, 'request/1').equals(key)).toBe(true);
  });

  it('comes out of an old wrapping after a rotation, and of a new one only with the new key', async () => {
    const { before, after } = await freshKeyRings('wrapping');
    const key = newDataKey();
    expect(unwrapDataKey(after, wrapDataKey(before, key, 'c'), 'c').equals(key)).toBe(true);
    expect(() => unwrapDataKey(before, wrapDataKey(after, key, 'c'), 'c')).toThrow(SealBroken);
  });

  it('does not come out in another context, under another key id or from altered bytes', async () => {
    const { after } = await freshKeyRings('wrapping');
    const wrapped = wrapDataKey(after, newDataKey(), 'request/1');
    const otherId = after.all('wrapping')[1]?.id ?? '';
    const altered = Buffer.from(wrapped.bytes);
    altered.writeUInt8(altered.readUInt8(30) ^ 1, 30);
    expect(() => unwrapDataKey(after, wrapped, 'request/2')).toThrow(SealBroken);
    expect(() => unwrapDataKey(after, { ...wrapped, keyId: otherId }, 'request/1')).toThrow(SealBroken);
    expect(() => unwrapDataKey(after, { ...wrapped, keyId: 'nobody' }, 'request/1')).toThrow('"nobody"');
    expect(() => unwrapDataKey(after, { ...wrapped, bytes: altered }, 'request/1')).toThrow(SealBroken);
  });
});

describe('a sealed text', () => {
  it('opens to what it was', () => {
    const key = newDataKey();
    const wellFormed = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(wellFormed, wellFormed, (text, context) => {
        expect(openText(key, sealText(key, text, context), context)).toBe(text);
      }),
    );
  });

  it('does not show the text', () => {
    expect(sealText(newDataKey(), 'erika@example.org', 'c').includes('erika')).toBe(false);
  });

  it('does not open with another key or in another place', () => {
    const key = newDataKey();
    const sealed = sealText(key, 'erika@example.org', 'identity/1');
    expect(() => openText(newDataKey(), sealed, 'identity/1')).toThrow(SealBroken);
    expect(() => openText(key, sealed, 'identity/2')).toThrow(SealBroken);
  });

  it('says nothing of the text when it does not open', () => {
    const sealed = sealText(newDataKey(), 'erika@example.org', 'identity/1');
    expect(() => openText(newDataKey(), sealed, 'identity/1')).toThrow(/^A sealed value does not open/);
  });
});
