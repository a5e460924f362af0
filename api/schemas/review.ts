import { z } from 'zod';
import { ERASURE_ACTIONS } from '../../domain/erasure.ts';
import { PARTIES } from '../../domain/parties.ts';
import { REQUEST_STATUSES } from '../../domain/request.ts';
import { DOUBTS, WEIGHTS } from '../../domain/retention/decide.ts';
import { OVERRIDE_KINDS } from '../../domain/retention/grounds.ts';
import { SHOWN_GROUND_KINDS } from '../../domain/retention/rendering.ts';
import { FORCES, REQUIREMENTS, RETENTION_PURPOSES } from '../../domain/retention/words.ts';
import { VERDICTS } from '../../platform/records/erasure-approvals.ts';
import { SHOWN_REVIEW_STATES } from '../../platform/records/erasure-summary.ts';
import { id, line, shownInstant, text } from './common.ts';
import { namedInstruction } from './instructions.ts';

const generation = z
  .int()
  .min(1)
  .max(1_000_000_000)
  .meta({ description: 'The plan that you have looked at: 409 when it has been planned again since.' });

export const approval = z.strictObject({
  generation,
  note: text(4000).optional().meta({ description: 'Kept beside the audit log.' }),
  instruction: namedInstruction.optional(),
});

export const rejection = z.strictObject({
  generation,
  reason: text(4000).meta({ description: 'Kept beside the audit log.' }),
  instruction: namedInstruction.optional(),
});

const recordKey = z.record(z.string().max(200), z.union([z.string().max(1000), z.number()]));

export const newOverride = z
  .strictObject({
    kind: z.enum(OVERRIDE_KINDS).meta({
      description:
        '`keep`: a business default stands against the request, or one record is kept. `set_aside`: a rule or an exception ' +
        'does not stand in this case.',
    }),
    ground: line(200)
      .optional()
      .meta({ description: "A rule's id or an exception's name, for all records that have it." }),
    record: z
      .strictObject({
        collection: line(200).meta({ description: '`dataset.collection` of the data map.' }),
        key: recordKey.meta({ description: 'The key columns of the row with their values.' }),
      })
      .optional()
      .meta({ description: 'One record, which can only be kept.' }),
    reason: text(4000).meta({ description: 'Sealed; shown to those who review.' }),
    instruction: namedInstruction.optional(),
  })
  .superRefine(({ kind, ground, record }, context) => {
    if ((ground === undefined) === (record === undefined))
      context.addIssue({ code: 'custom', path: ['ground'], message: 'Name either a ground or a record.' });
    else if (record !== undefined && kind === 'set_aside')
      context.addIssue({ code: 'custom', path: ['kind'], message: 'A record can only be kept.' });
  });

export const ofOverride = z.object({ requestId: id, overrideId: id });

export const decisionQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: 'Decisions a page.' }),
  cursor: id.optional().meta({ description: 'The `next` of the page before.' }),
  decision: z.enum(ERASURE_ACTIONS).optional(),
  recordClass: line(200).optional(),
  pending: z
    .enum(['true', 'false'])
    .transform((word) => word === 'true')
    .optional()
    .meta({ description: 'Whether it waits for an approval.' }),
});

const shownOverride = z
  .object({
    id: z.uuid(),
    kind: z.enum(OVERRIDE_KINDS),
    ground: z.string().nullable(),
    record: z
      .object({
        collection: z.string(),
        key: z.record(z.string(), z.union([z.string(), z.number()])).readonly(),
      })
      .nullable(),
    reason: z.string(),
    createdBy: z.uuid(),
    party: z.enum(PARTIES).meta({ description: 'Of whoever made it.' }),
    inRightOf: z.enum(PARTIES).meta({ description: 'On whose side it was made.' }),
    instruction: z.object({ id: z.uuid(), version: z.int() }),
    createdAt: shownInstant,
    withdrawnBy: z.uuid().nullable(),
    withdrawnAt: shownInstant.nullable(),
  })
  .meta({ id: 'Override' });

/** A date, or `open` while no end is known, as under a hold. */
const end = z.union([shownInstant, z.literal('open')]);

const classSummary = z.object({
  recordClass: z.string(),
  erase: z.int().meta({ description: 'Records, as are the next two.' }),
  pseudonymise: z.int(),
  retain: z.int(),
  decisions: z.int().meta({ description: 'Each is one combination of grounds in one collection.' }),
  pending: z.int().meta({ description: 'Decisions that wait for an approval.' }),
});

const toldToSubject = z.object({
  recordClass: z.string(),
  kept: z.boolean(),
  statement: z.string(),
  exemptions: z.array(z.string()).readonly(),
  end: end.optional(),
});

export const shownReview = z
  .object({
    requestId: z.uuid(),
    status: z.enum(REQUEST_STATUSES),
    erasureId: z.uuid(),
    generation: z.int().meta({ description: 'Counts the plans; an approval names it.' }),
    state: z.enum(SHOWN_REVIEW_STATES).meta({
      description:
        '`stale`: a hold, an override or the schedule has changed, and it is about to be planned again. `closed`: erasing has ' +
        'begun, or the request has ended.',
    }),
    plannedAt: shownInstant.nullable(),
    mapVersion: z.string().nullable(),
    scheduleVersion: z.string().nullable(),
    classes: z.array(classSummary).readonly(),
    pending: z.int(),
    peopleNeeded: z.int().meta({ description: 'How many different people must yet approve.' }),
    voices: z
      .array(
        z.object({
          principalId: z.uuid(),
          party: z.enum(PARTIES),
          verdict: z.enum(VERDICTS),
          decisions: z.int().meta({ description: "On how many of the present plan's." }),
          lastAt: shownInstant,
        }),
      )
      .readonly(),
    overrides: z.array(shownOverride).readonly(),
    coolingOffDays: z.int(),
    coolingOffUntil: shownInstant.nullable(),
    decidedBy: z
      .literal('controller')
      .meta({ description: "The party that decides; ours only under a standing instruction of the controller's." }),
    youDecide: z
      .enum(['yes', 'under_a_standing_instruction'])
      .meta({ description: 'Whether the key of this call decides by itself.' }),
    forSubject: z.array(toldToSubject).readonly().meta({
      description: 'What the person may be told: true, without numbers, and without what is kept in confidence.',
    }),
  })
  .meta({ id: 'ErasureReview' });

const shownGround = z.object({
  kind: z.enum(SHOWN_GROUND_KINDS).meta({
    description: '`legal_duty`: of the processor, of which no more may be told.',
  }),
  id: z.string().nullable().meta({ description: "A rule's, a hold's or an override's id, or an exception's name." }),
  version: z.int().nullable(),
  force: z.enum(FORCES).nullable(),
  requirement: z.enum(REQUIREMENTS).nullable(),
  purpose: z.enum(RETENTION_PURPOSES).nullable(),
  party: z.enum(PARTIES),
  exemption: z.string().nullable(),
  basis: z.string().nullable(),
  source: z.string().nullable(),
  weight: z.enum(WEIGHTS).meta({ description: '`yields`: a business default, against a valid request.' }),
  overrideId: z.string().nullable(),
  overridableBy: z.enum([...PARTIES, 'nobody']),
  until: end,
});

const shownDecision = z
  .object({
    id: z.uuid(),
    recordClass: z.string(),
    source: z.string(),
    collection: z.string(),
    decision: z.enum(ERASURE_ACTIONS),
    rows: z.int(),
    keeps: z.array(z.string()).readonly().meta({ description: 'Columns that stay, of a pseudonymisation.' }),
    ends: z.object({ first: shownInstant.nullable(), last: shownInstant.nullable() }).nullable().meta({
      description: 'When the first and the last record are no longer kept; null is open. Null of an erasure.',
    }),
    grounds: z.array(shownGround).readonly(),
    doubts: z.array(z.enum(DOUBTS)).readonly().meta({ description: 'Why a person must look.' }),
    approvalsNeeded: z.int(),
    pending: z.boolean(),
    words: z
      .array(z.object({ principalId: z.uuid(), party: z.enum(PARTIES), verdict: z.enum(VERDICTS), at: shownInstant }))
      .readonly(),
    samples: z
      .array(
        z.object({
          key: z.record(z.string(), z.string()).readonly(),
          columns: z.record(z.string(), z.string()).readonly(),
        }),
      )
      .readonly()
      .meta({ description: 'Some of its rows, masked. That they were looked at is audited.' }),
  })
  .meta({ id: 'ErasureDecision' });

export const decisionPage = z.object({
  items: z.array(shownDecision).readonly(),
  next: z.string().nullable().meta({ description: 'The cursor of the next page; null on the last one.' }),
});
