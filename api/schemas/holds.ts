import { z } from 'zod';
import { HOLD_ANSWERS } from '../../domain/hold-check.ts';
import { HOLD_PURPOSES, HOLD_STATES } from '../../domain/holds.ts';
import { PARTIES } from '../../domain/parties.ts';
import { AUDIENCES } from '../../domain/retention/words.ts';
import { id, instant, line, shownInstant, text } from './common.ts';
import { instructionChoice } from './instructions.ts';

const MAX_RECORDS = 1_000;

const identity = z.strictObject({
  type: line(64).meta({ description: 'What the data map searches by, such as `email`.' }),
  value: line(512).meta({ description: 'As it is: from a digest nobody could be found.' }),
});

const record = z.strictObject({
  collection: line(200).meta({ description: '`dataset.collection` of the data map.' }),
  key: z.record(line(63), z.union([line(512), z.number()])).meta({ description: 'Its primary key: column to value.' }),
});

const day = z.iso.date({ error: 'It must be a date, such as 2026-01-31.' });

const dates = z
  .strictObject({ from: day.optional(), to: day.optional() })
  .refine(({ from, to }) => from !== undefined || to !== undefined, 'Give from, to or both.')
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ['to'],
    error: 'It must not be before from.',
  })
  .meta({ description: 'When the records arose, both days included.' });

const scope = z
  .strictObject({
    workspace: z.literal(true).optional().meta({ description: 'Everything of the workspace; with `dates` or alone.' }),
    subject: z.array(identity).min(1).max(20).optional().meta({ description: 'All that is found of this person.' }),
    records: z.array(record).min(1).max(MAX_RECORDS).optional(),
    classes: z.array(line(200)).min(1).max(100).optional().meta({ description: 'Record classes of the data map.' }),
    dates: dates.optional(),
  })
  .refine(
    (parts) => Object.values(parts).some((part) => part !== undefined),
    'Say what is held: subject, records, classes or dates; {"workspace": true} holds everything.',
  )
  .refine(({ workspace, subject, records, classes }) => !workspace || !(subject ?? records ?? classes), {
    path: ['workspace'],
    error: 'The other parts say that it is not everything; take one of the two away.',
  })
  .meta({ description: 'What it covers, whenever it is asked. All parts that are given must apply.' });

export type SentScope = z.output<typeof scope>;

const reviewAt = instant
  .refine((at) => at > new Date(), 'It must be in the future.')
  .meta({ description: 'When somebody is to look whether it is still needed. A hold never ends by itself.' });

const matter = text(2000).meta({ description: 'What it is for: the case, the audit.' });

const reason = text(4000).meta({ description: 'Kept beside the audit log.' });

const namedInstruction = z
  .strictObject({ id, version: z.int().min(1).max(1_000_000).optional() })
  .transform((named) => ({ id: named.id, version: named.version }))
  .meta({ description: "A standing instruction of the controller's; needed of the processor's keys." });

export const newHold = z.strictObject({
  scope,
  matter,
  authority: line(1000).meta({ description: 'On whose order, or under which law.' }),
  purpose: z.enum(HOLD_PURPOSES),
  party: z.enum(PARTIES).optional().meta({
    description:
      "Whose hold it is: the controller's, or the processor's own under a legal duty. The key's, when left out.",
  }),
  visibility: z.enum(AUDIENCES).default('controller').meta({
    description:
      'Who may know of it, beside those within: the processor alone, the controller too, or also the subject.',
  }),
  reviewAt: reviewAt.optional(),
  notifyEmail: z.email().max(320).optional().meta({
    description: "Who is told of its release by mail, beside the workspace's contact.",
  }),
  instruction: instructionChoice.optional().meta({
    description: "Needed of the processor's keys for a controller's hold; one that covers `hold_placement`.",
  }),
  note: text(4000).optional().meta({ description: 'Kept beside the audit log.' }),
});

export const holdChange = z.strictObject({
  reviewAt: reviewAt.nullable().optional(),
  matter: matter.optional(),
  reason,
  instruction: namedInstruction.optional(),
});

export const holdRelease = z.strictObject({ reason, instruction: namedInstruction.optional() });

export const holdCheck = z.strictObject({
  items: z
    .array(
      z.union([
        record
          .extend({
            identities: z.array(identity).min(1).max(20).optional().meta({ description: 'Of the person whose it is.' }),
          })
          .transform(({ identities, ...named }) => ({ record: named, identities: identities ?? [] })),
        z
          .strictObject({ identities: z.array(identity).min(1).max(20) })
          .transform(({ identities }) => ({ record: undefined, identities })),
      ]),
    )
    .min(1)
    .max(MAX_RECORDS)
    .meta({ description: 'Records, persons by all identities that are known of each, or records with their persons.' }),
});

export const ofHold = z.object({ holdId: id });

export const holdFilters = {
  state: z.enum(HOLD_STATES).optional(),
  reviewDue: z
    .enum(['true'])
    .transform(() => true)
    .optional()
    .meta({ description: '`true`: those alone whose day of review has passed.' }),
};

const shownRecord = z.object({
  collection: z.string(),
  key: z.record(z.string(), z.union([z.string(), z.number()])).readonly(),
});

const summary = z.object({
  id: z.uuid(),
  party: z.enum(PARTIES),
  visibility: z.enum(AUDIENCES),
  matter: z.string(),
  authority: z.string(),
  purpose: z.enum(HOLD_PURPOSES),
  scope: z.object({
    workspace: z.boolean().meta({ description: 'Nothing narrows it.' }),
    subject: z
      .array(z.object({ type: z.string() }))
      .readonly()
      .nullable()
      .meta({ description: 'The values are not shown again.' }),
    records: z.array(shownRecord).readonly().nullable(),
    classes: z.array(z.string()).readonly().nullable(),
    dates: z.object({ from: z.string().optional(), to: z.string().optional() }).nullable(),
  }),
  state: z.enum(HOLD_STATES).meta({
    description:
      '`pending`: written down, so that no erasure that is planned from now on touches what it covers, while not every ' +
      'source has stopped those under way. `effective`: every source has.',
  }),
  instruction: z.object({ id: z.uuid(), version: z.int() }).nullable(),
  notifyEmail: z.string().nullable(),
  createdBy: z.uuid(),
  createdAt: shownInstant,
  effectiveAt: shownInstant.nullable(),
  reviewAt: shownInstant.nullable(),
  reviewDue: z.boolean(),
  releasedBy: z.uuid().nullable(),
  releasedAt: shownInstant.nullable(),
});

export const shownHold = summary.meta({ id: 'HoldSummary' });

export const shownHoldDetails = summary
  .extend({
    sources: z
      .array(
        z.object({
          source: z.string(),
          state: z.enum(['pending', 'effective']),
          effectiveAt: shownInstant.nullable(),
          erasuresUnderWay: z.array(z.uuid()).readonly().meta({
            description:
              'Erasures of the workspace that were under way since the hold was placed, until the source was told.',
          }),
          erasedBefore: z
            .array(
              z.object({
                erasureId: z.uuid(),
                collection: z.string(),
                action: z.enum(['delete', 'pseudonymise']),
                rows: z.int(),
              }),
            )
            .readonly()
            .meta({ description: 'What these had erased by then. Some of it may have been what the hold is about.' }),
        }),
      )
      .readonly(),
    journal: z
      .array(
        z.object({
          at: shownInstant,
          kind: z.string(),
          actor: z.uuid().nullable().meta({ description: 'The principal; null for what Steward did by itself.' }),
          details: z.record(z.string(), z.union([z.string(), z.number(), z.null()])).readonly(),
        }),
      )
      .readonly()
      .meta({ description: 'Oldest first.' }),
  })
  .meta({ id: 'Hold' });

export const shownHoldCheck = z
  .object({
    items: z
      .array(
        z.object({
          answer: z.enum(HOLD_ANSWERS).meta({
            description: '`unknown` cannot be told without the record, and is to be treated as held.',
          }),
          holds: z.array(z.uuid()).readonly().meta({ description: 'The holds that cover it, or may.' }),
          legalDuty: z.boolean().meta({
            description: "A legal duty of the processor's covers it, or may, of which you may not know more.",
          }),
        }),
      )
      .readonly()
      .meta({ description: 'In the order of what was asked.' }),
    holds: z
      .array(z.object({ id: z.uuid(), party: z.enum(PARTIES), purpose: z.enum(HOLD_PURPOSES), matter: z.string() }))
      .readonly()
      .meta({ description: 'Those that are named above.' }),
  })
  .meta({ id: 'HoldCheck' });
