import { z } from 'zod';
import { PARTIES } from '../../domain/parties.ts';
import { PROPOSAL_STATES } from '../../domain/retention/review.ts';
import { VERDICTS } from '../../platform/records/erasure-approvals.ts';
import { id, instant, shownInstant, text } from './common.ts';
import { namedInstruction } from './instructions.ts';

const count = z.int();

export const ofReview = z.object({ reviewId: id });

export const startedReview = z
  .object({ workspaceId: z.string().nullable().meta({ description: 'Null: all of them.' }) })
  .meta({ id: 'RetentionReviewStarted' });

export const shownRetentionReview = z
  .object({
    id: z.string(),
    startedAt: shownInstant,
    asOf: shownInstant.meta({ description: 'Due is what had ended by then.' }),
    finishedAt: shownInstant.nullable(),
    scheduleVersion: z.string().nullable(),
    mapVersion: z.string(),
    counts: z
      .object({
        due: count.meta({ description: 'Records that nothing keeps any more by the schedule: the sum of the others.' }),
        erased: count,
        retained: count.meta({
          description: 'By a hold, a state of the business, records that refer to them, or people.',
        }),
        waiting: count.meta({ description: 'For approval.' }),
      })
      .nullable()
      .meta({ description: 'Null while it goes on.' }),
    errors: count.nullable(),
  })
  .meta({ id: 'RetentionReview' });

export const shownReport = z
  .object({
    document: z.string().meta({ description: 'The report, as JSON; the signature is over its exact bytes.' }),
    signature: z
      .object({ protected: z.string(), signature: z.string() })
      .meta({ description: 'A detached JWS (RFC 7515, appendix F; RFC 7797).' }),
  })
  .meta({ id: 'RetentionReport' });

export const shownForecast = z
  .object({
    reviewId: z.string(),
    asOf: shownInstant,
    months: z
      .array(
        z.object({ month: z.string().meta({ description: 'Such as 2026-12.' }), recordClass: z.string(), rows: count }),
      )
      .readonly(),
  })
  .meta({ id: 'RetentionForecast' });

export const ofProposal = z.object({ proposalId: id });

export const proposalFilters = { state: z.enum(PROPOSAL_STATES).optional() };

export const shownProposal = z
  .object({
    id: z.string(),
    recordClass: z.string(),
    state: z.enum(PROPOSAL_STATES),
    asOf: shownInstant.meta({ description: 'It is of what had ended by then. What came due later is no part of it.' }),
    rows: count,
    collections: z.array(z.object({ source: z.string(), collection: z.string(), rows: count })).readonly(),
    approvalsNeeded: count.meta({ description: 'How many different people must approve it.' }),
    revision: count.meta({
      description: 'Rises when a review finds something else, until somebody has said a word on it.',
    }),
    createdAt: shownInstant,
    closedAt: shownInstant.nullable(),
    againAt: shownInstant
      .nullable()
      .meta({ description: 'Of a rejection: until then the class is not proposed again.' }),
    erased: count.nullable(),
    words: z
      .array(z.object({ principalId: z.string(), party: z.enum(PARTIES), verdict: z.enum(VERDICTS), at: shownInstant }))
      .readonly(),
  })
  .meta({ id: 'RetentionProposal' });

const revision = z
  .int()
  .min(1)
  .max(1_000_000_000)
  .meta({ description: 'What you have looked at: 409 when it is another by now.' });

export const proposalApproval = z.strictObject({
  revision,
  note: text(4000).optional().meta({ description: 'Kept beside the audit log.' }),
  instruction: namedInstruction.optional(),
});

export const proposalRejection = z.strictObject({
  revision,
  reason: text(4000).meta({ description: 'Kept beside the audit log.' }),
  againAt: instant
    .refine((at) => at.getTime() > Date.now(), 'It must lie ahead.')
    .optional()
    .meta({ description: 'Until when the class is not proposed again; 90 days, when left out.' }),
  instruction: namedInstruction.optional(),
});
