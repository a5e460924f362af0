/**
 * What a key ring's file holds:
 *
 *     { "version": 1,
 *       "wrapping": { "current": id, "keys": { id: base64 of 32 bytes } },
 *       "codec", "lookup", "pseudonym", "tombstone": likewise,
 *       "signing": { "current": id, "keys": { id: { private: PKCS #8 PEM, public: SPKI PEM, createdAt, retiredAt? } } } }
 *
 * No message quotes the file: parsers' own messages do, and what they would quote are keys.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { InvalidConfiguration } from '../domain/errors.ts';
import type { KeyOf, KeyPurpose, SecretKey, SecretPurpose, SigningKey } from './keys.ts';

const keyId = z.string().regex(/^[a-z0-9-]{1,80}$/, 'must be lower-case letters, digits and dashes');
const secret = z.base64().refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64');
const signingPair = z
  .strictObject({
    private: z.string(),
    public: z.string(),
    createdAt: z.iso.datetime(),
    retiredAt: z.iso.datetime().optional(),
  })
  .refine(isPair, 'must be the two halves of one Ed25519 key, as PEM');

const keysOf = <T extends z.ZodType>(key: T) =>
  z
    .strictObject({ current: keyId, keys: z.record(keyId, key) })
    .refine(({ current, keys }) => Object.hasOwn(keys, current), 'has a current key that is not among its keys');

const ringFile = z.strictObject({
  version: z.literal(1),
  wrapping: keysOf(secret),
  codec: keysOf(secret),
  lookup: keysOf(secret),
  pseudonym: keysOf(secret),
  tombstone: keysOf(secret),
  signing: keysOf(signingPair),
});
export type RingFile = z.infer<typeof ringFile>;
type SigningPair = z.infer<typeof signingPair>;

/** The current key of each purpose comes first. */
export type HeldKeys = { readonly [P in KeyPurpose]: readonly KeyOf<P>[] };

/** Throws InvalidConfiguration, naming `file` and every problem in it. */
export function parseRing(text: string, file: string): RingFile {
  const result = ringFile.safeParse(parseJson(text, file));
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `  ${path.map(String).join('.')}: ${message}`);
  throw new InvalidConfiguration(`The key ring ${file} has problems:\n${problems.join('\n')}`);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidConfiguration(`The key ring ${file} is not JSON.`);
  }
}

export const serialiseRing = (ring: RingFile): string => `${JSON.stringify(ring, null, 2)}\n`;

/** With one key per purpose. */
export function newRing(): RingFile {
  const fresh = <T>(purpose: KeyPurpose, key: T) => {
    const id = newKeyId(purpose, {});
    return { current: id, keys: { [id]: key } };
  };
  return {
    version: 1,
    wrapping: fresh('wrapping', newSecret()),
    codec: fresh('codec', newSecret()),
    lookup: fresh('lookup', newSecret()),
    pseudonym: fresh('pseudonym', newSecret()),
    tombstone: fresh('tombstone', newSecret()),
    signing: fresh('signing', newSigningPair()),
  };
}

/** Makes a new current key and answers its id. */
export function addKey(ring: RingFile, purpose: KeyPurpose): string {
  return purpose === 'signing' ? addSigningKey(ring.signing) : addSecret(ring, purpose);
}

function addSecret(ring: RingFile, purpose: SecretPurpose): string {
  const keys = ring[purpose];
  const id = newKeyId(purpose, keys.keys);
  keys.keys[id] = newSecret();
  keys.current = id;
  return id;
}

function addSigningKey(signing: RingFile['signing']): string {
  const retiring = signing.keys[signing.current];
  if (retiring) retiring.retiredAt = new Date().toISOString();
  const id = newKeyId('signing', signing.keys);
  signing.keys[id] = newSigningPair();
  signing.current = id;
  return id;
}

function newKeyId(purpose: KeyPurpose, taken: Readonly<Record<string, unknown>>): string {
  const id = `${purpose}-${new Date().toISOString().slice(0, 10)}-${randomBytes(2).toString('hex')}`;
  return Object.hasOwn(taken, id) ? newKeyId(purpose, taken) : id;
}

const newSecret = (): string => randomBytes(32).toString('base64');

function newSigningPair(): SigningPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    private: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    public: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    createdAt: new Date().toISOString(),
  };
}

function isPair(pair: { readonly private: string; readonly public: string }): boolean {
  try {
    const privateKey = createPrivateKey(pair.private);
    return (
      privateKey.asymmetricKeyType === 'ed25519' && createPublicKey(privateKey).equals(createPublicKey(pair.public))
    );
  } catch {
    return false;
  }
}

function currentFirst<T>(of: { readonly current: string; readonly keys: Readonly<Record<string, T>> }): [string, T][] {
  return Object.entries(of.keys).toSorted(([a], [b]) => Number(b === of.current) - Number(a === of.current));
}

export function heldKeys(ring: RingFile): HeldKeys {
  return {
    wrapping: secretKeys(ring.wrapping),
    codec: secretKeys(ring.codec),
    lookup: secretKeys(ring.lookup),
    pseudonym: secretKeys(ring.pseudonym),
    tombstone: secretKeys(ring.tombstone),
    signing: currentFirst(ring.signing).map(([id, pair]) => signingKey(id, pair)),
  };
}

function secretKeys(of: RingFile[SecretPurpose]): SecretKey[] {
  return currentFirst(of).map(([id, text]) => ({ id, bytes: Buffer.from(text, 'base64') }));
}

function signingKey(id: string, pair: SigningPair): SigningKey {
  return {
    id,
    privateKey: createPrivateKey(pair.private),
    publicKey: createPublicKey(pair.public),
    createdAt: new Date(pair.createdAt),
    ...(pair.retiredAt === undefined ? {} : { retiredAt: new Date(pair.retiredAt) }),
  };
}
