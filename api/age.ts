/** Encryption to a recipient's key in the age format (https://age-encryption.org/v1), as a stream. */
import { Readable } from 'node:stream';
import { Encrypter } from 'age-encryption';

/** X25519, or one of the longer kinds that the library knows, such as the post-quantum one (`age1pq1…`). */
export const AGE_RECIPIENT = /^age1[0-9a-z]{58,3000}$/;

/** Whether something can be encrypted to it: form, checksum and what it encodes. */
export async function isAgeRecipient(text: string): Promise<boolean> {
  try {
    await encrypterTo(text).encrypt(new Uint8Array());
    return true;
  } catch {
    return false;
  }
}

/** Reads no faster than the answer is read; an end or a failure on either side reaches the other. */
export async function encryptTo(recipient: string, plain: Readable): Promise<Readable> {
  return Readable.fromWeb(await encrypterTo(recipient).encrypt(Readable.toWeb(plain)));
}

function encrypterTo(recipient: string): Encrypter {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return encrypter;
}
