import { z } from 'zod';
import { PARTIES } from '../../domain/parties.ts';
import { AUDIENCES, FORCES, REQUIREMENTS, RETENTION_PURPOSES } from '../../domain/retention/words.ts';
import { shownInstant } from './common.ts';

const authority = {
  collections: z.array(z.string()).readonly().meta({ description: 'Empty: every collection of the class.' }),
  where: z
    .array(
      z.object({
        column: z.string(),
        is: z.enum(['empty', 'filled']).nullable(),
        in: z
          .array(z.union([z.string(), z.number(), z.boolean()]))
          .readonly()
          .nullable(),
      }),
    )
    .readonly()
    .meta({ description: 'What a row must have, all of it.' }),
  force: z.enum(FORCES),
  purpose: z.enum(RETENTION_PURPOSES),
  party: z.enum(PARTIES),
  visibility: z.enum(AUDIENCES),
  basis: z.string(),
  source: z.string().meta({ description: 'Where the basis can be read.' }),
  exemption: z.string().nullable().meta({ description: 'What lets it stand against an erasure request.' }),
};

const rule = z.object({
  id: z.string(),
  version: z.int().meta({ description: 'Rises when its wording changes; decisions name it.' }),
  ...authority,
  requirement: z.enum(REQUIREMENTS),
  keep: z.object({
    length: z.string().meta({ description: 'ISO 8601.' }),
    fromEndOfYear: z.boolean(),
    event: z.object({
      column: z.string(),
      fallback: z.string().nullable(),
      through: z.string().nullable().meta({ description: 'The collection that has the columns.' }),
    }),
  }),
  disposition: z.enum(['keep', 'pseudonymise']).meta({ description: 'What happens to a record while it is kept.' }),
  columns: z.array(z.string()).readonly().meta({ description: 'What stays when the rest is pseudonymised.' }),
  jurisdictions: z.array(z.string()).readonly().meta({ description: 'Empty: everywhere.' }),
  overridableBy: z.enum([...PARTIES, 'nobody']),
  needsPerson: z.boolean(),
});

export const shownSchedule = z
  .object({
    version: z.string().meta({ description: 'SHA-256 over what the schedule says.' }),
    name: z.string(),
    activatedAt: shownInstant,
    classes: z
      .array(
        z.object({
          recordClass: z.string(),
          approvals: z.object({ people: z.int(), above: z.int() }),
          automatic: z.boolean(),
          rules: z.array(rule).readonly(),
          exceptions: z
            .array(
              z.object({ exception: z.enum(['open_balance', 'active_contract', 'pending_dispute']), ...authority }),
            )
            .readonly(),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'RetentionSchedule' });
