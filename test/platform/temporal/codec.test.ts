import { defaultPayloadConverter } from '@temporalio/common';
import type { Payload } from '@temporalio/common';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SealBroken } from '../../../domain/errors.ts';
import * as summaries from '../../../domain/summaries.ts';
import { createPayloadCodec } from '../../../platform/temporal/codec.ts';
import { freshKeyRing, freshKeyRings } from '../fresh-key-ring.ts';

const toPayload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value) ?? {};
const textOf = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('utf8');
const encodingOf = (payload: Payload | undefined): string => textOf(payload?.metadata?.['encoding']);

/** What the SDK answers about a run. */
const metadataOf = ({
  type = 'dataSubjectRequest',
  currentDetails = '',
  description = 'Returns a sensible stack trace.',
}) => ({
  definition: {
    type,
    queryDefinitions: [{ name: '__stack_trace', description }, { name: 'currentStatus' }],
    signalDefinitions: [{ name: 'instructionGiven' }],
    updateDefinitions: [],
  },
  currentDetails,
});

const codecOf = async (namespace = 'steward') => createPayloadCodec(await freshKeyRing(), namespace);

describe('the payload codec', () => {
  it('gives back every value as it was', async () => {
    const codec = await codecOf();
    /** As JSON has it, which writes -0 as 0. */
    const json = fc.jsonValue().map((drawn) => JSON.parse(JSON.stringify(drawn)) as unknown);
    const value = fc.oneof(json, fc.uint8Array(), fc.constant(undefined), fc.string({ unit: 'grapheme' }));
    await fc.assert(
      fc.asyncProperty(fc.array(value), async (values) => {
        const encoded = await codec.encode(values.map(toPayload));
        const decoded = await codec.decode(encoded);
        expect(decoded.map((payload) => defaultPayloadConverter.fromPayload(payload))).toEqual(values);
      }),
    );
  });

  it('keeps a payload with all its metadata', async () => {
    const codec = await codecOf();
    const payload = {
      metadata: { encoding: Buffer.from('json/plain'), type: Buffer.from('x') },
      data: Buffer.from('1'),
    };
    const [decoded] = await codec.decode(await codec.encode([payload]));
    expect(encodingOf(decoded)).toBe('json/plain');
    expect(textOf(decoded?.metadata?.['type'])).toBe('x');
    expect(textOf(decoded?.data)).toBe('1');
  });

  it('shows of a payload its encoding and the name of its key, and nothing else', async () => {
    const ring = await freshKeyRing();
    const [encoded] = await createPayloadCodec(ring, 'steward').encode([toPayload({ email: 'erika@example.org' })]);
    const shown = Object.entries(encoded?.metadata ?? {}).map(([name, value]) => [name, textOf(value)]);
    expect(Object.fromEntries(shown)).toEqual({
      encoding: 'binary/encrypted',
      'encryption-key-id': ring.current('codec').id,
      'encryption-original-encoding': 'json/plain',
    });
    expect(textOf(encoded?.data)).not.toContain('erika');
  });

  it('takes payloads without metadata or data', async () => {
    const codec = await codecOf();
    const [decoded] = await codec.decode(await codec.encode([{}]));
    expect(decoded?.metadata).toEqual({});
    expect(decoded?.data ?? Buffer.alloc(0)).toHaveLength(0);
    expect(await codec.encode([])).toEqual([]);
  });

  it('passes on what is not encrypted, as an operator or the server sends it', async () => {
    const payload = toPayload({ sent: 'by hand' });
    expect(await (await codecOf()).decode([payload])).toEqual([payload]);
  });
});

describe('the vocabulary of summaries', () => {
  it('passes in the clear, both ways', async () => {
    const codec = await codecOf();
    const texts = [
      summaries.found(3, 2),
      summaries.waitingForDecision(new Date(), new Date()),
      summaries.details(summaries.packing(), summaries.cancelled(new Date())),
    ];
    const encoded = await codec.encode(texts.map(toPayload));
    expect(encoded.map(({ data }) => JSON.parse(textOf(data)))).toEqual(texts);
    expect(await codec.decode(encoded)).toEqual(encoded);
  });

  it('passes as the current details of a run, in the answer that the UI asks for', async () => {
    const codec = await codecOf();
    const currentDetails = summaries.details(summaries.packing());
    for (const answer of [metadataOf({ currentDetails }), metadataOf({ currentDetails: '' })]) {
      const [encoded] = await codec.encode([toPayload(answer)]);
      expect(JSON.parse(textOf(encoded?.data))).toEqual(answer);
    }
  });

  it('is all that passes: not what merely contains, resembles or claims it', async () => {
    const codec = await codecOf();
    const clear = summaries.found(3, 2);
    const json = JSON.stringify(clear);
    const plain = (data: string, more: Record<string, string> = {}): Payload => ({
      metadata: Object.fromEntries(
        Object.entries({ encoding: 'json/plain', ...more }).map(([name, value]) => [name, Buffer.from(value)]),
      ),
      data: Buffer.from(data),
    });
    const pretenders = [
      plain(JSON.stringify(`${clear} of Erika Mustermann`)),
      plain(JSON.stringify([clear])),
      plain(JSON.stringify({ clear })),
      plain(` ${json}`),
      plain(`${json}\n`),
      plain(json.replace('F', '\\u0046')),
      plain(json.replaceAll('"', '')),
      plain(json.replaceAll('"', "'")),
      toPayload(metadataOf({ currentDetails: 'Waiting for Erika Mustermann' })),
      toPayload(metadataOf({ type: 'Erika Mustermann' })),
      toPayload(metadataOf({ description: 'Erika Mustermann' })),
      toPayload({ ...metadataOf({}), note: 'Erika Mustermann' }),
      toPayload({ currentDetails: clear }),
      plain(JSON.stringify(metadataOf({}), null, 1)),
      plain('"'),
      plain('""'),
      plain(json, { note: 'Erika Mustermann' }),
      plain(json, { encoding: 'json/protobuf' }),
      plain(json, { encoding: 'binary/plain' }),
    ];
    for (const encoded of await codec.encode(pretenders)) expect(encodingOf(encoded)).toBe('binary/encrypted');
  });

  it('lets no other text pass', async () => {
    const codec = await codecOf();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.emailAddress(), fc.lorem()), async (text) => {
        const [encoded] = await codec.encode([toPayload(text)]);
        expect(encodingOf(encoded)).toBe('binary/encrypted');
      }),
    );
  });
});

describe('the keys of the codec', () => {
  it('open what they encrypted before a rotation', async () => {
    const { before, after } = await freshKeyRings('codec', 'codec');
    const encoded = await createPayloadCodec(before, 'steward').encode([toPayload('old')]);
    const [decoded] = await createPayloadCodec(after, 'steward').decode(encoded);
    expect(decoded && defaultPayloadConverter.fromPayload(decoded)).toBe('old');
    const [fresh] = await createPayloadCodec(after, 'steward').encode([toPayload('new')]);
    expect(textOf(fresh?.metadata?.['encryption-key-id'])).toBe(after.current('codec').id);
  });

  it('are named when one is missing, and no data with them', async () => {
    const [ours, theirs] = [await freshKeyRing(), await freshKeyRing()];
    const encoded = await createPayloadCodec(theirs, 'steward').encode([toPayload('erika@example.org')]);
    const id = theirs.current('codec').id;
    await expect(createPayloadCodec(ours, 'steward').decode(encoded)).rejects.toThrow(
      new SealBroken(`The key ring has no codec key "${id}".`),
    );
  });

  it('do not open a payload of another namespace, with another encoding, under another id, or altered', async () => {
    const { after } = await freshKeyRings('codec');
    const codec = createPayloadCodec(after, 'steward');
    const [encoded = {}] = await codec.encode([toPayload('text')]);
    const withMetadata = (name: string, value: string): Payload => ({
      ...encoded,
      metadata: { ...encoded.metadata, [name]: Buffer.from(value) },
    });
    const altered = Buffer.from(encoded.data ?? []);
    altered.writeUInt8(altered.readUInt8(altered.length - 1) ^ 1, altered.length - 1);
    await expect(createPayloadCodec(after, 'other').decode([encoded])).rejects.toThrow(SealBroken);
    const forgeries = [
      withMetadata('encryption-original-encoding', 'binary/plain'),
      withMetadata('encryption-key-id', after.all('codec')[1]?.id ?? ''),
      { ...encoded, data: altered },
      { ...encoded, data: null },
    ];
    for (const forgery of forgeries) await expect(codec.decode([forgery])).rejects.toThrow(SealBroken);
  });
});
