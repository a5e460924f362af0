/**
 * Finds whom holds are about, by the same search as the person's and in the same transactions, so that the source can tell
 * which rows are both. A hold on a subject is no list of rows: it covers what the search finds at the time.
 */
import { isEnd } from '../../data-map/catalogue/model.ts';
import type { Catalogue } from '../../data-map/catalogue/model.ts';
import { columnTypes, readColumnTypes } from '../../data-map/column-types.ts';
import { lookForReferrers } from '../../data-map/erasing/held-referrers.ts';
import type { SoughtHold } from '../../data-map/erasing/possible-grounds.ts';
import { planAcross } from '../../data-map/plan.ts';
import type { Plan, PlannedCollection, SearchPlan } from '../../data-map/plan.ts';
import { createKeySets, keyTable } from '../../data-map/sql.ts';
import type { Statement } from '../../data-map/sql-text.ts';
import type { ActiveHold } from '../../domain/holds.ts';
import type { Identity } from '../../domain/identities.ts';
import { BoundArrays } from '../searching/bound-arrays.ts';
import type { Carrier } from '../searching/carrier.ts';
import { findAll } from '../searching/fixed-point.ts';
import type { Searched } from '../searching/fixed-point.ts';
import { TempTables } from '../searching/temp-tables.ts';
import type { OpenSource } from './open-sources.ts';
import type { Weighing } from './weighed.ts';

type HoldsBySource = ReadonlyMap<string, readonly SoughtHold[]>;

/** The positions of a search's collections begin at a multiple of it, so that its tables stand beside those of others. */
const POSITIONS = 10_000;

/** By source that can be erased. */
type Catalogues = ReadonlyMap<string, Catalogue>;

/** Holds on nobody in particular need no search. A search for all subjects at once spares those for each where it can. */
export async function seekHolds(
  opened: readonly OpenSource[],
  weighing: Weighing,
  catalogues: Catalogues,
): Promise<HoldsBySource> {
  const onSubjects = weighing.holds.filter(({ scope }) => scope.subject !== undefined);
  const everybody = onSubjects.flatMap(({ scope }) => scope.subject ?? []);
  const isNear = onSubjects.length < 2 || (await areNear(opened, weighing, everybody, catalogues));
  const found = new Map<ActiveHold, FoundBySource>();
  if (isNear)
    for (const [index, hold] of onSubjects.entries())
      found.set(hold, await seek(opened, weighing, hold.scope.subject ?? [], index + 2));
  return new Map(
    opened.map(({ source }) => [
      source,
      weighing.holds.map((hold) => {
        const keySets = new Map((found.get(hold)?.get(source) ?? []).map((each) => [each.ref, keyTable(each)]));
        return { hold, keySets: hold.scope.subject === undefined ? undefined : keySets };
      }),
    ]),
  );
}

/** The collections of a search, by whose positions the tables of its keys are named. */
type FoundBySource = ReadonlyMap<string, readonly PlannedCollection[]>;

/** Whether any row of the person is one of anybody's whom holds are about, or is referred to by one. */
async function areNear(
  opened: readonly OpenSource[],
  weighing: Weighing,
  everybody: readonly Identity[],
  catalogues: Catalogues,
): Promise<boolean> {
  const found = await seek(opened, weighing, everybody, 1);
  for (const { source, plan, statements, erasable } of opened) {
    if (!erasable) continue;
    const held = found.get(source) ?? [];
    for (const statement of [...lookForShared(plan, held), ...lookForReferring(plan, held, catalogues.get(source))]) {
      const { rows } = await statements.run(statement);
      if (rows[0]?.['near'] === true) return true;
    }
  }
  return false;
}

function lookForShared({ collections }: Plan, held: readonly PlannedCollection[]): readonly Statement[] {
  return collections.flatMap((collection) =>
    held
      .filter(({ ref }) => ref === collection.ref)
      .map((other) => {
        const keys = collection.key.map((_, index) => `k${index}`).join(', ');
        const text = `SELECT EXISTS (SELECT FROM ${keyTable(collection)} k JOIN ${keyTable(other)} h USING (${keys})) AS near`;
        return { purpose: `comparing ${collection.ref} with holds`, text, values: [] };
      }),
  );
}

function lookForReferring(
  { collections }: Plan,
  held: readonly PlannedCollection[],
  catalogue: Catalogue | undefined,
): readonly Statement[] {
  if (catalogue === undefined) return [];
  return catalogue.foreignKeys.flatMap((foreignKey) => {
    const owners = held.filter((from) => isEnd(foreignKey.from, from));
    const targets = collections.filter((to) => isEnd(foreignKey.to, to));
    return targets.flatMap((to) => owners.map((from) => lookForReferrers(catalogue, foreignKey, from, to)));
  });
}

async function seek(
  opened: readonly OpenSource[],
  { map, search }: Weighing,
  identities: readonly Identity[],
  number: number,
): Promise<FoundBySource> {
  const plan = planAcross(map, [...search.tenantKeys.keys()], identities);
  const searched: (Searched & { readonly source: string })[] = [];
  for (const each of opened) {
    const own = planIn(plan, each.source, number * POSITIONS);
    if (own !== undefined) searched.push({ source: each.source, plan: own, carrier: await carry(each, own) });
  }
  const sources = new Set(searched.flatMap(({ plan: { collections } }) => collections.map(({ ref }) => ref)));
  await findAll(
    searched,
    plan.crossings.filter(({ from, to }) => sources.has(from) && sources.has(to)),
  );
  return new Map(searched.map(({ source, plan: { collections } }) => [source, collections]));
}

function planIn({ plans }: SearchPlan, source: string, from: number): Plan | undefined {
  const plan = plans.find((each) => each.source === source);
  return (
    plan && { ...plan, collections: plan.collections.map((each) => ({ ...each, position: from + each.position })) }
  );
}

async function carry({ statements, tenantKey, carrierName }: OpenSource, plan: Plan): Promise<Carrier> {
  const { rows } = await statements.run(readColumnTypes(plan));
  const scope = { tenantKey, types: columnTypes(rows) };
  if (carrierName === 'bound_arrays') return new BoundArrays(statements, plan, scope);
  const text = createKeySets(plan).map((statement) => statement.text);
  if (text.length > 0) await statements.run({ purpose: 'creating key tables', text: text.join(';\n'), values: [] });
  return TempTables.beside(statements, plan, scope);
}
