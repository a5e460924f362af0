/** Whether a redaction names what the package has: one that names nothing would silently hand over what it is about. */
import { InvalidInput } from '../domain/errors.ts';
import type { FieldProblem } from '../domain/errors.ts';
import type { Manifest } from '../domain/manifest.ts';
import type { RedactionTarget } from '../platform/records/redactions.ts';

/** A collection of the data map, as far as a redaction can name it. */
export interface MappedCollection {
  /** `dataset.collection` */
  readonly ref: string;
  /** Columns of its primary key. */
  readonly key: readonly string[];
  readonly columns: readonly string[];
}

/** Throws InvalidInput with a pointer to each name that is not there. */
export function requireKnownTargets(
  targets: readonly RedactionTarget[],
  manifest: Manifest,
  mapped: readonly MappedCollection[],
): void {
  const packed = new Set(manifest.collections.map(({ collection }) => collection));
  const collections = new Map(mapped.filter(({ ref }) => packed.has(ref)).map((each) => [each.ref, each]));
  const fields = targets.flatMap((target, index) =>
    problemsOf(target, collections.get(target.collection)).map(
      ({ pointer, detail }): FieldProblem => ({ pointer: `/redactions/${index}/${pointer}`, detail }),
    ),
  );
  if (fields.length > 0) throw new InvalidInput('There are redactions of what is not in the package.', { fields });
}

function problemsOf(
  { rowKey, column }: RedactionTarget,
  collection: MappedCollection | undefined,
): readonly FieldProblem[] {
  if (!collection) return [{ pointer: 'collection', detail: 'The package has no such collection.' }];
  const problems: FieldProblem[] = [];
  if (column !== undefined && !collection.columns.includes(column))
    problems.push({ pointer: 'column', detail: `Its columns are: ${collection.columns.join(', ')}.` });
  const detail = rowKey && keyProblem(collection, rowKey);
  if (detail !== undefined) problems.push({ pointer: 'rowKey', detail });
  return problems;
}

/** What is wrong with a key that is to name one row of a collection. */
export function keyProblem({ key }: MappedCollection, rowKey: object): string | undefined {
  const named = Object.keys(rowKey);
  const isWhole = named.length === key.length && key.every((name) => named.includes(name));
  return isWhole ? undefined : `A row is named by: ${key.join(', ')}.`;
}
