/**
 * Checks the report of a retention review that anybody may have written, with the public keys alone: the signature over its
 * exact bytes, that it is of a format known here, and that its figures agree.
 *
 *     { "document": "the report's own text", "signature": a detached JWS over it (platform/signing.ts) }
 */
import { readFile, stat } from 'node:fs/promises';
import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { NotFound } from '../domain/errors.ts';
import { PARTIES } from '../domain/parties.ts';
import { WEIGHTS } from '../domain/retention/decide.ts';
import { SHOWN_GROUND_KINDS } from '../domain/retention/rendering.ts';
import { REPORT_AUDIENCES, RETENTION_REPORT_FORMAT, contradictionsInReport } from '../domain/retention/report.ts';
import type { RetentionReport } from '../domain/retention/report.ts';
import { FINDING_OUTCOMES, PROPOSAL_STATES } from '../domain/retention/review.ts';
import { FORCES, REQUIREMENTS, RETENTION_PURPOSES } from '../domain/retention/words.ts';
import type { PackageProblem } from './package-verification.ts';
import { SignatureInvalid, canonicalJws, jwsText, verifyDetached } from './signing.ts';

export interface RetentionReportCheck {
  readonly ok: boolean;
  readonly problems: readonly PackageProblem[];
  /** Undefined when there is none that can be read. Not to be believed unless `ok`. */
  readonly report: RetentionReport | undefined;
}

const DOCUMENT = 'document';
const SIGNATURE = 'signature';

/** A report has some hundred kilobytes; what is larger than this is none of ours. */
const MAX_BYTES = 64 * 2 ** 20;

/** The file at `path` when it is a report's; undefined when it is something else. Throws NotFound. */
export async function readRetentionReportFile(path: string): Promise<Buffer | undefined> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts) throw new NotFound(`The file ${path} cannot be opened.`);
  if (!facts.isFile() || facts.size > MAX_BYTES) return undefined;
  const bytes = await readFile(path);
  return bytes.toString('latin1', 0, 1) === '{' ? bytes : undefined;
}

export async function verifyRetentionReport(file: Buffer, publicKeys: JSONWebKeySet): Promise<RetentionReportCheck> {
  const problems: PackageProblem[] = [];
  const parsed = signedReport.safeParse(parseJson(file)).data;
  if (parsed === undefined) {
    const what = 'is no report of a retention review with its signature';
    return { ok: false, problems: [{ path: DOCUMENT, what }], report: undefined };
  }
  const document = Buffer.from(parsed.document);
  try {
    await verifyDetached(document, canonicalJws(Buffer.from(jwsText(parsed.signature))), publicKeys);
  } catch (error) {
    if (!(error instanceof SignatureInvalid)) throw error;
    problems.push({ path: SIGNATURE, what: `does not prove the report: ${error.message}` });
  }
  const report = parseRetentionReport(document);
  if (report === undefined) problems.push({ path: DOCUMENT, what: 'is not a report of a known format' });
  else for (const what of contradictionsInReport(report)) problems.push({ path: DOCUMENT, what });
  return { ok: problems.length === 0, problems, report };
}

/** Undefined when it is not of a format that is known here. */
export function parseRetentionReport(document: Buffer): RetentionReport | undefined {
  return retentionReport.safeParse(parseJson(document)).data;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

const signedReport = z.strictObject({
  document: z.string(),
  signature: z.strictObject({ protected: z.string(), signature: z.string() }),
});

const count = z.int().nonnegative();
const text = z.string();
const id = z.uuid();
const instant = z.iso.datetime({ precision: 3 });
const counts = { due: count, erased: count, retained: count, waiting: count };
/** JSON has no dates. */
const until = z.union([z.literal('open'), instant.transform((at) => new Date(at))]);

const ground = z.strictObject({
  kind: z.enum(SHOWN_GROUND_KINDS),
  id: text.nullable(),
  version: z.int().positive().nullable(),
  force: z.enum(FORCES).nullable(),
  requirement: z.enum(REQUIREMENTS).nullable(),
  purpose: z.enum(RETENTION_PURPOSES).nullable(),
  party: z.enum(PARTIES),
  exemption: text.nullable(),
  weight: z.enum(WEIGHTS),
  overrideId: text.nullable(),
  overridableBy: z.enum([...PARTIES, 'nobody']),
  until,
});

const records = z.strictObject({
  source: text,
  collection: text,
  outcome: z.enum(FINDING_OUTCOMES),
  rows: z.int().positive(),
  grounds: z.array(ground).nullable(),
  keptUntil: instant.nullable(),
});

/** Strict: what is not known here cannot be vouched for. */
const retentionReport: z.ZodType<RetentionReport> = z.strictObject({
  format: z.literal(RETENTION_REPORT_FORMAT),
  audience: z.enum(REPORT_AUDIENCES),
  reviewId: id,
  workspace: z.strictObject({ id, name: text }),
  asOf: instant,
  startedAt: instant,
  finishedAt: instant,
  versions: z.strictObject({ dataMap: text, schedule: text.nullable(), software: text }),
  totals: z.strictObject(counts),
  erasures: z.array(
    z.strictObject({ erasureId: id, recordClass: text, root: text.nullable(), leaves: count.nullable() }),
  ),
  proposals: z.array(
    z.strictObject({
      id,
      recordClass: text,
      state: z.enum(PROPOSAL_STATES),
      asOf: instant,
      rows: count,
      approvalsNeeded: z.int().positive(),
    }),
  ),
  continuedRequests: count,
  ownRecords: z.strictObject({ packages: count, idempotencyKeys: count, messages: count }),
  notReviewed: z.array(text),
  errors: z.array(z.strictObject({ recordClass: text.nullable(), problem: text })),
  forecastAsOf: instant.nullable(),
  forecast: z.array(
    z.strictObject({ month: z.string().regex(/^\d{4}-\d{2}$/), recordClass: text, rows: z.int().positive() }),
  ),
  classes: z.array(z.strictObject({ recordClass: text, ...counts, records: z.array(records) })),
  holdsToReview: z.array(id),
});
