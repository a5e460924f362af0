/** What a reviewer sees of a row that is to be decided on: enough to recognise it by, not enough to make use of. */
import type { PlannedCollection } from '../../data-map/plan.ts';
import { initialsOf, nameColumns } from '../../data-map/names.ts';
import type { SampleRow } from '../../platform/records/decision-samples.ts';
import { maskedIdentity } from '../locating/hints.ts';

const COLUMNS_AT_MOST = 12;
const PLAIN_AT_MOST = 40;

/** The first columns that say something, in the map's order; those of the key stand in the clear, for a record is named by them. */
export function maskedRow(collection: PlannedCollection, { key, columns }: SampleRow): SampleRow {
  const shown = collection.columns
    .filter((name) => name !== collection.tenant && !Object.hasOwn(key, name))
    .flatMap((name) => {
      const value = columns[name]?.trim() ?? '';
      return value === '' ? [] : [[name, maskedValue(collection, name, value)] as const];
    });
  return { key, columns: Object.fromEntries(shown.slice(0, COLUMNS_AT_MOST)) };
}

function maskedValue(collection: PlannedCollection, name: string, value: string): string {
  const identity = collection.identities.find(({ at }) => at.column === name && at.path.length === 0);
  if (identity) return maskedIdentity({ type: identity.type, value }).value;
  if (nameColumns(collection).includes(name)) return initialsOf([value]);
  if (isOfTheSystem(collection, name))
    return value.length > PLAIN_AT_MOST ? `${value.slice(0, PLAIN_AT_MOST)}…` : value;
  return maskedText(value);
}

/** Whether the map says that a column, and every value inside it, tells nothing of a person. */
function isOfTheSystem({ fields, freeText }: PlannedCollection, name: string): boolean {
  const within = fields.filter(({ column }) => column === name);
  const isSystem = (categories: readonly string[]) =>
    categories.length > 0 && categories.every((each) => each.startsWith('system'));
  return (
    within.length > 0 &&
    within.every(({ categories }) => isSystem(categories)) &&
    !freeText.some(({ at }) => at.column === name)
  );
}

const DATE = /^\d{4}-\d{2}-\d{2}/;

/** The year of a date, and of everything else the first sign. */
function maskedText(value: string): string {
  return DATE.test(value) ? `${value.slice(0, 4)}…` : `${/^./u.exec(value)?.[0] ?? ''}…`;
}
