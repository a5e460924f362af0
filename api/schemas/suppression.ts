import { z } from 'zod';
import { shownInstant, text } from './common.ts';
import { namedInstruction } from './instructions.ts';

const MOST = 1_000;
/** As many as a request has. */
const MOST_LIFTED = 20;

const identity = z.strictObject({
  type: z.string().min(1).max(63),
  value: z.string().min(1).max(512),
});

export const suppressionCheck = z.strictObject({ identities: z.array(identity).min(1).max(MOST) });

export const suppressionAnswers = z
  .object({
    items: z
      .array(z.object({ suppressed: z.boolean() }))
      .readonly()
      .meta({ description: 'One for each identity, in the order in which they were asked.' }),
  })
  .meta({ id: 'SuppressionAnswers' });

export const suppressionLift = z.strictObject({
  identities: z.array(identity).min(1).max(MOST_LIFTED),
  reason: text(4000).meta({ description: 'Kept beside the audit log.' }),
  instruction: namedInstruction.optional(),
});

export const liftedSuppression = z.object({ liftedAt: shownInstant }).meta({ id: 'LiftedSuppression' });
