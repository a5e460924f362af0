/** One data converter for clients and workers: every payload through the codec, failures with their texts as payloads. */
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import type { KeyRing } from '../keys.ts';
import { createPayloadCodec } from './codec.ts';

const failureConverterPath = fileURLToPath(new URL('./failure-converter.ts', import.meta.url));

export function dataConverter(ring: KeyRing, namespace: string): DataConverter {
  return { payloadCodecs: [createPayloadCodec(ring, namespace)], failureConverterPath };
}
