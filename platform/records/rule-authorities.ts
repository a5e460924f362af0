/** On what each version of a rule stands. Old versions stay, so a decision explains itself under a later schedule. */
import type { ShownGround } from '../../domain/retention/rendering.ts';
import type { Transaction } from '../database.ts';

export interface Authority {
  /** What the rule, or the exception, says in words. */
  readonly basis: string;
  /** Where that can be read. */
  readonly source: string | null;
}

interface RuleRow extends Authority {
  readonly id: string;
  readonly version: number;
}

/** By `<rule>@<version>`. */
export async function readAuthorities(
  trx: Transaction,
  grounds: readonly ShownGround[],
): Promise<ReadonlyMap<string, Authority>> {
  const rules = grounds.filter(({ kind }) => kind === 'rule').map(({ id, version }) => [id ?? '', version ?? 0]);
  if (rules.length === 0) return new Map();
  const rows = await trx('retention_rules')
    .whereIn(['id', 'version'], rules)
    .select<RuleRow[]>('id', 'version', 'basis', trx.raw("definition->>'source' AS source"));
  return new Map(rows.map(({ id, version, basis, source }) => [`${id}@${version}`, { basis, source }]));
}
