import { z } from 'zod';
import { MATCH_CONFIDENCES, MATCH_DECISIONS, MATCH_REVIEWS } from '../../platform/records/match-review.ts';
import { shownInstant } from './common.ts';

const matchId = z.string().regex(/^[1-9]\d{0,18}$/, 'It must be the id of a match.');

export const matchFilters = { review: z.enum(MATCH_REVIEWS).optional() };

export const shownMatch = z
  .object({
    id: matchId,
    source: z.string(),
    collection: z.string(),
    confidence: z.enum(MATCH_CONFIDENCES).meta({
      description:
        '`exact`: by an identifier of one person alone. `probable`: with something beside a shared one, or in a text. ' +
        '`weak`: it may be somebody else; it is left out unless accepted.',
    }),
    identityType: z.string().nullable().meta({ description: 'The type of the identity that points at it.' }),
    mention: z.boolean().meta({ description: 'The row is not the person’s own: a text in it mentions them.' }),
    hint: z
      .object({
        name: z.string().meta({ description: 'Initials; empty when the row bears no name.' }),
        identifiers: z.array(z.object({ type: z.string(), value: z.string() })).readonly(),
      })
      .nullable()
      .meta({ description: 'What the row has, masked; null for a match that needed no review.' }),
    review: z.enum(MATCH_REVIEWS).nullable().meta({ description: 'Null for a match that needed no review.' }),
    reviewedAt: shownInstant.nullable(),
  })
  .meta({ id: 'Match' });

export const matchDecisions = z.strictObject({
  decisions: z
    .array(z.strictObject({ matchId, decision: z.enum(MATCH_DECISIONS) }))
    .min(1)
    .max(1_000)
    .refine((all) => new Set(all.map((each) => each.matchId)).size === all.length, 'A match is in it twice.'),
});
