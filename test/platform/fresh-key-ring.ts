import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureKeyRing, loadKeyRing, rotateKey } from '../../platform/key-ring.ts';
import type { KeyPurpose, KeyRing } from '../../platform/keys.ts';

/** A new key ring as it was before and after the keys of the purposes given were rotated; its file is gone again. */
export async function freshKeyRings(...rotated: readonly KeyPurpose[]): Promise<{ before: KeyRing; after: KeyRing }> {
  const folder = await mkdtemp(join(tmpdir(), 'steward-keys-'));
  const file = join(folder, 'keys.json');
  try {
    await ensureKeyRing(file);
    const before = await loadKeyRing(file);
    for (const purpose of rotated) await rotateKey(file, purpose);
    return { before, after: await loadKeyRing(file) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function freshKeyRing(): Promise<KeyRing> {
  return (await freshKeyRings()).before;
}
