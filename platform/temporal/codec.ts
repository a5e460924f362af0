/**
 * Encrypts Temporal's payloads, so that its database, its UI and whoever operates it read nothing.
 *
 * A payload is serialised whole and sealed (XAES-256-GCM, see aead.ts) with the current codec key, bound to namespace, key
 * id and the payload's own encoding. Not to the workflow id: a codec endpoint is not told it, and a schedule's arguments
 * are encoded under another id than they are decoded under.
 *
 *     metadata.encoding                       binary/encrypted
 *     metadata.encryption-key-id              such as codec-2026-11-24-a1b2
 *     metadata.encryption-original-encoding   such as json/plain
 *
 * Summaries and current details pass in the clear (see clear-payload.ts). On the way back, what is not encrypted passes as
 * it is: those, and what an operator or the server itself has sent.
 */
import protocol from '@temporalio/proto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { bindingOf, open, seal } from '../aead.ts';
import { requireKey } from '../keys.ts';
import type { KeyRing } from '../keys.ts';
import { isClearPayload } from './clear-payload.ts';

const ENCRYPTED = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const ORIGINAL_ENCODING = 'encryption-original-encoding';

const { Payload: PayloadMessage } = protocol.temporal.api.common.v1;

/** Decoding throws SealBroken: the message names the key id when the ring lacks it, and never quotes data. */
export function createPayloadCodec(ring: KeyRing, namespace: string): PayloadCodec {
  return {
    encode: async (payloads) =>
      payloads.map((payload) => (isClearPayload(payload) ? payload : encrypt(ring, namespace, payload))),
    decode: async (payloads) =>
      payloads.map((payload) =>
        metadataOf(payload, 'encoding') === ENCRYPTED ? decrypt(ring, namespace, payload) : payload,
      ),
  };
}

function encrypt(ring: KeyRing, namespace: string, payload: Payload): Payload {
  const { id, bytes } = ring.current('codec');
  const original = metadataOf(payload, 'encoding');
  return {
    metadata: {
      encoding: Buffer.from(ENCRYPTED),
      [KEY_ID]: Buffer.from(id),
      [ORIGINAL_ENCODING]: Buffer.from(original),
    },
    data: seal(bytes, PayloadMessage.encode(payload).finish(), bindingOf('payload', namespace, id, original)),
  };
}

function decrypt(ring: KeyRing, namespace: string, payload: Payload): Payload {
  const { id, bytes } = requireKey(ring, 'codec', metadataOf(payload, KEY_ID));
  const binding = bindingOf('payload', namespace, id, metadataOf(payload, ORIGINAL_ENCODING));
  return PayloadMessage.decode(open(bytes, payload.data ?? new Uint8Array(), binding));
}

function metadataOf(payload: Payload, name: string): string {
  return Buffer.from(payload.metadata?.[name] ?? []).toString('utf8');
}
