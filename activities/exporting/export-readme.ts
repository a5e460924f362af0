/** The page that a person reads first who has received an export. */
import type { ExportManifest } from '../../domain/export-manifest.ts';
import { counted, formatBytes } from '../packaging/values.ts';

export function exportReadme(manifest: ExportManifest): string {
  const { workspace, totals, sources, collections, leftOut } = manifest;
  const omitted = collections.filter((each) => each.omitted.length > 0);
  return [
    `Export of the workspace ${workspace.name} (${workspace.id})`,
    '',
    `${counted(totals.parts, 'part')} beside this one: ${counted(totals.rows, 'row')}, ${counted(totals.files, 'file')}, ${formatBytes(totals.bytes)}.`,
    ...sources.map(({ source, snapshotAt }) => `The data of ${source} is as it was at ${snapshotAt}, in every part.`),
    '',
    'Unpack all parts into one folder:',
    '  data/COLLECTION/…    the rows; those of one collection may be in several files, in no particular order',
    '  media/STORE/…        the files, under the keys that the rows name them by',
    '  manifest.json        what there is, with the SHA-256 of every part; signed in manifest.jws.json',
    '',
    'Formats:',
    '  .jsonl.gz   JSON Lines: a row a line, exact',
    '  .csv.gz     CSV (RFC 4180); text that a spreadsheet would take for a formula has an apostrophe before it',
    '  .parquet    numeric, and every type that Parquet does not have, is text as PostgreSQL writes it; infinite dates are',
    '              the smallest and largest values',
    '',
    'Check that every part is here and unaltered: steward verify FOLDER --keys KEYS',
    '',
    ...(omitted.length === 0
      ? []
      : [
          'Columns left out because the data map redacts them:',
          ...omitted.map((each) => `  ${each.collection}: ${each.omitted.join(', ')}`),
          '',
        ]),
    ...(leftOut.length === 0
      ? []
      : ['Not in this export:', ...leftOut.map((each) => `  ${each.collection}: ${each.reason}`), '']),
    ...(totals.missingFiles === 0
      ? []
      : [`${counted(totals.missingFiles, 'file')} that rows name are not in the store; manifest.json lists them.`, '']),
    'From the moment of its download the export is in your keeping: who may read it, and how long it is kept, is yours to see to.',
    '',
  ].join('\n');
}
