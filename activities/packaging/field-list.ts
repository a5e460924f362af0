/** data/fields.json: what collections and columns mean, for programs. */
import type { Column, PackageContents } from './contents.ts';

export const FIELDS_FILE = 'data/fields.json';

/** Of every collection with rows: its names, its files, its columns in the files' order and those left out. */
export function fieldList({ facts, collections }: PackageContents): string {
  const found = collections.filter(({ rows }) => rows > 0);
  const list = {
    language: facts.language,
    collections: found.map(({ collection, label, kind, description, rows, files, columns, omitted }) => ({
      collection,
      label,
      kind,
      description,
      rows,
      files,
      fields: columns.map(asField),
      omitted: omitted.map(asField),
    })),
  };
  return `${JSON.stringify(list, null, 2)}\n`;
}

const asField = ({ name, label, description }: Column) => ({ name, label, description });
