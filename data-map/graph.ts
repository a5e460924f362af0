/** The two questions that a search asks of the graph of collections. */

export interface Arrow {
  readonly from: string;
  readonly to: string;
}

/** The starts and everything that arrows lead to from them. */
export function reachable(starts: Iterable<string>, arrows: readonly Arrow[]): ReadonlySet<string> {
  const targets = Map.groupBy(arrows, ({ from }) => from);
  const reached = new Set(starts);
  // A set's iteration goes on over what is added during it.
  for (const node of reached) for (const { to } of targets.get(node) ?? []) reached.add(to);
  return reached;
}

/**
 * The strongly connected components in an order in which every arrow between two of them points forward: Tarjan's
 * algorithm (SIAM J. Comput. 1, 1972), which closes components from the last to the first.
 */
export function components(nodes: readonly string[], arrows: readonly Arrow[]): readonly (readonly string[])[] {
  const targets = Map.groupBy(arrows, ({ from }) => from);
  const index = new Map<string, number>();
  const open: string[] = [];
  const closed: string[][] = [];

  const visit = (node: string): number => {
    const own = index.size;
    index.set(node, own);
    open.push(node);
    let low = own;
    for (const { to } of targets.get(node) ?? []) {
      if (!index.has(to)) low = Math.min(low, visit(to));
      else if (open.includes(to)) low = Math.min(low, index.get(to) ?? own);
    }
    if (low === own) closed.push(open.splice(open.indexOf(node)));
    return low;
  };
  for (const node of nodes) if (!index.has(node)) visit(node);
  return closed.reverse();
}
