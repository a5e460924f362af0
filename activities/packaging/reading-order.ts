/** In which order the columns of a collection read well. */
import { isBlank, isIdentifier } from './cell-markup.ts';
import type { PackedCollection } from './contents.ts';

export interface ReadingOrder {
  /** Places of the columns that some row shown fills, in the order in which they are shown. */
  readonly shown: readonly number[];
  /** Those that every row shown leaves empty. */
  readonly blank: readonly number[];
}

/** What the system refers to its rows by comes last: it says the least, and would fill the first screen. */
export function readingOrder({ columns, sample }: Pick<PackedCollection, 'columns' | 'sample'>): ReadingOrder {
  const places = columns.map((_, place) => place);
  const every = (place: number, holds: typeof isBlank): boolean =>
    sample.every((row) => row[place] === undefined || holds(row[place]));
  const blank = places.filter((place) => every(place, isBlank));
  const filled = places.filter((place) => !blank.includes(place));
  const isReference = (place: number): boolean => every(place, (cell) => isBlank(cell) || isIdentifier(cell));
  return { shown: [...filled.filter((place) => !isReference(place)), ...filled.filter(isReference)], blank };
}
