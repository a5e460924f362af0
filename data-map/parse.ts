/** Reads the files of a data map into the model, or says everything that is wrong with them. */
import { createHash } from 'node:crypto';
import { LineCounter, parseDocument } from 'yaml';
import { buildDataset } from './collections.ts';
import type { DatasetFile } from './fideslang.ts';
import { datasetFile, unknownKeys } from './fideslang.ts';
import type { Location } from './findings.ts';
import { Findings } from './findings.ts';
import type { Collection, DataMap, Dataset } from './model.ts';
import { collectionsOf } from './model.ts';
import { placeOf } from './place-of-issue.ts';
import { buildEdges } from './references.ts';
import { checkWalks } from './walk.ts';

export interface MapFile {
  /** Named in problems. */
  readonly name: string;
  /** YAML, of which JSON is a part. */
  readonly text: string;
}

/**
 * Throws InvalidDataMap with every problem found, each naming file, dataset, collection and field, and what to do. Files
 * that were written for Fides are read as they are; what they lack to be searched with is in the map's `gaps`.
 */
export function parseDataMap(files: readonly MapFile[]): DataMap {
  const findings = new Findings();
  const parsed = files.flatMap((file) => readFile(file, findings));
  // What follows relies on the shape of every file; half a map would only add false alarms.
  findings.throwIfAny();

  const declared = parsed.map(({ at, file }) => ({ at, file, dataset: buildDataset(file, at, findings) }));
  const datasets = declared.map(({ dataset }) => dataset);
  reportRepeats(declared, findings);
  const edges = buildEdges(
    declared.map(({ at, file, dataset }) => ({ at, file, collections: dataset.collections })),
    findings,
  );
  const locate = ({ dataset, table }: Collection): Location => {
    const at = declared.find(({ file }) => file.fides_key === dataset)?.at ?? { file: dataset };
    return { ...at, collection: table };
  };
  checkOrder(declared, locate, findings);
  checkWalks({ datasets, edges }, locate, findings);
  findings.throwIfAny();
  const { gaps, notices } = findings;
  const unknown = parsed.flatMap(({ file }) => unknownKeys(file).map((each) => ({ dataset: file.fides_key, ...each })));
  return { version: digest(parsed.map(({ file }) => file)), datasets, edges, gaps, notices, unknown };
}

/** The types of identity by which the map can find a person, in alphabetical order. */
export function knownIdentityTypes(map: DataMap): readonly string[] {
  const types = collectionsOf(map)
    .filter(({ skipped }) => !skipped)
    .flatMap(({ identities }) => identities.map(({ type }) => type));
  const byHand = map.datasets.flatMap(({ manual }) => manual?.identities ?? []);
  return [...new Set([...types, ...byHand])].sort();
}

interface ReadDataset {
  readonly at: Location;
  readonly file: DatasetFile;
}

function readFile({ name, text }: MapFile, findings: Findings): readonly ReadDataset[] {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  for (const { message, pos } of document.errors) {
    findings.problem({ file: name }, `line ${lineCounter.linePos(pos[0]).line} is not YAML: ${message}`);
  }
  if (document.errors.length > 0) return [];
  const raw: unknown = document.toJS();
  const result = datasetFile.safeParse(raw);
  if (!result.success) {
    for (const { path, message } of result.error.issues)
      findings.problem({ file: name, ...placeOf(raw, path) }, message);
    return [];
  }
  for (const key of Object.keys(result.data)) {
    if (key !== 'dataset') findings.notice({ file: name }, `${key} is not read; only dataset is.`);
  }
  return result.data.dataset.map((file) => {
    const at = { file: name, dataset: file.fides_key };
    for (const { key, value: _, ...place } of unknownKeys(file))
      findings.notice({ ...at, ...place }, `the key ${key} is unknown and has no effect.`);
    return { at, file };
  });
}

function reportRepeats(
  declared: readonly { readonly at: Location; readonly dataset: { readonly collections: readonly Collection[] } }[],
  findings: Findings,
): void {
  const datasets = new Map<string | undefined, Location>();
  const tables = new Map<string, Collection>();
  for (const { at, dataset } of declared) {
    const earlier = datasets.get(at.dataset);
    if (earlier) {
      findings.problem(at, `the dataset is also in ${earlier.file}; keep one.`);
      continue;
    }
    datasets.set(at.dataset, at);
    for (const each of dataset.collections) {
      const table = JSON.stringify([each.source, each.schema, each.table]);
      const first = tables.get(table);
      if (first && first.dataset !== each.dataset) {
        findings.problem(
          { ...at, collection: each.table },
          `${first.ref} is the same table of the source ${each.source}; keep one.`,
        );
      }
      tables.set(table, first ?? each);
    }
  }
}

function checkOrder(
  declared: readonly { readonly at: Location; readonly dataset: Dataset }[],
  locate: (collection: Collection) => Location,
  findings: Findings,
): void {
  const datasets = declared.map(({ dataset }) => dataset);
  const keys = new Set(datasets.map(({ key }) => key));
  for (const { at, dataset } of declared) {
    for (const name of dataset.after) {
      if (!keys.has(name)) findings.problem(at, `after names the dataset ${name}, which no file has; mend the name.`);
    }
  }
  const collections = collectionsOf({ datasets });
  const refs = new Set(collections.map(({ ref }) => ref));
  for (const collection of collections) {
    for (const name of [...collection.after, ...collection.eraseAfter]) {
      if (refs.has(name)) continue;
      findings.problem(
        locate(collection),
        `after or erase_after names ${name}, which no file has; mend the name (dataset.collection).`,
      );
    }
  }
}

function digest(files: readonly DatasetFile[]): string {
  const sorted = files.toSorted((a, b) => (a.fides_key < b.fides_key ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}
