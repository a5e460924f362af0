/** Finds what is due of a class in the workspace's sources and weighs it there, as an erasure weighs the rows of a person. */
import type { Catalogue } from '../../data-map/catalogue/model.ts';
import { readCatalogue } from '../../data-map/catalogue/read.ts';
import { columnTypes, readColumnTypes } from '../../data-map/column-types.ts';
import type { WeighingScope } from '../../data-map/erasing/row-grounds.ts';
import { throughCollections } from '../../data-map/erasing/through.ts';
import { findDue } from '../../data-map/retention/due.ts';
import type { DataMap } from '../../data-map/model.ts';
import type { PlannedCollection } from '../../data-map/plan.ts';
import { analyze } from '../../data-map/sql.ts';
import { FenceRaised } from '../../domain/errors.ts';
import type { Statements } from '../searching/statements.ts';
import { seekHolds } from '../erasing/held-subjects.ts';
import { withOpenSources } from '../erasing/open-sources.ts';
import type { OpenSource } from '../erasing/open-sources.ts';
import { weighSource } from '../erasing/weigh-source.ts';
import type { WeighedSource, Weighing } from '../erasing/weighed.ts';
import { plansFor } from './prepare.ts';
import type { PreparedReview, ReviewDeps, ReviewedSource, Surroundings } from './prepare.ts';

export interface DueOrder {
  readonly recordClass: string;
  /** What had ended by then. */
  readonly asOf: Date;
}

/**
 * Runs `work` in the open transactions of the sources that can be erased, which commit when it returns. Throws FenceRaised
 * when a hold was placed since the holds were read; what `withOpenSources` throws; InvalidSchedule when the schedule does not
 * fit the source's columns.
 */
export async function withWeighedDue<T>(
  deps: ReviewDeps,
  prepared: PreparedReview,
  { recordClass, asOf }: DueOrder,
  work: (weighed: readonly WeighedSource[]) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const { schedule, place, tenantKeys, holds, epochs } = prepared;
  const plans = plansFor(deps, prepared);
  const search = { plan: { mapVersion: deps.map.version, plans, crossings: [], unreached: [] }, tenantKeys };
  const weighing: Weighing = {
    map: deps.map,
    search,
    schedule,
    holds,
    circumstances: { askedBy: 'retention_review', asOf, overrides: [] },
    records: [],
    jurisdictions: place.jurisdictions,
    zone: place.zone,
  };
  return withOpenSources(
    deps.sources,
    search,
    async (opened) => {
      const erasable = opened.filter((each) => each.erasable);
      for (const each of erasable) await fillKeys(each, prepared, { recordClass, asOf }, deps.map);
      const catalogues = await readCatalogues(erasable);
      const sought = await seekHolds(opened, weighing, catalogues);
      const weighed: WeighedSource[] = [];
      for (const each of erasable) {
        const catalogue = catalogues.get(each.source);
        if (catalogue === undefined) continue;
        const source = await weighSource(each, {
          ...weighing,
          holds: sought.get(each.source) ?? [],
          ownRound: 0,
          catalogue,
        });
        if (epochs.get(each.source) !== source.epoch)
          throw new FenceRaised('A hold was placed since the holds were read; they are to be read again.');
        weighed.push(source);
      }
      return work(weighed);
    },
    signal,
  );
}

/** By source. Whatever of a schema is mapped: rows of any of it may refer to what is due. */
async function readCatalogues(opened: readonly OpenSource[]): Promise<ReadonlyMap<string, Catalogue>> {
  const catalogues = new Map<string, Catalogue>();
  for (const { source, client, plan } of opened)
    catalogues.set(source, await readCatalogue(client, [...new Set(plan.collections.map(({ schema }) => schema))]));
  return catalogues;
}

async function fillKeys(
  { source, statements }: OpenSource,
  prepared: PreparedReview,
  { recordClass, asOf }: DueOrder,
  map: DataMap,
): Promise<void> {
  const reviewed = prepared.reviewed.find((each) => each.source === source);
  const own = reviewed?.ruled.filter((each) => each.recordClass === recordClass) ?? [];
  if (reviewed === undefined || own.length === 0) return;
  const scope = await scopeOf(statements, { ...prepared, reviewed, map, asOf });
  const found: PlannedCollection[] = [];
  for (const ruled of own) {
    let rows = 0;
    for (const statement of findDue(ruled, scope)) rows += (await statements.run(statement)).rowCount ?? 0;
    if (rows > 0) found.push(ruled.collection);
  }
  if (found.length > 0) await statements.run(analyze(found));
}

export interface ScopeOrder extends Pick<Surroundings, 'schedule' | 'place'> {
  readonly reviewed: ReviewedSource;
  readonly map: DataMap;
  readonly asOf: Date;
}

/** What every statement goes by that looks for what is due in one source. */
export async function scopeOf(
  statements: Statements,
  { schedule, place, reviewed, map, asOf }: ScopeOrder,
): Promise<WeighingScope> {
  const { source, tenantKey, plan } = reviewed;
  const through = throughCollections(map, schedule.rules, source);
  const { rows } = await statements.run(readColumnTypes({ collections: [...plan.collections, ...through] }));
  return { tenantKey, types: columnTypes(rows), zone: place.zone, asOf, edges: map.edges, through };
}
