import { z } from 'zod';
import { MAP_ERRORS, MAP_WARNINGS } from '../../domain/map-check.ts';
import { shownInstant } from './common.ts';

const ref = z.string().meta({ description: '`dataset.collection`.' });

export const shownMap = z
  .object({
    version: z.string().meta({ description: 'SHA-256 over what the files say.' }),
    datasets: z
      .array(z.object({ key: z.string(), name: z.string(), source: z.string(), byHand: z.boolean() }))
      .readonly(),
    collections: z
      .array(
        z.object({
          ref,
          dataset: z.string(),
          source: z.string(),
          label: z.string(),
          kind: z.string().meta({ description: 'The group in which people look for it.' }),
          recordClass: z.string().nullable(),
          identities: z.array(z.string()).readonly().meta({ description: 'By which people are found in it.' }),
          skipped: z.boolean(),
          skippedBecause: z.string().nullable(),
        }),
      )
      .readonly(),
    edges: z
      .array(
        z.object({
          from: ref,
          to: ref,
          on: z.array(z.object({ from: z.string(), to: z.string() })).readonly(),
          crossesSources: z.boolean(),
        }),
      )
      .readonly()
      .meta({ description: 'Rows of `from` lead to those rows of `to` that agree with them in every pair of fields.' }),
  })
  .meta({ id: 'DataMap' });

const finding = z.object({
  code: z.enum([...MAP_ERRORS, ...MAP_WARNINGS]),
  gravity: z.enum(['error', 'warning']),
  source: z.string().optional(),
  table: z.string().optional(),
  column: z.string().optional(),
  object: z.string().optional().meta({ description: 'A constraint, trigger, index or store.' }),
  text: z.string(),
  sql: z.string().optional().meta({ description: 'A statement that helps; read it first.' }),
});

export const shownMapCheck = z.object({
  id: z.uuid(),
  at: shownInstant,
  mapVersion: z.string(),
  tables: z.int(),
  columns: z.int(),
  errors: z.int(),
  warnings: z.int(),
});

export const shownMapCheckWithFindings = shownMapCheck
  .extend({ findings: z.array(finding).readonly() })
  .meta({ id: 'DataMapCheck' });

export const shownStart = z.object({ askedAt: shownInstant });

export const ofMapCheck = z.object({ checkId: z.uuid().toLowerCase() });
