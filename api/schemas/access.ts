import { z } from 'zod';
import { PARTIES, SCOPES } from '../../domain/parties.ts';
import { RELEASES } from '../../domain/request.ts';
import { isJurisdiction } from '../../domain/retention/jurisdictions.ts';
import { isKeyId } from '../../platform/records/key-token.ts';
import { instant, line, shownInstant, teamId } from './common.ts';

export const keyId = z
  .string()
  .refine(isKeyId)
  .meta({ override: { pattern: '^[a-z0-9]{12}$' } });

export const newApiKey = z.strictObject({
  name: line(200),
  party: z.enum(PARTIES),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1)
    .max(SCOPES.length)
    .transform((scopes) => [...new Set(scopes)])
    .meta({ description: 'At most those of the key that makes it.' }),
  teamId: teamId.optional().meta({ description: "The key then sees that team's requests only." }),
  expiresAt: instant.refine((at) => at > new Date(), 'It must be in the future.').optional(),
});

const OVERLAP_HOURS = 7 * 24;

export const rotation = z
  .strictObject({
    overlapHours: z
      .number()
      .min(0)
      .max(OVERLAP_HOURS)
      .default(0)
      .meta({ description: 'How long the old key works on.' }),
  })
  .prefault({});

export const shownApiKey = z
  .object({
    id: z.string(),
    principalId: z.uuid().meta({ description: 'Stays the same when the key is rotated.' }),
    party: z.enum(PARTIES),
    workspaceId: z.uuid().nullable(),
    teamId: z.string().nullable(),
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)).readonly(),
    createdAt: shownInstant,
    expiresAt: shownInstant.nullable(),
    lastUsedAt: shownInstant.nullable(),
    revokedAt: shownInstant.nullable(),
  })
  .meta({ id: 'ApiKey' });

export const createdApiKey = shownApiKey
  .extend({ secret: z.string().meta({ description: '`stw_<id>_<secret>`, shown this once; only its hash is kept.' }) })
  .meta({ id: 'CreatedApiKey' });

const jurisdictions = z
  .array(z.string().refine(isJurisdiction, 'It must be a country by ISO 3166, or a part of one, such as DE or US-CA.'))
  .max(50)
  .transform((codes) => [...new Set(codes)])
  .meta({ description: 'Whose laws command what is kept. Empty: those of every country that the schedule has.' });

const coolingOffDays = z
  .int()
  .min(0)
  .max(30)
  .meta({ description: 'Days between the approval of an erasure and its beginning, in which it can be cancelled.' });

const release = z.enum(RELEASES).meta({
  description:
    'What holds for a request that does not say so itself: its package goes out by itself (`immediate`), or after somebody has ' +
    'looked at it (`reviewed`).',
});

export const newWorkspace = z.strictObject({
  name: line(200),
  contactEmail: z.email().max(320),
  timeZone: z.string().refine(isTimeZone, 'It must be an IANA time zone, such as Europe/Berlin.').optional(),
  contractualDays: z
    .int()
    .min(1)
    .max(365)
    .optional()
    .meta({ description: 'Days in which we owe the controller our part; 14 when left out.' }),
  jurisdictions: jurisdictions.optional(),
  coolingOffDays: coolingOffDays.optional(),
  sources: z.record(line(63), line(200)).meta({ description: "Source name to the workspace's key in that source." }),
});

export const reviewDelegate = z.strictObject({
  email: z.email().max(320).nullable().meta({ description: 'Null for nobody.' }),
});

export const workspaceChange = z
  .strictObject({
    jurisdictions: jurisdictions.optional(),
    coolingOffDays: coolingOffDays.optional(),
    release: release.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'Nothing is to be changed.')
  .transform((change) => ({
    jurisdictions: change.jurisdictions,
    coolingOffDays: change.coolingOffDays,
    release: change.release,
  }));

export const shownWorkspace = z
  .object({
    id: z.uuid(),
    name: z.string(),
    contactEmail: z.string(),
    timeZone: z.string(),
    contractualDays: z.int(),
    jurisdictions: z.array(z.string()).readonly(),
    coolingOffDays: z.int(),
    release,
    reviewDelegateEmail: z.string().nullable().meta({
      description: 'Who is reminded as well, from the second reminder on, of an erasure that waits for approval.',
    }),
    sources: z.record(z.string(), z.string()).readonly(),
    createdAt: shownInstant,
  })
  .meta({ id: 'Workspace' });

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
