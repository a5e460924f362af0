import { z } from 'zod';
import { INSTRUCTION_SOURCES } from '../../domain/parties.ts';
import { INSTRUCTED_ACTIONS } from '../../domain/workspace-export.ts';
import { id, instant, isNotAhead, line, shownInstant, text } from './common.ts';

const attestation = z
  .strictObject({
    text: text(4000).meta({ description: 'The words in which the controller instructs us.' }),
    attestedBy: line(320).meta({ description: 'Who speaks for the controller.' }),
    attestedAt: instant
      .refine(isNotAhead, 'It must not be in the future.')
      .optional()
      .meta({ description: 'Now, when left out.' }),
  })
  .transform(({ attestedAt, ...rest }) => ({ ...rest, attestedAt: attestedAt ?? new Date() }));

const source = z
  .enum(INSTRUCTION_SOURCES)
  .meta({ description: 'Where the instruction comes from (GDPR Art. 28(3)(a)).' });

/** One of the register, or one that is given with the request and holds for it alone. */
export const instructionChoice = z.union([
  z
    .strictObject({
      id,
      version: z.int().min(1).max(1_000_000).optional().meta({ description: 'The newest, when left out.' }),
    })
    .transform((choice) => ({ id: choice.id, version: choice.version })),
  z.strictObject({ source, attestation }),
]);

export const namedInstruction = z
  .strictObject({
    id,
    version: z.int().min(1).max(1_000_000).optional().meta({ description: 'The newest, when left out.' }),
  })
  .transform((named) => ({ id: named.id, version: named.version }))
  .meta({
    description:
      'A standing instruction of the controller. A key of the processor decides under one that it names; a key of the controller needs none.',
  });

export const newInstruction = z
  .strictObject({
    source,
    requestTypes: z.array(z.enum(INSTRUCTED_ACTIONS)).min(1).max(INSTRUCTED_ACTIONS.length),
    attestation,
    validFrom: instant.optional().meta({ description: 'Now, when left out.' }),
    validUntil: instant.optional().meta({ description: 'Without end, when left out.' }),
  })
  .transform(({ validFrom, validUntil, requestTypes, ...rest }) => ({
    ...rest,
    requestTypes: [...new Set(requestTypes)],
    validFrom: validFrom ?? new Date(),
    validUntil: validUntil ?? null,
  }))
  .refine(({ validFrom, validUntil }) => validUntil === null || validUntil > validFrom, {
    path: ['validUntil'],
    error: 'It must be after validFrom.',
  });

export const shownInstruction = z
  .object({
    id: z.uuid(),
    version: z.int(),
    source,
    standing: z.boolean().meta({ description: 'False for one that holds for a single request.' }),
    requestTypes: z.array(z.enum(INSTRUCTED_ACTIONS)).readonly(),
    attestation: z.object({ text: z.string(), attestedBy: z.string(), attestedAt: shownInstant }),
    validFrom: shownInstant,
    validUntil: shownInstant.nullable(),
    createdBy: z.uuid(),
    createdAt: shownInstant,
    revokedAt: shownInstant.nullable(),
  })
  .meta({ id: 'Instruction' });

/** Of what is taken back, which has no body to name an instruction in. */
export const actingUnder = z
  .object({
    instructionId: id
      .optional()
      .meta({ description: 'The standing instruction that a key of the processor acts under.' }),
  })
  .transform(({ instructionId }) => ({
    instruction: instructionId === undefined ? undefined : { id: instructionId, version: undefined },
  }));
