/** The grounds of a decision as an audience may know them. */
import type { CertifiedGround } from './format.ts';

export interface ShownGrounds {
  readonly grounds: readonly CertifiedGround[];
  /** Whether there are others. */
  readonly hidden: boolean;
}
