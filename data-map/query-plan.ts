/** What EXPLAIN (FORMAT JSON) answers, as far as it is read here (manual, 14.1). It quotes the statement's values. */

export interface PlanNode {
  readonly 'Node Type': string;
  readonly Schema?: string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Filter?: string;
  readonly 'Plan Rows': number;
  readonly 'Total Cost': number;
  readonly Plans?: readonly PlanNode[];
}

/** The one column of the one row. */
export function planNodeOf(rows: readonly unknown[]): PlanNode {
  const [row] = rows as readonly { readonly 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }[];
  const node = row?.['QUERY PLAN'][0]?.Plan;
  if (node === undefined) throw new TypeError('EXPLAIN answered no plan.');
  return node;
}

/** The node and all below it. */
export function nodesOf(node: PlanNode): readonly PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}
