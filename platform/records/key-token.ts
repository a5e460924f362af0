/** The form of an API key: `stw_`, an id that names it, and a secret of 32 random bytes in hex. */
import { randomBytes, randomInt } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const TOKEN = /^stw_([a-z0-9]{12})_([0-9a-f]{64})$/;

export interface KeyToken {
  readonly id: string;
  readonly secret: string;
}

export function newToken(): KeyToken {
  const id = Array.from({ length: 12 }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
  return { id, secret: randomBytes(32).toString('hex') };
}

export const writeToken = ({ id, secret }: KeyToken): string => `stw_${id}_${secret}`;

/** Undefined for what is no key. */
export function readToken(text: string): KeyToken | undefined {
  const [, id, secret] = TOKEN.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

export const isKeyId = (text: string): boolean => /^[a-z0-9]{12}$/.test(text);
