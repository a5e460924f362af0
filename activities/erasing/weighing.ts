/**
 * From a search to what keeps each row found: the sources that are to be erased are searched as for an export, then every
 * row is weighed where it lies. Whoever weighs gets the open transactions, all at once, and may write to what is Steward's
 * own there; with their end everything else is gone.
 */
import type { Catalogue } from '../../data-map/catalogue/model.ts';
import { readCatalogue } from '../../data-map/catalogue/read.ts';
import { schemasOf } from '../../data-map/checking/subject.ts';
import { readEpoch } from '../../platform/erasure/fence.ts';
import type { Sources } from '../../platform/sources.ts';
import { findMentions, findOwn } from '../searching/fixed-point.ts';
import { seekHolds } from './held-subjects.ts';
import { withOpenSources } from './open-sources.ts';
import type { OpenSource } from './open-sources.ts';
import { weighSource } from './weigh-source.ts';
import type { UnerasableSource, WeighedGroup, WeighedSource, Weighing } from './weighed.ts';

export type { UnerasableSource, WeighedGroup, WeighedSource, Weighing };

/**
 * Keys are in `pg_temp.steward_keys_N`, each row's combination and end in `pg_temp.steward_grounds_N` (`groundsTable`), N
 * being the position of the collection. `work` must not end the transactions; they commit when it returns. Throws what
 * `withSnapshots` throws; InvalidSchedule when the schedule does not fit the source's columns.
 */
export async function withWeighedSources<T>(
  sources: Sources,
  weighing: Weighing,
  work: (weighed: readonly WeighedSource[], unerasable: readonly UnerasableSource[]) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const { search } = weighing;
  return withOpenSources(
    sources,
    search,
    async (opened) => {
      await findOwn(opened, search.plan.crossings);
      const ownRounds = new Map(opened.map(({ source, lastRound }) => [source, lastRound()]));
      await findMentions(opened);
      const catalogues = new Map<string, Catalogue>();
      for (const { source, client, erasable } of opened)
        if (erasable) catalogues.set(source, await readCatalogue(client, schemasOf(weighing.map, source)));
      const holds = await seekHolds(opened, weighing, catalogues);
      const weighed: WeighedSource[] = [];
      for (const each of opened) {
        const catalogue = catalogues.get(each.source);
        if (catalogue === undefined) continue;
        const own = { holds: holds.get(each.source) ?? [], ownRound: ownRounds.get(each.source) ?? 0 };
        weighed.push(await weighSource(each, { ...weighing, ...own, catalogue }));
      }
      return work(weighed, await countOthers(opened));
    },
    signal,
  );
}

async function countOthers(opened: readonly OpenSource[]): Promise<readonly UnerasableSource[]> {
  const counted: UnerasableSource[] = [];
  for (const { source, erasable, carrier } of opened) {
    if (erasable) continue;
    const counts = Object.entries(await carrier.counts()).filter(([, rows]) => rows > 0);
    counted.push({ source, rows: Object.fromEntries(counts) });
  }
  return counted;
}

/**
 * The epoch of the workspace's fence in each source that can be erased. To be read before the holds are: a hold that is
 * placed afterwards raises it, and what was planned without that hold is turned back.
 */
export async function readEpochs(
  sources: Sources,
  tenantKeys: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, bigint>> {
  const epochs = new Map<string, bigint>();
  for (const [source, tenantKey] of tenantKeys) {
    if (!sources.canErase(source)) continue;
    epochs.set(source, await sources.withEraser(source, (client) => readEpoch(client, tenantKey)));
  }
  return epochs;
}
