/** Reading a certificate that anybody may have written. */
import { z } from 'zod';
import {
  CERTIFICATE_FORMAT,
  CERTIFICATE_KINDS,
  CERTIFICATE_RESULTS,
  LEAF_ALGORITHM,
  NOT_SEARCHED_REASONS,
  RESIDUAL_KINDS,
  TREE_ALGORITHM,
} from '../domain/certificate/format.ts';
import type { Certificate, Verification } from '../domain/certificate/format.ts';
import { REGIMES } from '../domain/deadlines.ts';
import { INSTRUCTION_SOURCES, PARTIES } from '../domain/parties.ts';
import { TASK_STATUSES } from '../domain/release.ts';
import { REQUEST_TYPES } from '../domain/request.ts';
import { SHOWN_GROUND_KINDS } from '../domain/retention/rendering.ts';
import { AUDIENCES, FORCES, REQUIREMENTS, RETENTION_PURPOSES } from '../domain/retention/words.ts';

const count = z.int().nonnegative();
const text = z.string();
const id = z.uuid();
const instant = z.iso.datetime({ precision: 3 });
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const ground = z.strictObject({
  kind: z.enum(SHOWN_GROUND_KINDS),
  id: text.nullable(),
  version: z.int().positive().nullable(),
  force: z.enum(FORCES).nullable(),
  requirement: z.enum(REQUIREMENTS).nullable(),
  purpose: z.enum(RETENTION_PURPOSES).nullable(),
  party: z.enum(PARTIES),
  exemption: text.nullable(),
});

const verification = z.strictObject({
  method: z.enum(['rescan', 'raw_search']),
  at: instant,
  result: z.enum(['passed', 'failed']),
  searched: z.strictObject({
    sources: count,
    collections: count,
    columns: count,
    records: count.nullable(),
    objects: count,
  }),
  expected: count.nullable(),
  residuals: z
    .array(z.strictObject({ source: text, place: text, kind: z.enum(RESIDUAL_KINDS), count: z.int().positive() }))
    .readonly(),
  notSearched: z
    .array(z.strictObject({ source: text.nullable(), place: text.nullable(), why: z.enum(NOT_SEARCHED_REASONS) }))
    .readonly()
    .optional(),
});

/** Strict: what is not known here cannot be vouched for. */
const certificate = z.strictObject({
  format: z.literal(CERTIFICATE_FORMAT),
  kind: z.enum(CERTIFICATE_KINDS),
  certificateId: id,
  ordinal: z.int().positive(),
  audience: z.enum(AUDIENCES),
  issuedAt: instant,
  supersedes: id.nullable(),
  supplements: id.nullable(),
  replay: z.strictObject({ restored: text, source: text, at: instant }).optional(),
  result: z.enum(CERTIFICATE_RESULTS),
  statement: text,
  workspace: z.strictObject({ id, name: text }),
  request: z.strictObject({
    id,
    type: z.enum(REQUEST_TYPES),
    regime: z.enum(REGIMES),
    receivedByControllerAt: instant,
    receivedByProcessorAt: instant,
  }),
  instruction: z.strictObject({
    id,
    version: z.int().positive(),
    source: z.enum(INSTRUCTION_SOURCES),
    attestedAt: instant,
    attestationSha256: sha256.nullable(),
  }),
  erasure: z.strictObject({
    id,
    ordinal: z.int().positive(),
    plannedAt: instant.nullable(),
    begunAt: instant.nullable(),
    erasedAt: instant.nullable(),
  }),
  versions: z.strictObject({ dataMap: text, schedule: text.nullable(), software: text }),
  systems: z.array(
    z.strictObject({
      source: text,
      status: z.enum(['erased', 'nothing_erased', 'not_erasable']),
      from: instant.nullable(),
      to: instant.nullable(),
    }),
  ),
  counts: z.array(
    z.strictObject({
      source: text,
      collection: text,
      label: text,
      erased: count,
      pseudonymised: count.nullable(),
      restricted: count.nullable(),
    }),
  ),
  media: z.array(z.strictObject({ store: text, objects: count })),
  totals: z.strictObject({
    erased: count,
    pseudonymised: count.nullable(),
    restricted: count.nullable(),
    objects: count,
  }),
  evidence: z
    .strictObject({
      leaf: z.literal(LEAF_ALGORITHM),
      tree: z.literal(TREE_ALGORITHM),
      leafKeyId: text,
      root: sha256,
      leaves: count.nullable(),
    })
    .nullable(),
  retained: z.strictObject({
    items: z.array(
      z.strictObject({
        recordClass: text,
        decision: z.enum(['retain', 'pseudonymise']),
        rows: z.int().positive().nullable(),
        grounds: z.array(ground),
        endsFirst: instant.nullable(),
        endsLast: instant.nullable(),
      }),
    ),
    undisclosed: z.boolean(),
    refused: z.strictObject({ rows: z.int().positive().nullable() }).nullable(),
  }),
  remains: z.array(
    z.strictObject({ where: z.enum(['backups', 'write_ahead_logs', 'replicas']), until: instant.nullable() }),
  ),
  subprocessors: z.strictObject({ connected: count, told: z.array(text) }),
  unconnected: z.array(z.strictObject({ system: text, outcome: z.enum(TASK_STATUSES), statement: text.nullable() })),
  verification: verification.nullable(),
  approvals: z.array(
    z.strictObject({
      principal: id.nullable(),
      party: z.enum(PARTIES),
      at: instant,
      decisions: z.int().positive(),
      instruction: z.strictObject({ id, version: z.int().positive() }),
    }),
  ),
  paper: z.strictObject({ bytes: z.int().positive(), sha256 }),
});

/** Undefined when the bytes are not a certificate of a version that is known here. */
export function parseCertificate(bytes: Uint8Array): Certificate | undefined {
  try {
    return certificate.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return undefined;
  }
}

/** As it is stored beside an erasure; undefined when there is none. Throws when it is none of ours. */
export function parseVerification(stored: unknown): Verification | undefined {
  return stored === null ? undefined : verification.parse(stored);
}
