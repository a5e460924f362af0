/** How many different people must approve what is to become of records. */
import type { Decision } from '../../domain/retention/decide.ts';
import type { RetentionSchedule } from '../schedule/parse.ts';

interface DecidedRows {
  /** Empty when the map gives none. */
  readonly recordClass: string;
  readonly decision: Decision;
  readonly rows: number;
}

/**
 * By the schedule's word for the class, which counts all records of it that lose something: a threshold is not undercut by
 * many small decisions. What is kept whole without a doubt needs nobody's word.
 */
export function approvalsFor(
  { classes }: Pick<RetentionSchedule, 'classes'>,
  all: readonly DecidedRows[],
): (of: DecidedRows) => number {
  const losing = all.filter(({ decision }) => decision.decision !== 'retain');
  const concerned = Map.groupBy(losing, ({ recordClass }) => recordClass);
  return ({ recordClass, decision: { decision, doubts }, rows }) => {
    if (rows === 0) return 0;
    if (decision === 'retain') return doubts.length > 0 ? 1 : 0;
    const { people = 1, above = 0 } = classes[recordClass]?.approvals ?? {};
    const count = (concerned.get(recordClass) ?? []).reduce((sum, each) => sum + each.rows, 0);
    return count > above ? people : 1;
  };
}
