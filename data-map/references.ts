/** From the references of fields to the edges of the map, in the direction in which rows flow. */
import type { DatasetFile, ReferenceFile } from './fideslang.ts';
import { flatFields, metaOf } from './fideslang.ts';
import type { Findings, Location } from './findings.ts';
import type { Collection, Edge, FieldRef } from './model.ts';
import { fieldName, refIn } from './model.ts';

export interface DeclaredDataset {
  readonly at: Location;
  readonly file: DatasetFile;
  readonly collections: readonly Collection[];
}

interface End {
  readonly collection: Collection;
  readonly at: FieldRef;
}

/** One reference that was found to work: `owner` is the field that declares it. */
interface Link {
  readonly where: Location;
  readonly owner: End;
  readonly target: End;
  readonly direction: 'from' | 'to' | 'both';
}

export function buildEdges(declared: readonly DeclaredDataset[], findings: Findings): readonly Edge[] {
  const links = declared
    .flatMap((dataset) => linksOf(dataset, declared, findings))
    .filter((link) => !isWholeTenant(link, findings));
  return withoutRepeats(joinCompositeKeys(links, findings).flatMap(edgesOf));
}

function linksOf(
  { at, file, collections }: DeclaredDataset,
  declared: readonly DeclaredDataset[],
  findings: Findings,
): Link[] {
  return file.collections.flatMap((entry, index) => {
    const collection = collections[index];
    if (collection === undefined) return [];
    return flatFields(entry.fields).flatMap(({ path: [column = '', ...path], file: each }): Link[] => {
      const meta = metaOf(each);
      if (meta?.steward?.not_followed) return [];
      const where = { ...at, collection: entry.name, field: [column, ...path].join('.') };
      return (meta?.references ?? []).flatMap((reference): Link[] => {
        const target = findTarget(reference, declared, where, findings);
        const owner = { collection, at: refIn(collection.fields, { column, path }) };
        return target ? [{ where, owner, target, direction: reference.direction ?? 'both' }] : [];
      });
    });
  });
}

function findTarget(
  { dataset, field }: ReferenceFile,
  declared: readonly DeclaredDataset[],
  where: Location,
  findings: Findings,
): End | undefined {
  const collections = declared.filter(({ file }) => file.fides_key === dataset).flatMap((found) => found.collections);
  if (collections.length === 0) {
    findings.problem(where, `it refers to the dataset ${dataset}, which no file has; add the file or mend the name.`);
    return undefined;
  }
  const named = collections.filter(({ table }) => field.startsWith(`${table}.`));
  if (named.length === 0) {
    findings.problem(where, `it refers to ${field}, but the dataset ${dataset} has no such collection; mend the name.`);
    return undefined;
  }
  for (const collection of named) {
    const found = collection.fields.find((each) => `${collection.table}.${fieldName(each)}` === field);
    if (found) return { collection, at: refIn(collection.fields, found) };
  }
  findings.problem(
    where,
    `it refers to ${dataset}.${field}, but that collection has no such field; mend the name or add the field.`,
  );
  return undefined;
}

/**
 * A tenant column is equal in all rows of a workspace: following it would make everybody's rows one person's. It is
 * compared in every statement anyway. Only to the one row whose key it is does it lead safely.
 */
function isWholeTenant({ where, owner, target, direction }: Link, findings: Findings): boolean {
  const towards = direction === 'both' ? [owner, target] : [direction === 'from' ? owner : target];
  if (![owner, target].some(isTenant) || towards.every(isSoleKey)) return false;
  findings.notice(
    where,
    `the reference to ${target.collection.ref} is not followed, for it would reach the whole workspace.`,
  );
  return true;
}

function isTenant({ collection, at }: End): boolean {
  return at.path.length === 0 && at.column === collection.tenant;
}

function isSoleKey({ collection, at }: End): boolean {
  return at.path.length === 0 && collection.key.length === 1 && collection.key[0] === at.column;
}

type JoinedLink = Omit<Link, 'owner' | 'target'> & {
  readonly pairs: readonly { readonly owner: End; readonly target: End }[];
};

/**
 * Fideslang has references of single fields only. Those of several fields of a collection that together name the whole
 * composite key of another are one reference; each alone would lead to rows that agree in a part of the key.
 */
function joinCompositeKeys(links: readonly Link[], findings: Findings): readonly JoinedLink[] {
  const groups = Map.groupBy(
    links,
    ({ owner, target, direction }) => `${owner.collection.ref}\n${target.collection.ref}\n${direction}`,
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const columns = (first?.target.collection.key ?? []).filter((column) => column !== first?.target.collection.tenant);
    const parts = columns.map((column) =>
      group.filter(({ target: { at } }) => at.path.length === 0 && at.column === column),
    );
    if (first === undefined || columns.length < 2 || parts.some((part) => part.length === 0)) return group.map(single);
    if (parts.some((part) => part.length > 1)) {
      const fix = 'which fields belong together is not clear; mark all but one set of them as not_followed.';
      findings.problem(
        first.where,
        `the composite key of ${first.target.collection.ref} is referred to more than once: ${fix}`,
      );
      return [];
    }
    const joined = parts.flat();
    const { where, direction } = first;
    return [{ where, direction, pairs: joined }, ...group.filter((link) => !joined.includes(link)).map(single)];
  });
}

const single = (link: Link): JoinedLink => ({ where: link.where, direction: link.direction, pairs: [link] });

function edgesOf({ direction, pairs }: JoinedLink): readonly Edge[] {
  const [first] = pairs;
  if (first === undefined) return [];
  const { owner, target } = first;
  const crossesSources = owner.collection.source !== target.collection.source;
  const toOwner: Edge = {
    from: target.collection.ref,
    to: owner.collection.ref,
    on: pairs.map((pair) => ({ from: pair.target.at, to: pair.owner.at })),
    crossesSources,
  };
  const toTarget: Edge = {
    from: owner.collection.ref,
    to: target.collection.ref,
    on: pairs.map((pair) => ({ from: pair.owner.at, to: pair.target.at })),
    crossesSources,
  };
  return [...(direction === 'to' ? [] : [toOwner]), ...(direction === 'from' ? [] : [toTarget])];
}

/** A reference may be declared at both of its ends. */
function withoutRepeats(edges: readonly Edge[]): readonly Edge[] {
  return [...new Map(edges.map((edge) => [JSON.stringify(edge), edge])).values()];
}
