/**
 * Settings: a YAML file, named by STEWARD_CONFIG or `steward.config.yaml` in the working folder, over which single
 * environment variables win (STEWARD_DATABASE_APP_URL for `database.appUrl`). Checked whole before anything starts.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { InvalidConfiguration } from '../domain/errors.ts';

const port = z.coerce.number().int().min(1).max(65535);
const host = z.string().min(1).default('127.0.0.1');
const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgres:// URL');

const s3Settings = {
  kind: z.literal('s3'),
  bucket: z.string().min(1),
  prefix: z.string().default(''),
  region: z.string().default('us-east-1'),
  endpoint: z.url().optional(),
  forcePathStyle: z.boolean().default(false),
  accessKeyId: z.string().optional(),
  secretAccessKey: z.string().optional(),
  serverSideEncryption: z.enum(['AES256', 'aws:kms']).optional(),
};
const folderSettings = { kind: z.literal('folder'), path: z.string().min(1) };
const sourceName = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and dashes');

const storageSettings = z.discriminatedUnion('kind', [z.object(folderSettings), z.object(s3Settings)]);

const sourceSettings = z.discriminatedUnion('kind', [
  z.object({
    name: sourceName,
    kind: z.literal('postgres'),
    url: postgresUrl,
    /** Of the role that may delete and update; without it nothing is erased in this source. */
    eraseUrl: postgresUrl.optional(),
    /** Of a role that may read everything; with it the source is backed up, by pg_dump. */
    backupUrl: postgresUrl.optional(),
    /** Of a role of the same server that may create databases; with it backups are restored on trial. */
    drillUrl: postgresUrl.optional(),
    /** By default `temp_tables`; `bound_arrays` where there are no temporary tables: standbys, transaction poolers. */
    carrier: z.enum(['temp_tables', 'bound_arrays']).optional(),
    /** Looked at for unmapped tables, beside the schemas that the data map names. */
    schemas: z.array(z.string().min(1)).readonly().optional(),
  }),
  z.object({ name: sourceName, ...folderSettings }),
  z.object({ name: sourceName, ...s3Settings }),
]);

const settings = z.object({
  api: z.object({ host, port: port.default(8400), publicUrl: z.url() }),
  metrics: z.object({
    host,
    apiPort: port.default(8401),
    workerPort: port.default(8402),
    temporalPort: port.default(8403),
    /** The Temporal SDK's own metrics of the worker, which the worker's page repeats. */
    workerSdkPort: port.default(8404),
  }),
  database: z.object({
    ownerUrl: postgresUrl.optional(),
    appUrl: postgresUrl,
    workerUrl: postgresUrl,
    /** Of a role that reads every row of the schema `steward` (BYPASSRLS); the owner's, when left out. */
    backupUrl: postgresUrl.optional(),
    /** Of a role that may create databases on the same server; with it backups are restored on trial. */
    drillUrl: postgresUrl.optional(),
  }),
  sources: z.array(sourceSettings).min(1),
  dataMap: z.array(z.string().min(1)).min(1),
  retentionSchedule: z.string().min(1).optional(),
  storage: storageSettings,
  temporal: z.object({
    address: z.string().min(1),
    namespace: z.string().min(1).default('steward'),
    apiKey: z.string().optional(),
    tls: z.boolean().default(false),
    uiUrl: z.url().optional(),
    /** Days that closed runs are kept; set on the namespace at start unless `manageNamespace` is off. */
    retentionDays: z.coerce.number().int().min(1).max(365).default(30),
    manageNamespace: z.boolean().default(true),
  }),
  mail: z.object({ url: z.string().regex(/^smtps?:\/\//, 'must be a smtp:// URL'), from: z.string().min(3) }),
  keys: z.object({ file: z.string().min(1) }),
  packages: z
    .object({
      keepDays: z.coerce.number().int().min(1).max(365).default(30),
      linkDays: z.coerce.number().int().min(1).max(90).default(7),
      maxDownloads: z.coerce.number().int().min(1).max(100).default(5),
    })
    .prefault({}),
  exports: z
    .object({
      /**
       * MiB of rows, as JSON before compression, or of files, in a part of a workspace's export. Large enough that a part's own
       * cost (a zip, a link, three events of its run) is lost in it; small enough that all cores have parts to write also in a
       * workspace of some hundred thousand rows, and that a worker which dies repeats seconds of work.
       */
      partMib: z.coerce.number().int().min(1).max(65_536).default(64),
      /** Parts written at a time, over all workers; as many as there are cores, when left out. */
      parallel: z.coerce.number().int().min(1).max(64).default(availableParallelism()),
    })
    .prefault({}),
  attachments: z
    .object({
      /** Of a file that somebody attaches to a search by hand. */
      maxBytes: z.coerce
        .number()
        .int()
        .min(1)
        .max(4 * 2 ** 30)
        .default(100 * 2 ** 20),
    })
    .prefault({}),
  backups: z
    .object({
      /**
       * Days after which the sources' backups, with the logs kept for restoring them, are gone. Certificates of erasure say
       * so; without it they say that nobody has stated it.
       */
      expireDays: z.coerce.number().int().min(0).max(3650).optional(),
      /** Hours from one backup that Steward makes to the next. */
      everyHours: z.coerce.number().int().min(1).max(168).default(24),
      /** Days that a backup which Steward makes is kept; at most `expireDays`. 14, or `expireDays` when that is less. */
      keepDays: z.coerce.number().int().min(1).max(3650).optional(),
      /** The folder with pg_dump and pg_restore, when they are not where PostgreSQL's packages or PATH have them. */
      programs: z.string().min(1).optional(),
    })
    .refine(
      ({ expireDays, keepDays }) => expireDays === undefined || keepDays === undefined || keepDays <= expireDays,
      { path: ['keepDays'], message: 'must not exceed expireDays, which certificates state' },
    )
    .prefault({}),
  tombstones: z
    .object({
      /** Days for which the re-import of an erased person is suppressed at most, where the controller instructs it. */
      suppressionDays: z.coerce.number().int().min(1).max(3650).default(1095),
    })
    .prefault({}),
  log: z.object({ level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info') }).prefault({}),
});

export type Config = z.infer<typeof settings>;
export type StorageSettings = z.infer<typeof storageSettings>;
export type SourceSettings = z.infer<typeof sourceSettings>;

const KEEP_DAYS = 14;

/** How long a backup that Steward makes is kept. */
export function keepDaysOf({ keepDays, expireDays }: Config['backups']): number {
  return keepDays ?? Math.min(KEEP_DAYS, expireDays ?? KEEP_DAYS);
}

/** Thrown when the file cannot be read or a setting is wrong; the message names every wrong setting. */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const file = environment['STEWARD_CONFIG'] ?? 'steward.config.yaml';
  return parseConfig(readYaml(file), environment, file);
}

export function parseConfig(raw: unknown, environment: NodeJS.ProcessEnv, file: string): Config {
  const result = settings.safeParse(withEnvironment(raw, environment));
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const path = issue.path.map(String);
    return `  ${path.join('.')} (or ${variableName(path)}): ${issue.message}`;
  });
  throw new InvalidConfiguration(`${resolve(file)} has settings that do not work:\n${problems.join('\n')}`);
}

function readYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidConfiguration(`The settings file ${resolve(file)} cannot be read: ${reason}`);
  }
}

const SECTIONS = [
  'api',
  'metrics',
  'database',
  'storage',
  'temporal',
  'mail',
  'keys',
  'packages',
  'attachments',
  'backups',
  'exports',
  'tombstones',
  'log',
];

function variableName(path: readonly string[]): string {
  return ['STEWARD', ...path.map((part) => part.replace(/([A-Z])/g, '_$1').toUpperCase())].join('_');
}

/** Lays environment variables over the sections that are plain tables; lists are the file's alone. */
function withEnvironment(raw: unknown, environment: NodeJS.ProcessEnv): unknown {
  const merged: Record<string, unknown> = { ...(isRecord(raw) ? raw : {}) };
  for (const [name, value] of Object.entries(environment)) {
    const section = SECTIONS.find((candidate) => name.startsWith(`${variableName([candidate])}_`));
    if (section === undefined || value === undefined) continue;
    const field = toCamelCase(name.slice(variableName([section]).length + 1));
    const current = merged[section];
    merged[section] = { ...(isRecord(current) ? current : {}), [field]: plainValue(value) };
  }
  return merged;
}

function toCamelCase(upper: string): string {
  return upper.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function plainValue(text: string): string | boolean {
  return text === 'true' ? true : text === 'false' ? false : text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
