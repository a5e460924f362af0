/**
 * The file format of the retention schedule: which records are kept, how long, from which event, on whose authority. It
 * stands beside the data map and speaks of the map's record classes and collections.
 */
import { z } from 'zod';
import { PARTIES } from '../../domain/parties.ts';
import { isJurisdiction } from '../../domain/retention/jurisdictions.ts';
import { isRetentionLength } from '../../domain/retention/period.ts';
import { AUDIENCES, FORCES, REQUIREMENTS, RETENTION_PURPOSES } from '../../domain/retention/words.ts';

const text = z.string().trim().min(1);
const id = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words with dashes, such as invoices-tax');
const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** What a row must have; several conditions must all hold. */
const condition = z.union([
  z.strictObject({ column: text, is: z.enum(['empty', 'filled']) }),
  z.strictObject({ column: text, in: z.array(scalar).min(1) }),
]);

const event = z.strictObject({
  /** A date or time; while it is empty the event is to come. */
  column: text,
  /** Taken when the column is empty: an event that has surely happened, such as the row's making. */
  fallback: text.optional(),
  /** The collection that has the columns, when the row itself only refers to it. */
  through: text.optional(),
});

const period = z.strictObject({
  length: z
    .string()
    .refine(isRetentionLength, 'must be a period of ISO 8601 in years, months, weeks or days, such as P10Y'),
  from_end_of_year: z.boolean().default(false),
  event,
});

const selection = {
  /** Left out: every collection of the class. */
  collections: z.array(text).min(1).optional(),
  where: z.array(condition).min(1).optional(),
};

const authority = {
  purpose: z.enum(RETENTION_PURPOSES),
  party: z.enum(PARTIES).default('controller'),
  visibility: z.enum(AUDIENCES).default('subject'),
  basis: text,
  /** Where the basis can be read. */
  source: text,
  exemption: text.optional(),
};

const rule = z.strictObject({
  id,
  record_class: text,
  ...selection,
  ...authority,
  requirement: z.enum(REQUIREMENTS),
  force: z.enum(FORCES),
  keep: period,
  /** Columns that must stay; the rest of the row is pseudonymised while it is kept. Left out: the whole row. */
  columns: z.array(text).min(1).optional(),
  /** Countries (ISO 3166-1 alpha-2), with their parts (ISO 3166-2), in which it holds; left out: everywhere. */
  jurisdictions: z.array(z.string().refine(isJurisdiction, 'must be as DE or US-CA')).optional(),
  /** Who may decide that it stands, or does not, in a single case. */
  overridable_by: z.enum([...PARTIES, 'nobody']).default('controller'),
  needs_person: z.boolean().default(false),
});

const exception = z.strictObject({
  exception: z.enum(['open_balance', 'active_contract', 'pending_dispute']),
  record_class: text,
  ...selection,
  ...authority,
  force: z.enum(['claims', 'business_default']),
});

const recordClass = z.strictObject({
  /** How many different people must approve an erasure of it, when more records are concerned than `above`. */
  approvals: z.strictObject({ people: z.int().min(1).max(2), above: z.int().min(0).default(0) }).optional(),
  /** Whether the scheduled review may erase what nothing keeps any more without asking. */
  automatic: z.boolean().default(false),
});

export const scheduleFile = z.strictObject({
  schedule: z.strictObject({
    name: text,
    classes: z.record(text, recordClass),
    rules: z.array(rule),
    exceptions: z.array(exception).default([]),
  }),
});

export type ScheduleFile = z.infer<typeof scheduleFile>['schedule'];
export type ScheduledRule = z.infer<typeof rule>;
export type ScheduledException = z.infer<typeof exception>;
export type Condition = z.infer<typeof condition>;
