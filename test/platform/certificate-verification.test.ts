import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import type { JSONWebKeySet } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  CERTIFICATE_FILE,
  CERTIFICATE_PAPER_FILE,
  CERTIFICATE_SIGNATURE_FILE,
} from '../../domain/certificate/format.ts';
import { certificateFor } from '../../domain/certificate/issue.ts';
import { packCertificate, unpackCertificate, verifyCertificate } from '../../platform/certificate-verification.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { jwsText, publicKeySet, signDetached } from '../../platform/signing.ts';
import { evidence, failedEvidence, identity, nothingFound } from '../domain/certificate/evidence-fixture.ts';
import { freshKeyRing } from './fresh-key-ring.ts';
import { runs } from '../support/property-runs.ts';

const PAPER = Buffer.from('%PDF-1.7 in words');

let ring: KeyRing;
beforeAll(async () => {
  ring = await freshKeyRing();
});

const paperOf = (content: Buffer) => ({
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
});

const issued = (given = evidence()) => ({ ...certificateFor(given, 'controller', identity), paper: paperOf(PAPER) });

/** Signed as it is, right or wrong. */
async function archiveOf(certificate: unknown, paper = PAPER): Promise<Buffer> {
  const document = Buffer.from(JSON.stringify(certificate, null, 2));
  const signature = Buffer.from(jwsText(await signDetached(ring, document)));
  return packCertificate(
    new Map([
      [CERTIFICATE_FILE, document],
      [CERTIFICATE_SIGNATURE_FILE, signature],
      [CERTIFICATE_PAPER_FILE, paper],
    ]),
  );
}

const verify = (archive: Buffer) => verifyCertificate(archive, publicKeySet(ring));

const problems = async (archive: Buffer): Promise<string> =>
  (await verify(archive)).problems.map(({ path, what }) => `${path}: ${what}`).join('\n');

describe('a certificate that an earlier version has written', () => {
  const read = (name: string) => readFile(join(import.meta.dirname, 'certificates', name));

  it.each(['controller', 'subject'])('for the %s verifies, to the byte', async (audience) => {
    const keys = JSON.parse((await read('keys-0.1.json')).toString('utf8')) as JSONWebKeySet;
    const archive = await read(`${audience}-0.1.steward-certificate.zip`);
    const report = await verifyCertificate(archive, keys);
    expect(report).toMatchObject({ ok: true, problems: [], certificate: { audience } });
    const files = await unpackCertificate(archive);
    expect(files && packCertificate(files).equals(archive)).toBe(true);
  });
});

describe('a certificate', () => {
  it.each([
    ['of an erasure', evidence()],
    ['of a failed one', failedEvidence()],
    ['of nothing', nothingFound()],
  ])('%s that was not touched verifies, and is answered', async (_name, given) => {
    const report = await verify(await archiveOf(issued(given)));
    expect(report).toMatchObject({ ok: true, problems: [], certificate: { certificateId: identity.certificateId } });
  });

  it('in which any byte of the archive was changed is found out', async () => {
    const archive = await archiveOf(issued());
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: archive.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const changed = Buffer.from(archive);
        changed[at] = (changed[at] ?? 0) ^ by;
        expect((await verify(changed)).ok).toBe(false);
      }),
      { numRuns: runs(400) },
    );
  });

  it('in which any field was changed or taken out is found out, and the signature named', async () => {
    const certificate = issued();
    const archive = await archiveOf(certificate);
    const signature = (await filesOf(archive)).get(CERTIFICATE_SIGNATURE_FILE) ?? Buffer.alloc(0);
    for (const path of leavesOf(certificate)) {
      for (const change of CHANGES) {
        const document = Buffer.from(JSON.stringify(changedAt(certificate, path, change), null, 2));
        const files = new Map([
          [CERTIFICATE_FILE, document],
          [CERTIFICATE_SIGNATURE_FILE, signature],
          [CERTIFICATE_PAPER_FILE, PAPER],
        ]);
        expect(await problems(packCertificate(files)), path.join('.')).toContain(CERTIFICATE_SIGNATURE_FILE);
      }
    }
  });

  it('of which the end was cut off, or that has something added, is found out', async () => {
    const archive = await archiveOf(issued());
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: archive.length - 1 }), async (length) => {
        expect((await verify(archive.subarray(0, length))).ok).toBe(false);
      }),
    );
    expect((await verify(Buffer.concat([archive, Buffer.from([0])]))).ok).toBe(false);
    expect((await verify(Buffer.concat([Buffer.from('x'), archive]))).ok).toBe(false);
  });

  it('that is signed and does not add up is found out, and what does not is named', async () => {
    const sound = issued();
    const wrong = { ...sound, totals: { ...sound.totals, erased: 9 } };
    expect(await problems(await archiveOf(wrong))).toContain('totals.erased is not the sum of the counts');
    const leaves = { ...sound, evidence: { ...sound.evidence, leaves: 1 } };
    expect(await problems(await archiveOf(leaves))).toContain('1 leaves for 1241 records');
  });

  it('with another printed one beside it is found out', async () => {
    expect(await problems(await archiveOf(issued(), Buffer.from('%PDF-1.7 other words')))).toBe(
      `${CERTIFICATE_PAPER_FILE}: was changed: it is not the one that the certificate names`,
    );
  });

  it('that says more than the format knows is not believed', async () => {
    expect(await problems(await archiveOf({ ...issued(), alsoErased: 'everything' }))).toContain('known format');
    expect(await problems(await archiveOf({ ...issued(), format: 'steward-certificate/9' }))).toContain('known format');
  });

  it('signed by a key that is not ours is found out', async () => {
    const report = await verifyCertificate(await archiveOf(issued()), publicKeySet(await freshKeyRing()));
    expect(report.problems).toEqual([{ path: CERTIFICATE_SIGNATURE_FILE, what: expect.stringContaining('key') }]);
  });

  it('that is no archive gives a report and no exception', async () => {
    for (const bytes of ['', 'hello', 'certificate.json']) {
      expect(await problems(Buffer.from(bytes))).toContain('archive: is not a zip');
    }
  });
});

async function filesOf(archive: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  return (await unpackCertificate(archive)) ?? new Map();
}

type Path = readonly (string | number)[];

/** Of every value that is neither an object nor a list. */
function leavesOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

type Change = (value: unknown) => unknown;

const CHANGES: readonly Change[] = [
  (value) => (typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${String(value)}x`),
  () => undefined,
];

function changedAt(value: unknown, [step, ...rest]: Path, change: Change): unknown {
  if (step === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((each, index) => (index === Number(step) ? changedAt(each, rest, change) : each));
  const record = value as Readonly<Record<string, unknown>>;
  return { ...record, [step]: changedAt(record[step], rest, change) };
}
