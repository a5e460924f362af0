/** What a step of a request or an export can keep failing on, with the way out. Closed list, published. */
import { SERVICES } from './errors.ts';

/** A service that is away, or something that somebody must mend. */
export const BLOCKERS = [...SERVICES, 'package', 'data_map', 'schedule', 'unknown'] as const;
export type Blocker = (typeof BLOCKERS)[number];

/** For an operator; the failure itself, with names, is in the Temporal UI. What is blocked goes on by itself. */
export const WAYS_OUT: Readonly<Record<Blocker, string>> = {
  database: "Steward's PostgreSQL is to be reachable for the workers.",
  source:
    'A data source is to be reachable, and connected as it was when the work began (url, eraseUrl). The failing activity names it.',
  storage: 'The object storage is to be reachable and to have room.',
  mail: 'The mail server is to be reachable and to take mail.',
  temporal: 'Temporal is to be reachable.',
  package: 'A package does not verify after it was stored: look at the storage.',
  data_map: 'The data map is to fit the sources: `steward map check` lists what differs.',
  schedule:
    'A retention schedule that fits the data map is to be in force: `steward schedule check` says what is wrong, `steward schedule activate` puts one into force.',
  unknown: 'Nobody has foreseen this: look at the failing activity in the Temporal UI and at the log of the workers.',
};
