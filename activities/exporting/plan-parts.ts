/**
 * Cuts a source into parts, in its snapshot, and records them. Nothing of them is held: bounds and keys of objects are
 * written down in portions, sealed, for they are values of the workspace's.
 */
import type { ClientBase } from 'pg';
import type { DataMap } from '../../data-map/model.ts';
import { liveColumns, otherTables } from '../../data-map/live-columns.ts';
import type { LiveColumnRow } from '../../data-map/live-columns.ts';
import { planWorkspace } from '../../data-map/workspace-plan.ts';
import type { OwnedCollection } from '../../data-map/workspace-plan.ts';
import type { ExportedCollection } from '../../data-map/workspace-sql.ts';
import { InvalidDataMap } from '../../domain/errors.ts';
import type { PartsPlan, SourceRef } from '../../domain/workspace-export.ts';
import type { Control } from '../packaging/control.ts';
import { cutCollections } from './cut-collections.ts';
import { readSourceFacts, requireRunning } from './export-facts.ts';
import type { ExportDeps, ExportFacts, SourcePlan } from './export-facts.ts';
import { objectKeys, storesOf } from './object-keys.ts';
import { PartList, countParts, forgetParts, savePlan } from './part-list.ts';
import { readSnapshot, run } from './snapshot.ts';
import type { SnapshotReading } from './snapshot.ts';

const MIB = 2 ** 20;
/** Objects of a part at most; as many keys are sealed as one value. */
const OBJECTS_A_PART = 1_000;

/** Answers the plan that this generation has, or makes it. Throws SnapshotLost. */
export async function planParts(deps: ExportDeps, ref: SourceRef, control: Control): Promise<PartsPlan> {
  const { order, facts } = await deps.db.withTenant(ref.workspaceId, async (trx) => ({
    order: await requireRunning(trx, deps.ring, ref),
    facts: await readSourceFacts(trx, ref),
  }));
  if (facts.plan !== null) return countParts(deps.db, ref);
  const stopBeating = control.beat(() => ({ generation: ref.generation }));
  try {
    await forgetParts(deps.db, ref);
    await savePlan(deps.db, ref, await cutSource(deps, { ref, order, facts, signal: control.signal }));
    return await countParts(deps.db, ref);
  } finally {
    stopBeating();
  }
}

interface Planning extends SnapshotReading {
  readonly order: ExportFacts;
}

async function cutSource(deps: ExportDeps, planning: Planning): Promise<SourcePlan> {
  const { ref, order } = planning;
  const read = <T>(work: (client: ClientBase) => Promise<T>): Promise<T> => readSnapshot(deps, planning, work);
  const { collections, leftOut } = await read((client) =>
    readCollections(client, deps.map, ref.source, order.includeRedacted),
  );
  const partBytes = deps.exports.partMib * MIB;
  const parts = new PartList(deps.db, ref, order.dataKey.bytes, partBytes);
  const cut = await cutCollections(read, collections, partBytes);
  for (const { slices } of cut) for (const slice of slices) await parts.addRows(slice);
  await parts.endRows();
  for (const contents of storesOf(deps.map, ref.source, planning.facts.tenantKey, collections)) {
    await read((client) => addObjects(parts, contents.store, objectKeys(client, deps.sources, contents)));
  }
  await parts.end();
  return { collections: cut.map(({ collection, rows }) => ({ ...collection, rows })), leftOut };
}

async function addObjects(parts: PartList, store: string, keys: AsyncIterable<string>): Promise<void> {
  let objects: string[] = [];
  for await (const key of keys) {
    objects.push(key);
    if (objects.length < OBJECTS_A_PART) continue;
    await parts.addObjects(store, objects);
    objects = [];
  }
  if (objects.length > 0) await parts.addObjects(store, objects);
}

async function readCollections(client: ClientBase, map: DataMap, source: string, includeRedacted: boolean) {
  const { collections, leftOut } = planWorkspace(map, source);
  const tied = collections.flatMap(({ ties }) => ties.flatMap(({ steps }) => steps.map(({ to }) => to)));
  const mapped = map.datasets.flatMap((dataset) => dataset.collections.filter((each) => each.source === source));
  const live = await run<LiveColumnRow>(client, liveColumns([...mapped, ...tied]));
  const tables = Map.groupBy(live, ({ schema, table }) => `${schema}.${table}`);
  const unmapped = await run<{ name: string }>(client, otherTables(mapped));
  return {
    collections: collections.map((owned) => describe(owned, tables, includeRedacted)),
    leftOut: [
      ...leftOut,
      ...unmapped.map(({ name }) => ({ collection: name, reason: 'the data map does not have this table' })),
    ],
  };
}

type Tables = ReadonlyMap<string, readonly LiveColumnRow[]>;

/** Every column that the table has now, whether or not the map knows it: what is returned is whole. */
function describe({ collection, ties }: OwnedCollection, tables: Tables, includeRedacted: boolean): ExportedCollection {
  const { ref, label, kind, schema, table, fields, media } = collection;
  const columns = liveOf(tables, schema, table, ref);
  const redacted = new Set(includeRedacted ? [] : fields.filter((each) => each.redacted).map(({ column }) => column));
  const inKey = columns.filter(({ key_place: place }) => place !== null);
  return {
    ref,
    label,
    kind,
    schema,
    table,
    columns: columns.filter(({ name }) => !redacted.has(name)).map(liveColumn),
    omitted: columns.filter(({ name }) => redacted.has(name)).map(({ name }) => name),
    key: inKey.toSorted((a, b) => Number(a.key_place) - Number(b.key_place)).map(liveColumn),
    ties: ties.map((tie) => {
      const end = tie.steps.at(-1)?.to ?? { schema, table };
      const tenant = liveOf(tables, end.schema, end.table, ref).find(({ name }) => name === tie.tenant);
      if (tenant === undefined)
        throw new InvalidDataMap(`The table ${end.schema}.${end.table} has no column ${tie.tenant}, its tenant.`);
      return { ...tie, tenantType: tenant.type };
    }),
    media: media.map(({ column, store }) => ({ column, store })),
  };
}

function liveOf(tables: Tables, schema: string, table: string, ref: string): readonly LiveColumnRow[] {
  const found = tables.get(`${schema}.${table}`);
  if (found === undefined)
    throw new InvalidDataMap(`The collection ${ref} is mapped to ${schema}.${table}, which is not there.`);
  return found;
}

const liveColumn = ({ name, type, base, loose_json: looseJson }: LiveColumnRow) => ({ name, type, base, looseJson });
