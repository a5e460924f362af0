/** What a weighing goes by and what it answers. */
import type { ClientBase } from 'pg';
import type { DataMap } from '../../data-map/model.ts';
import type { Plan, PlannedCollection } from '../../data-map/plan.ts';
import type { ScheduleInForce } from '../../data-map/schedule/parse.ts';
import type { ActiveHold, HeldRecord } from '../../domain/holds.ts';
import type { Circumstances, Decision } from '../../domain/retention/decide.ts';
import type { Ground } from '../../domain/retention/grounds.ts';
import type { Search } from '../plan-runner.ts';

export interface Weighing {
  readonly map: DataMap;
  readonly search: Search;
  readonly schedule: ScheduleInForce;
  readonly holds: readonly ActiveHold[];
  readonly circumstances: Circumstances;
  /** That somebody decided to keep. */
  readonly records: readonly (HeldRecord & { readonly overrideId: string })[];
  /** Where the workspace is (ISO 3166); nowhere named, every country's rules hold. */
  readonly jurisdictions: readonly string[];
  /** The workspace's time zone (IANA). */
  readonly zone: string;
}

/** All rows of a collection that have the same grounds in the same states, and so one decision. */
export interface WeighedGroup {
  readonly source: string;
  readonly collection: PlannedCollection;
  /** Empty when the map gives none. */
  readonly recordClass: string;
  /** Stable from plan to plan; at most 200 characters. */
  readonly combination: string;
  readonly grounds: readonly Ground[];
  readonly decision: Decision;
  readonly rows: number;
  /** When the first and the last of them are no longer kept; undefined of rows that nothing keeps. */
  readonly endsFirst: Date | 'open' | undefined;
  readonly endsLast: Date | 'open' | undefined;
}

/** A source in which every row found is weighed, in a transaction of the role that erases, at REPEATABLE READ. */
export interface WeighedSource {
  readonly source: string;
  readonly client: ClientBase;
  readonly plan: Plan;
  readonly tenantKey: string;
  /** The fence's, as this snapshot has it. Where it is not the one from before the holds were read, those are out of date. */
  readonly epoch: bigint;
  readonly takenAt: Date;
  readonly groups: readonly WeighedGroup[];
}

/** A source with rows of the person that Steward is not connected to for erasing. */
export interface UnerasableSource {
  readonly source: string;
  /** By collection; none where there is nothing. */
  readonly rows: Readonly<Record<string, number>>;
}
