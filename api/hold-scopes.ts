/** Whether a hold names what the data map has: one that names nothing would preserve nothing, and nobody would notice. */
import { InvalidInput } from '../domain/errors.ts';
import type { FieldProblem } from '../domain/errors.ts';
import type { HeldRecord } from '../domain/holds.ts';
import type { Identity } from '../domain/identities.ts';
import type { AskedRecord } from '../domain/hold-check.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { SentScope } from './schemas/holds.ts';

type Mapped = Pick<ApiDependencies, 'collections' | 'dataMap'>;

/** Throws InvalidInput with a pointer to each name in the scope that the data map does not have. */
export function requireKnownScope(scope: SentScope, mapped: Mapped): void {
  const { records = [], classes, subject } = scope;
  const fields = [
    ...records.flatMap((record, index) => problemsOf(record, mapped, `/scope/records/${index}`)),
    ...classProblems(classes ?? [], mapped),
    ...records.flatMap((record, index) => strayRecord(record, classes, mapped, `/scope/records/${index}/collection`)),
    ...(subject ? handOnly(subject, mapped) : []),
  ];
  if (fields.length > 0) throw new InvalidInput('The hold names what the data map does not have.', { fields });
}

/** What is asked about a record. Throws InvalidInput with a pointer below `at` to what is no record of the map. */
export function askedRecord(record: HeldRecord, mapped: Mapped, at: string): AskedRecord {
  const fields = problemsOf(record, mapped, at);
  if (fields.length > 0) throw new InvalidInput('There are records that the data map does not have.', { fields });
  const described = mapped.dataMap.collections.find(({ ref }) => ref === record.collection);
  return { ...record, recordClass: described?.recordClass ?? undefined, searched: described?.skipped !== true };
}

function problemsOf({ collection, key }: HeldRecord, { collections }: Mapped, at: string): readonly FieldProblem[] {
  const found = collections.find(({ ref }) => ref === collection);
  if (!found) return [{ pointer: `${at}/collection`, detail: 'The data map has no such collection.' }];
  if (found.key.length === 0)
    return [{ pointer: `${at}/collection`, detail: 'Its rows have no key in the data map, so none can be named.' }];
  const named = Object.keys(key);
  const isWhole = named.length === found.key.length && found.key.every((column) => named.includes(column));
  return isWhole ? [] : [{ pointer: `${at}/key`, detail: `A row is named by: ${found.key.join(', ')}.` }];
}

function classProblems(classes: readonly string[], { dataMap }: Mapped): readonly FieldProblem[] {
  const known = [...new Set(dataMap.collections.flatMap(({ recordClass }) => recordClass ?? []))].toSorted();
  return classes.flatMap((name, index) =>
    known.includes(name)
      ? []
      : [{ pointer: `/scope/classes/${index}`, detail: `The data map has the classes: ${known.join(', ')}.` }],
  );
}

/** All parts of a scope must apply, so a record of another class would never be held. */
function strayRecord(
  { collection }: HeldRecord,
  classes: readonly string[] | undefined,
  { dataMap }: Mapped,
  pointer: string,
): readonly FieldProblem[] {
  const found = dataMap.collections.find(({ ref }) => ref === collection);
  if (!classes || !found || (found.recordClass !== null && classes.includes(found.recordClass))) return [];
  return [
    { pointer, detail: 'It is of none of the classes, so it would not be held: every part of a scope must apply.' },
  ];
}

/** By what only people search, the machine finds nobody to hold. */
function handOnly(subject: readonly Identity[], { dataMap }: Mapped): readonly FieldProblem[] {
  const searched = new Set(
    dataMap.collections.filter(({ skipped }) => !skipped).flatMap(({ identities }) => identities),
  );
  if (subject.some(({ type }) => searched.has(type))) return [];
  const detail = `No connected system is searched by these; give one of: ${[...searched].toSorted().join(', ')}.`;
  return [{ pointer: '/scope/subject', detail }];
}
