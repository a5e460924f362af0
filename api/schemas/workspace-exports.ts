import { z } from 'zod';
import { BLOCKERS } from '../../domain/blockers.ts';
import { EXPORT_FORMATS, EXPORT_STATUSES } from '../../domain/workspace-export.ts';
import { PACKAGE_STATUSES } from '../../platform/records/packages.ts';
import { id, shownInstant, text } from './common.ts';
import { instructionChoice } from './instructions.ts';

export const newExport = z.strictObject({
  instruction: instructionChoice.meta({
    description: "The controller's authority; one that covers `workspace_export`.",
  }),
  formats: z
    .array(z.enum(EXPORT_FORMATS))
    .min(1)
    .max(EXPORT_FORMATS.length)
    .default(['jsonl'])
    .transform((formats) => EXPORT_FORMATS.filter((format) => formats.includes(format)))
    .meta({ description: 'Each collection is written in each of them.' }),
  includeRedacted: z.boolean().default(false).meta({
    description:
      'Also the columns that the data map redacts, such as hashes of passwords. They are left out otherwise, and named.',
  }),
  note: text(4000).optional().meta({ description: 'Kept beside the audit log.' }),
});

export const ofWorkspace = z.object({ workspaceId: id });
export const ofExport = z.object({ workspaceId: id, exportId: id });

const summary = z.object({
  id: z.uuid(),
  status: z.enum(EXPORT_STATUSES),
  formats: z.array(z.enum(EXPORT_FORMATS)).readonly(),
  includeRedacted: z.boolean(),
  instruction: z.object({ id: z.uuid(), version: z.int() }),
  mapVersion: z.string().nullable(),
  progress: z
    .object({
      parts: z.int(),
      plannedParts: z.int().meta({ description: 'By now: each source is cut into parts when it begins.' }),
      rows: z.int(),
      plannedRows: z.int(),
      files: z.int(),
      missingFiles: z.int().meta({ description: 'Files that rows name and that the store does not have.' }),
      bytes: z.int().meta({ description: 'Of the parts as they are downloaded.' }),
    })
    .meta({ description: 'What is stored by now, of what is planned by now.' }),
  restarts: z.int().meta({ description: 'How often a source was begun again because its snapshot was lost.' }),
  blockedBy: z
    .enum(BLOCKERS)
    .nullable()
    .meta({ description: 'What a step of it keeps failing on; it goes on by itself.' }),
  blockedSince: shownInstant.nullable(),
  wayOut: z.string().nullable().meta({ description: 'What ends the blockage, for an operator.' }),
  needsAttention: z.boolean(),
  createdAt: shownInstant,
  closedAt: shownInstant.nullable(),
});

export const shownExport = summary.meta({ id: 'WorkspaceExportSummary' });

export const shownExportDetails = summary
  .extend({
    parts: z
      .array(
        z.object({
          part: z.int().meta({ description: 'Part 0 holds the manifest.' }),
          packageId: z.uuid().meta({ description: 'POST /v1/packages/{packageId}/links makes a link to it.' }),
          status: z.enum(PACKAGE_STATUSES),
          bytes: z.int(),
          sha256: z.string().meta({ description: 'Lower-case hex.' }),
          expiresAt: shownInstant,
        }),
      )
      .readonly()
      .meta({ description: 'Empty until all of it is there.' }),
    events: z
      .array(
        z.object({
          at: shownInstant,
          kind: z.string(),
          actor: z.uuid().nullable().meta({ description: 'The principal; null for what Steward did by itself.' }),
          details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).readonly(),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'WorkspaceExport' });
