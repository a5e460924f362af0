/**
 * What happens by itself when rows change: triggers, rules, and foreign keys that delete or empty other rows. An erasure
 * that does not know of them erases more than was decided, or leaves a copy. Each is acknowledged by its name, with why it
 * does no harm: `fides_meta.steward.acknowledged: { contacts_touch: "sets updated_at" }`.
 */
import type { ForeignKey } from '../catalogue/model.ts';
import type { Report } from './report.ts';
import { nameOf } from './report.ts';
import type { Subject } from './subject.ts';
import { liveTables } from './subject.ts';

export function checkSideEffects(subject: Subject, report: Report): void {
  const cascades = subject.catalogue.foreignKeys.filter(({ onDelete }) => isCascade(onDelete));
  reportActions(subject, report);
  for (const cascade of cascades) checkCascade(cascade, subject, report);
  reportStale(subject, cascades, report);
}

const isCascade = (action: ForeignKey['onDelete']): boolean => action !== 'no action' && action !== 'restrict';

function reportActions(subject: Subject, report: Report): void {
  for (const { collection, table } of liveTables(subject)) {
    const actions = [...table.triggers.map((name) => ['trigger', name]), ...table.rules.map((name) => ['rule', name])];
    for (const [kind = '', name = ''] of actions) {
      if (Object.hasOwn(collection.acknowledged, name)) continue;
      report.add('trigger-unacknowledged', {
        table: nameOf(collection),
        object: name,
        text: `The ${kind} ${name} acts when rows change. See what it does; when it makes no copy of personal data and removes nothing, add ${name}: "<reason>" to fides_meta.steward.acknowledged.`,
      });
    }
  }
}

const joins = ({ from, to }: ForeignKey, { schema, table }: { schema: string; table: string }): boolean =>
  [from, to].some((end) => end.schema === schema && end.table === table);

/** Acknowledged at either end counts for both. */
function checkCascade(cascade: ForeignKey, subject: Subject, report: Report): void {
  const ends = liveTables(subject)
    .map(({ collection }) => collection)
    .filter((collection) => joins(cascade, collection));
  const [first] = ends;
  if (first === undefined || ends.some(({ acknowledged }) => Object.hasOwn(acknowledged, cascade.name))) return;
  const { from, to, name, onDelete } = cascade;
  const does = onDelete === 'cascade' ? 'deletes rows' : `sets ${from.columns.join(', ')} (${onDelete})`;
  report.add('cascade-unacknowledged', {
    table: nameOf(from),
    object: name,
    text: `Deleting a row of ${nameOf(to)} ${does} of ${nameOf(from)} by itself. When that is right, add ${name}: "<reason>" to fides_meta.steward.acknowledged of ${first.ref}.`,
  });
}

function reportStale(subject: Subject, cascades: readonly ForeignKey[], report: Report): void {
  for (const { collection, table } of liveTables(subject)) {
    const own = cascades.filter((cascade) => joins(cascade, collection)).map(({ name }) => name);
    const there = new Set([...table.triggers, ...table.rules, ...own]);
    for (const name of Object.keys(collection.acknowledged)) {
      if (there.has(name)) continue;
      report.add('acknowledgement-stale', {
        table: nameOf(collection),
        object: name,
        text: `The map acknowledges ${name}, and the table has no such trigger, rule or cascading foreign key; take it out of the map.`,
      });
    }
  }
}
