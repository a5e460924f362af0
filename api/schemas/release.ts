import { z } from 'zod';
import { DISCLOSURE_PURPOSES, PARTIES } from '../../domain/parties.ts';
import { EXEMPTIONS, EXEMPTION_SOURCES, RELEASE_DECISIONS } from '../../domain/release.ts';
import { REQUEST_STATUSES } from '../../domain/request.ts';
import { line, shownInstant, text } from './common.ts';
import { namedInstruction } from './instructions.ts';

const exemption = z.enum(EXEMPTIONS).meta({
  description: EXEMPTIONS.map((name) => `\`${name}\`: ${EXEMPTION_SOURCES[name]}`).join('. '),
});

const rowKey = z.record(z.string(), z.union([z.string().max(1000), z.number(), z.boolean()]));

const redaction = z.strictObject({
  collection: line(200).meta({ description: '`dataset.collection` of the data map.' }),
  rowKey: rowKey
    .optional()
    .meta({ description: 'The key columns of one row with their values; every row, when left out.' }),
  column: line(200).optional().meta({ description: 'The whole row, when left out.' }),
  exemption,
  reason: text(4000).meta({ description: 'Sealed; shown to those who review releases.' }),
});

export const newRedactions = z.strictObject({
  redactions: z.array(redaction).min(1).max(500),
  instruction: namedInstruction.optional(),
});

const shownRedaction = z
  .object({
    id: z.uuid(),
    collection: z.string(),
    rowKey: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .readonly()
      .nullable(),
    column: z.string().nullable(),
    exemption,
    reason: z.string(),
    createdBy: z.uuid(),
    party: z.enum(PARTIES).meta({ description: 'On whose side the decision was made.' }),
    instruction: z.object({ id: z.uuid(), version: z.int() }),
    createdAt: shownInstant,
    withdrawnBy: z.uuid().nullable(),
    withdrawnAt: shownInstant.nullable(),
  })
  .meta({ id: 'Redaction' });

export const exemptionLog = z.object({ items: z.array(shownRedaction).readonly() });

const hex = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{64}$/, 'It must be a SHA-256 in hex.');

export const releaseDecision = z.strictObject({
  decision: z.enum(RELEASE_DECISIONS).meta({
    description: '`release` hands the package over as it is; `rebuild` builds it again with the redactions in force.',
  }),
  manifestSha256: hex
    .optional()
    .meta({ description: 'The package that you have looked at: 409 when it has been built again since.' }),
  note: text(4000).optional().meta({ description: 'Kept beside the audit log.' }),
  instruction: namedInstruction.optional(),
});

export const filePage = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(200).meta({ description: 'Files a page.' }),
  cursor: z.coerce.number().int().min(0).default(0).meta({ description: 'The `next` of the page before.' }),
});

export const shownReview = z
  .object({
    requestId: z.uuid(),
    status: z.enum(REQUEST_STATUSES),
    packageId: z.uuid(),
    manifestSha256: z.string().meta({ description: 'Names this build of the package in the decision.' }),
    builtAt: z.iso.datetime(),
    dataMapVersion: z.string(),
    totals: z.object({ rows: z.int(), files: z.int(), missingFiles: z.int() }),
    collections: z
      .array(
        z.object({
          source: z.string(),
          collection: z.string(),
          label: z.string(),
          kind: z.string(),
          rows: z.int(),
          omitted: z.array(z.string()).readonly().meta({ description: "Columns left out on the data map's word." }),
          derived: z.array(z.string()).readonly().optional().meta({
            description:
              'Columns left out of a portable package: the person neither provided them nor was observed to.',
          }),
          withheld: z.int().optional().meta({ description: 'Rows that were found and are kept back.' }),
          mixed: z.object({ rows: z.int(), takenOut: z.boolean() }).optional().meta({
            description: 'Rows that name other people by address or number, and whether these were taken out.',
          }),
        }),
      )
      .readonly(),
    files: z.object({
      items: z.array(z.object({ path: z.string(), bytes: z.int(), sha256: z.string() })),
      next: z.int().nullable().meta({ description: 'The cursor of the next page; null on the last one.' }),
    }),
    missing: z.array(z.object({ collection: z.string(), path: z.string() })).readonly(),
    matches: z
      .object({ accepted: z.int(), rejected: z.int(), pending: z.int() })
      .meta({ description: 'Uncertain matches, as they were decided.' }),
    redactions: z.array(shownRedaction).readonly().meta({ description: 'Those in force.' }),
    needsRebuild: z.boolean().meta({ description: 'Redactions have changed since this package was built.' }),
    decision: z.enum(RELEASE_DECISIONS).nullable().meta({ description: 'On this build.' }),
    decidedBy: z
      .literal('controller')
      .meta({ description: "The party that decides; ours only under a standing instruction of the controller's." }),
    youDecide: z
      .enum(['yes', 'under_a_standing_instruction'])
      .meta({ description: 'Whether the key of this call decides by itself.' }),
  })
  .meta({ id: 'ReleaseReview' });

export const shownDisclosure = z
  .object({
    id: z.uuid(),
    packageId: z.uuid(),
    linkId: z.uuid(),
    recipient: z.string(),
    purpose: z.enum(DISCLOSURE_PURPOSES),
    startedAt: shownInstant,
    completedAt: shownInstant.nullable().meta({ description: 'The receipt: when the whole package had arrived.' }),
    bytes: z.int().nullable(),
  })
  .meta({ id: 'Disclosure' });
