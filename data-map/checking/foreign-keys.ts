/** A foreign key says that rows belong together; the map must follow it, or say why it does not. */
import type { ForeignKey } from '../catalogue/model.ts';
import type { Collection, Edge } from '../model.ts';
import type { Report } from './report.ts';
import { nameOf } from './report.ts';
import type { Subject } from './subject.ts';

export function checkForeignKeys({ map, catalogue, mapped }: Subject, report: Report): void {
  const at = ({ schema, table }: ForeignKey['from']) =>
    mapped.find(({ collection }) => collection.schema === schema && collection.table === table)?.collection;
  for (const foreignKey of catalogue.foreignKeys) {
    const [owner, target] = [at(foreignKey.from), at(foreignKey.to)];
    // A table that is not mapped is a finding of its own, and to one without personal data nothing leads.
    if (owner === undefined || target === undefined || owner.skipped || target.skipped) continue;
    const pairs = pairsOf(foreignKey, owner, target);
    if (pairs.length === 0 || isDeclined(owner, pairs) || map.edges.some((edge) => follows(edge, owner, target, pairs)))
      continue;
    const columns = pairs.map(({ from }) => from).join(', ');
    report.add('foreign-key-unfollowed', {
      table: nameOf(owner),
      column: columns,
      object: foreignKey.name,
      text: `The foreign key to ${nameOf(target)} is not followed. Add a reference to ${target.ref}.${pairs.map(({ to }) => to).join(', ')}, or fides_meta.steward.not_followed: "<reason>".`,
    });
  }
}

interface Pair {
  readonly from: string;
  readonly to: string;
}

/** Without the pair of the tenant columns, which every statement compares anyway. */
function pairsOf({ from, to }: ForeignKey, owner: Collection, target: Collection): readonly Pair[] {
  return from.columns
    .map((column, index) => ({ from: column, to: to.columns[index] ?? '' }))
    .filter((pair) => !(pair.from === owner.tenant && (pair.to === target.tenant || from.columns.length === 1)));
}

function isDeclined({ fields }: Collection, pairs: readonly Pair[]): boolean {
  return pairs.some((pair) =>
    fields.some(
      ({ column, path, notFollowed }) => column === pair.from && path.length === 0 && notFollowed !== undefined,
    ),
  );
}

function follows({ from, to, on }: Edge, owner: Collection, target: Collection, pairs: readonly Pair[]): boolean {
  const agree = (side: 'from' | 'to', other: 'from' | 'to') =>
    pairs.every((pair) =>
      on.some((each) => each[side].column === pair.from && each[other].column === pair.to && isPlain(each)),
    );
  return (
    (from === owner.ref && to === target.ref && agree('from', 'to')) ||
    (from === target.ref && to === owner.ref && agree('to', 'from'))
  );
}

function isPlain({ from, to }: Edge['on'][number]): boolean {
  return from.path.length + to.path.length === 0;
}
