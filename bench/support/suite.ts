/** What a suite is given and answers. */
import type { Result } from './result.ts';

export interface Bench {
  /** Smaller sizes under the same names. */
  readonly quick: boolean;
  readonly rounds: number;
  /** Says how far it is; never a result. */
  readonly log: (line: string) => void;
}

export type Suite = (bench: Bench) => Promise<readonly Result[]>;
