/** What the API is built from; the entry opens these, the tests put their own in. */
import type { Registry } from 'prom-client';
import type { MapDescription } from '../domain/map-description.ts';
import type { DescribedSchedule } from '../domain/retention/schedule-description.ts';
import type { Config } from '../platform/config.ts';
import type { Database } from '../platform/database.ts';
import type { KeyRing } from '../platform/keys.ts';
import type { ObjectStorage } from '../platform/storage/storage.ts';
import type { MappedCollection } from './redaction-targets.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { Temporal } from '../platform/temporal/client.ts';

export interface ApiDependencies {
  readonly config: Config;
  readonly db: Database;
  readonly ring: KeyRing;
  readonly temporal: Temporal;
  readonly storage: ObjectStorage;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly dataMap: MapDescription;
  /** Reads a retention schedule that was activated. Throws InvalidSchedule. */
  readonly describeSchedule: (schedule: { readonly name: string; readonly text: string }) => DescribedSchedule;
  /** The types of identity that the data map can search by. */
  readonly identityTypes: readonly string[];
  /** What the data map names, for redactions. */
  readonly collections: readonly MappedCollection[];
}
