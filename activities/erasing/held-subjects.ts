/**
 * Finds whom holds are about, by the same search as the person's and in the same transactions, so that the source can tell
 * which rows are both. A hold on a subject is no list of rows: it covers what the search finds at the time.
 */
import { columnTypes, readColumnTypes } from '../../data-map/column-types.ts';
import type { SoughtHold } from '../../data-map/erasing/possible-grounds.ts';
import type { CollectionRef } from '../../data-map/model.ts';
import { planAcross } from '../../data-map/plan.ts';
import type { Plan, SearchPlan } from '../../data-map/plan.ts';
import { createKeySets, keyTable } from '../../data-map/sql.ts';
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

/** Holds on nobody in particular need no search. A search for all subjects at once spares those for each where it can. */
export async function seekHolds(opened: readonly OpenSource[], weighing: Weighing): Promise<HoldsBySource> {
  const onSubjects = weighing.holds.filter(({ scope }) => scope.subject !== undefined);
  const everybody = onSubjects.flatMap(({ scope }) => scope.subject ?? []);
  const areNear = onSubjects.length < 2 || (await areAmong(opened, weighing, everybody));
  const found = new Map<ActiveHold, ReadonlyMap<string, KeySets>>();
  if (areNear)
    for (const [index, hold] of onSubjects.entries())
      found.set(hold, await seek(opened, weighing, hold.scope.subject ?? [], index + 2));
  return new Map(
    opened.map(({ source }) => [
      source,
      weighing.holds.map((hold) => {
        const keySets = found.get(hold)?.get(source) ?? new Map<CollectionRef, string>();
        return { hold, keySets: hold.scope.subject === undefined ? undefined : keySets };
      }),
    ]),
  );
}

type KeySets = ReadonlyMap<CollectionRef, string>;

/** Whether any row of the person is one of anybody's whom holds are about. */
async function areAmong(
  opened: readonly OpenSource[],
  weighing: Weighing,
  everybody: readonly Identity[],
): Promise<boolean> {
  const found = await seek(opened, weighing, everybody, 1);
  for (const { source, plan, statements, erasable } of opened) {
    if (!erasable) continue;
    for (const collection of plan.collections) {
      const other = found.get(source)?.get(collection.ref);
      if (other === undefined) continue;
      const text = `SELECT EXISTS (SELECT FROM ${keyTable(collection)} k JOIN ${other} h USING (${collection.key.map((_, index) => `k${index}`).join(', ')})) AS shared`;
      const { rows } = await statements.run({ purpose: `comparing ${collection.ref} with holds`, text, values: [] });
      if (rows[0]?.['shared'] === true) return true;
    }
  }
  return false;
}

/** The names of the key tables, by source and collection. */
async function seek(
  opened: readonly OpenSource[],
  { map, search }: Weighing,
  identities: readonly Identity[],
  number: number,
): Promise<ReadonlyMap<string, KeySets>> {
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
  return new Map(
    searched.map(({ source, plan: { collections } }) => [
      source,
      new Map(collections.map((each) => [each.ref, keyTable(each)])),
    ]),
  );
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
