import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Conflict, InvalidConfiguration, SealBroken } from '../../domain/errors.ts';
import { ensureKeyRing, loadKeyRing, rotateKey } from '../../platform/key-ring.ts';
import { SECRET_PURPOSES, requireKey } from '../../platform/keys.ts';
import { freshKeyRing } from './fresh-key-ring.ts';

describe('the key ring file', () => {
  let folder = '';
  let file = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'steward-keys-'));
    file = join(folder, 'inner', 'keys.json');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const edit = async (change: (ring: Record<string, never>) => unknown) => {
    const ring = JSON.parse(await readFile(file, 'utf8'));
    change(ring);
    await writeFile(file, JSON.stringify(ring));
  };

  it('is made with a key of 32 bytes for each purpose, for its owner alone', async () => {
    await ensureKeyRing(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'inner'))).mode & 0o777).toBe(0o700);
    const ring = await loadKeyRing(file);
    const keys = SECRET_PURPOSES.map((purpose) => ring.current(purpose));
    expect(keys.every(({ bytes }) => bytes.length === 32)).toBe(true);
    expect(new Set(keys.map(({ bytes }) => bytes.toString('hex'))).size).toBe(SECRET_PURPOSES.length);
    expect(ring.current('codec').id).toMatch(/^codec-\d{4}-\d{2}-\d{2}-[0-9a-f]{4}$/);
    expect(ring.current('signing').privateKey.asymmetricKeyType).toBe('ed25519');
  });

  it('stays as it is when it is there', async () => {
    await ensureKeyRing(file);
    const before = await readFile(file, 'utf8');
    await ensureKeyRing(file);
    expect(await readFile(file, 'utf8')).toBe(before);
    expect(await readdir(join(folder, 'inner'))).toEqual(['keys.json']);
  });

  it('is made once by processes that start together', async () => {
    const rings = await Promise.all(
      Array.from({ length: 5 }, async () => {
        await ensureKeyRing(file);
        return loadKeyRing(file);
      }),
    );
    expect(new Set(rings.map((ring) => ring.current('codec').id)).size).toBe(1);
    expect(await readdir(join(folder, 'inner'))).toEqual(['keys.json']);
  });

  it.each([...SECRET_PURPOSES, 'signing'] as const)('gets a new %s key and keeps the old one', async (purpose) => {
    await ensureKeyRing(file);
    const before = (await loadKeyRing(file)).current(purpose).id;
    const id = await rotateKey(file, purpose);
    const ring = await loadKeyRing(file);
    expect(ring.current(purpose).id).toBe(id);
    expect(ring.all(purpose).map((key) => key.id)).toEqual([id, before]);
    expect(ring.find(purpose, before)?.id).toBe(before);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'inner'))).toEqual(['keys.json']);
  });

  it('notes when a signing key was retired', async () => {
    await ensureKeyRing(file);
    await rotateKey(file, 'signing');
    const [current, retired] = (await loadKeyRing(file)).all('signing');
    expect(current?.retiredAt).toBeUndefined();
    expect(retired?.retiredAt?.getTime()).toBeGreaterThanOrEqual(retired?.createdAt.getTime() ?? Infinity);
  });

  it('loses no key to rotations at the same time', async () => {
    await ensureKeyRing(file);
    const outcomes = await Promise.allSettled(SECRET_PURPOSES.map((purpose) => rotateKey(file, purpose)));
    const ring = await loadKeyRing(file);
    for (const [index, outcome] of outcomes.entries()) {
      const purpose = SECRET_PURPOSES[index] ?? 'codec';
      if (outcome.status === 'fulfilled') expect(ring.current(purpose).id).toBe(outcome.value);
      else expect(outcome.reason).toBeInstanceOf(Conflict);
    }
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it('gives its new keys to processes that run on: at once by name, and soon as the current ones', async () => {
    await ensureKeyRing(file);
    const ring = await loadKeyRing(file);
    const old = ring.current('codec').id;
    const id = await rotateKey(file, 'codec');
    expect(ring.find('codec', id)?.id).toBe(id);
    expect(ring.current('codec').id).toBe(id);
    const next = await rotateKey(file, 'codec');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1_500 });
    expect(ring.current('codec').id).toBe(next);
    expect(ring.all('codec').map((key) => key.id)).toEqual(expect.arrayContaining([old, id, next]));
    vi.useRealTimers();
  });

  it.each([
    ['spoilt', () => writeFile(file, 'spoilt')],
    ['gone', () => rm(file)],
    ['open to others', () => chmod(file, 0o644)],
  ])('goes on serving the keys that are known when it is %s', async (_, harm) => {
    await ensureKeyRing(file);
    const ring = await loadKeyRing(file);
    const before = ring.current('codec').id;
    await harm();
    expect(ring.find('codec', 'unknown')).toBeUndefined();
    expect(ring.current('codec').id).toBe(before);
  });

  it('says what to do when a rotation was cut short', async () => {
    await ensureKeyRing(file);
    await writeFile(`${file}.next`, '');
    await expect(rotateKey(file, 'codec')).rejects.toThrow(/remove .*keys\.json\.next/);
  });

  it.each([0o604, 0o640, 0o660, 0o644])('is refused with mode %o', async (mode) => {
    await ensureKeyRing(file);
    await chmod(file, mode);
    await expect(loadKeyRing(file)).rejects.toThrow(InvalidConfiguration);
    await expect(loadKeyRing(file)).rejects.toThrow(`mode 0${mode.toString(8)}`);
    await expect(rotateKey(file, 'codec')).rejects.toThrow(InvalidConfiguration);
    expect(await readdir(join(folder, 'inner'))).toEqual(['keys.json']);
  });

  it('is refused when it is missing', async () => {
    await expect(loadKeyRing(file)).rejects.toThrow(/does not exist/);
  });

  it('is refused with a key of another length, a missing current key or a stranger in it, by name and not by value', async () => {
    await ensureKeyRing(file);
    const problemOf = () => loadKeyRing(file).catch((error: unknown) => error);
    const secret = Buffer.alloc(31, 1).toString('base64');
    await edit((ring) => Object.assign(ring, { codec: { current: 'codec-x', keys: { 'codec-x': secret } } }));
    const problem = await problemOf();
    expect(problem).toBeInstanceOf(InvalidConfiguration);
    expect(inspect(problem)).toContain('codec.keys.codec-x: must be 32 bytes');
    expect(inspect(problem)).not.toContain(secret);
    await edit((ring) => Object.assign(ring, { codec: { current: 'codec-y', keys: {} } }));
    expect(inspect(await problemOf())).toContain('codec: has a current key that is not among its keys');
    await edit((ring) => Object.assign(ring, { other: 1 }));
    expect(inspect(await problemOf())).toContain('Unrecognized key: "other"');
  });

  it('is refused with two halves of different signing keys', async () => {
    await ensureKeyRing(file);
    await rotateKey(file, 'signing');
    await edit((ring) => {
      const pairs = Object.values<{ public: string }>(ring['signing']?.['keys'] ?? {});
      for (const pair of pairs) pair.public = pairs[0]?.public ?? '';
    });
    await expect(loadKeyRing(file)).rejects.toThrow(/two halves of one Ed25519 key/);
  });

  it('is refused when it is no JSON, without quoting it', async () => {
    await ensureKeyRing(file);
    await writeFile(file, 'c2VjcmV0');
    const problem = await loadKeyRing(file).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(InvalidConfiguration);
    expect(inspect(problem)).not.toContain('c2VjcmV0');
  });
});

describe('a key ring', () => {
  it('shows no key when it is printed', async () => {
    const ring = await freshKeyRing();
    expect(inspect(ring, { depth: 9 })).not.toMatch(/Buffer|Secret|Private/);
    expect(JSON.stringify(ring)).toBe('{}');
  });

  it('names the key that it lacks, and its purpose', async () => {
    const ring = await freshKeyRing();
    expect(() => requireKey(ring, 'wrapping', 'wrapping-1')).toThrow(SealBroken);
    expect(() => requireKey(ring, 'wrapping', 'wrapping-1')).toThrow('no wrapping key "wrapping-1"');
  });
});
