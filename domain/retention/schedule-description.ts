/** The retention schedule as it is shown to people. */
import type { Party } from '../parties.ts';
import type { ExceptionGround, Overrider } from './grounds.ts';
import type { Audience, Force, Requirement, RetentionPurpose } from './words.ts';

export interface DescribedSchedule {
  readonly name: string;
  readonly classes: readonly DescribedClass[];
}

interface DescribedClass {
  readonly recordClass: string;
  /** How many different people must approve an erasure, when more records than `above` are concerned. */
  readonly approvals: { readonly people: number; readonly above: number };
  /** Whether the scheduled review may erase what nothing keeps without asking. */
  readonly automatic: boolean;
  readonly rules: readonly DescribedRule[];
  readonly exceptions: readonly DescribedException[];
}

interface DescribedAuthority {
  /** Empty: every collection of the class. */
  readonly collections: readonly string[];
  /** What a row must have, all of it. */
  readonly where: readonly DescribedCondition[];
  readonly force: Force;
  readonly purpose: RetentionPurpose;
  readonly party: Party;
  readonly visibility: Audience;
  readonly basis: string;
  readonly source: string;
  readonly exemption: string | null;
}

interface DescribedCondition {
  readonly column: string;
  readonly is: 'empty' | 'filled' | null;
  readonly in: readonly (string | number | boolean)[] | null;
}

export interface DescribedRule extends DescribedAuthority {
  readonly id: string;
  readonly requirement: Requirement;
  readonly keep: {
    /** ISO 8601. */
    readonly length: string;
    readonly fromEndOfYear: boolean;
    readonly event: { readonly column: string; readonly fallback: string | null; readonly through: string | null };
  };
  readonly disposition: 'keep' | 'pseudonymise';
  /** Columns that stay when the rest is pseudonymised. */
  readonly columns: readonly string[];
  /** Empty: everywhere. */
  readonly jurisdictions: readonly string[];
  readonly overridableBy: Overrider;
  readonly needsPerson: boolean;
}

interface DescribedException extends DescribedAuthority {
  readonly exception: ExceptionGround['exception'];
}
