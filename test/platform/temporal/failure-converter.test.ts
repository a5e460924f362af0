import { fileURLToPath } from 'node:url';
import { ApplicationFailure } from '@temporalio/common';
import {
  decodeOptionalFailureToOptionalError,
  encodeErrorToFailure,
  loadDataConverter,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import { describe, expect, it } from 'vitest';
import { createPayloadCodec } from '../../../platform/temporal/codec.ts';
import { freshKeyRing } from '../fresh-key-ring.ts';

const failureConverterPath = fileURLToPath(new URL('../../../platform/temporal/failure-converter.ts', import.meta.url));

/** As a worker loads it: by its path. */
const converter = async () =>
  loadDataConverter({ failureConverterPath, payloadCodecs: [createPayloadCodec(await freshKeyRing(), 'steward')] });

function failureAbout(text: string): Error {
  const cause = new Error(`caused by ${text}`);
  return ApplicationFailure.create({ message: `about ${text}`, type: 'conflict', details: [{ text }], cause });
}

describe('a failure on its way to Temporal', () => {
  it('shows its type and no more: neither message, stack, details nor cause', async () => {
    const failure = await encodeErrorToFailure(await converter(), failureAbout('erika@example.org'));
    expect(failure.applicationFailureInfo?.type).toBe('conflict');
    expect([failure.message, failure.stackTrace]).toEqual(['Encoded failure', '']);
    expect([failure.cause?.message, failure.cause?.stackTrace]).toEqual(['Encoded failure', '']);
    const payloads = [failure.encodedAttributes, failure.cause?.encodedAttributes].concat(
      failure.applicationFailureInfo?.details?.payloads ?? [],
    );
    expect(payloads).toHaveLength(3);
    for (const payload of payloads) {
      expect(Buffer.from(payload?.metadata?.['encoding'] ?? []).toString()).toBe('binary/encrypted');
      expect(Buffer.from(payload?.data ?? []).toString()).not.toContain('erika');
    }
  });

  it('tells whoever holds the key everything again', async () => {
    const data = await converter();
    const error = failureAbout('erika@example.org');
    const back = await decodeOptionalFailureToOptionalError(data, await encodeErrorToFailure(data, error));
    expect(back).toBeInstanceOf(ApplicationFailure);
    expect(back?.message).toBe('about erika@example.org');
    expect(back?.stack).toContain('failureAbout');
    expect(back?.cause).toMatchObject({ message: 'caused by erika@example.org' });
    expect(back).toMatchObject({ details: [{ text: 'erika@example.org' }] });
  });
});
