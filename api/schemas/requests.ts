import { z } from 'zod';
import { BLOCKERS } from '../../domain/blockers.ts';
import { REGIMES } from '../../domain/deadlines.ts';
import { DEFAULT_LANGUAGE, LANGUAGES } from '../../domain/languages.ts';
import { IDENTITY_FORMATS } from '../../domain/identities.ts';
import {
  AWAITED_DECISIONS,
  COMBINATIONS,
  OFFERED_TYPES,
  RELEASES,
  REQUEST_ACTIONS,
  REQUEST_OUTCOMES,
  REQUEST_STATUSES,
  REQUEST_TYPES,
} from '../../domain/request.ts';
import { AGE_RECIPIENT, isAgeRecipient } from '../age.ts';
import { instant, isNotAhead, line, shownInstant, teamId, text } from './common.ts';
import { instructionChoice } from './instructions.ts';
import { collectionCount, shownPackage } from './packages.ts';

const offeredType = z.enum(OFFERED_TYPES, {
  error: ({ input }) =>
    REQUEST_TYPES.some((type) => type === input)
      ? `Requests of this type are not offered by this version, which carries out: ${OFFERED_TYPES.join(', ')}.`
      : undefined,
});

/** A date further back than this is rather a slip of the pen than a request that is late. */
const OLDEST_MS = 5 * 366 * 86_400_000;

export const filing = z.strictObject({
  type: offeredType,
  regime: z
    .enum(REGIMES)
    .meta({ description: 'The law under which the controller must answer; it sets the legal clock.' }),
  regimeSource: line(200).default('named by the controller').meta({ description: 'Who says that it applies.' }),
  receivedByControllerAt: instant
    .refine(isNotAhead, 'It must not be in the future.')
    .refine((at) => at.getTime() >= Date.now() - OLDEST_MS, 'It must not be more than five years ago.')
    .meta({ description: 'When the legal clock started: the person has asked the controller.' }),
  identities: z
    .array(
      z.strictObject({
        type: line(64).meta({
          description: 'What the data map searches by, such as `email`, `phone_number`, `external_id`.',
        }),
        value: line(512),
        format: z
          .enum(IDENTITY_FORMATS)
          .default('raw')
          .meta({
            description:
              '`raw`, or the function of which `value` is the digest in lower-case hex, as OpenDSR has it. The digest is of ' +
              'the canonical value (an e-mail address in lower case, a phone number as E.164) or of the value as it is stored.',
          }),
      }),
    )
    .min(1)
    .max(20),
  combine: z
    .enum(COMBINATIONS)
    .default('any')
    .meta({
      description:
        '`any`: what any of the identities leads to. `all`: a record to start from must have every identity whose type its ' +
        'collection has columns for, in whichever of them; a collection without such a column is none to start from, but a ' +
        'text that mentions all identities is found. From there on, references are followed as ever.',
    }),
  instruction: instructionChoice.optional().meta({ description: 'Without one the request waits for it.' }),
  teamId: teamId.optional(),
  release: z
    .enum(RELEASES)
    .optional()
    .meta({
      description:
        'Whether the package goes out by itself (`immediate`) or after somebody has looked at it (`reviewed`). Left out, it is what ' +
        'the workspace has said. Where that is `reviewed`, only the controller can say `immediate`.',
    }),
  ageRecipient: z
    .string()
    .regex(AGE_RECIPIENT, 'It must be a recipient of age, age1….')
    .refine(isAgeRecipient, 'It is no valid recipient of age.')
    .optional()
    .meta({ description: 'Downloads are then encrypted to this key (https://age-encryption.org).' }),
  language: z
    .enum(LANGUAGES)
    .default(DEFAULT_LANGUAGE)
    .meta({ description: 'In which the package speaks to the person (BCP 47).' }),
  note: text(4000).optional().meta({ description: 'Kept beside the audit log.' }),
});

export const requestFilters = {
  status: z.enum(REQUEST_STATUSES).optional(),
  type: z.enum(REQUEST_TYPES).optional(),
  dueBefore: instant.optional().meta({ description: 'Legally due before this.' }),
};

export const cancellation = z.strictObject({ reason: text(4000).optional() }).optional();

const summary = z.object({
  id: z.uuid(),
  teamId: z.string().nullable(),
  type: z.enum(REQUEST_TYPES),
  regime: z.enum(REGIMES),
  regimeSource: z.string(),
  status: z.enum(REQUEST_STATUSES),
  outcome: z.enum(REQUEST_OUTCOMES).nullable(),
  release: z.enum(RELEASES),
  identityTypes: z.array(z.string()).readonly().meta({ description: 'Their values are not shown again.' }),
  instruction: z.object({ id: z.uuid(), version: z.int() }).nullable(),
  receivedByControllerAt: shownInstant,
  receivedAt: shownInstant.meta({ description: 'When we received it.' }),
  legalDueAt: shownInstant.meta({ description: "When the controller's answer is due by law." }),
  contractualDueAt: shownInstant.meta({ description: 'When we owe the controller our part.' }),
  waitingFor: z.enum(AWAITED_DECISIONS).nullable().meta({ description: 'The decision that it waits for.' }),
  waitingSince: shownInstant.nullable(),
  blockedBy: z
    .enum(BLOCKERS)
    .nullable()
    .meta({ description: 'What a step of it keeps failing on; it goes on by itself.' }),
  blockedSince: shownInstant.nullable(),
  wayOut: z.string().nullable().meta({ description: 'What ends the blockage, for an operator.' }),
  needsAttention: z.boolean(),
  actions: z.array(z.enum(REQUEST_ACTIONS)).readonly().meta({ description: 'What can be done with it now.' }),
  updatedAt: shownInstant,
  closedAt: shownInstant.nullable(),
});

export const shownRequest = summary.meta({ id: 'RequestSummary' });

export const shownRequestDetails = summary
  .extend({
    counts: z.array(collectionCount).readonly(),
    package: shownPackage.nullable(),
    erasing: z
      .object({ rows: z.int(), of: z.int() })
      .nullable()
      .meta({
        description:
          'Records that the erasing has gone through, of those that are to be erased, masked or marked; as of some seconds ago. ' +
          'Null before it has begun.',
      }),
  })
  .meta({ id: 'Request' });

export const shownTimeline = z.object({
  items: z
    .array(
      z.object({
        at: shownInstant,
        kind: z.string(),
        status: z.enum(REQUEST_STATUSES).nullable(),
        actor: z.uuid().nullable().meta({ description: 'The principal; null for what Steward did by itself.' }),
        details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).readonly(),
      }),
    )
    .readonly(),
});
