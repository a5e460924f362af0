/** Weighs the rows found in one source: what keeps each by itself, and then what other records make of it. */
import type { Catalogue } from '../../data-map/catalogue/model.ts';
import { columnTypes, readColumnTypes } from '../../data-map/column-types.ts';
import type { PlacedCollection } from '../../data-map/column-types.ts';
import { kindOf, nameCombinations } from '../../data-map/erasing/combinations.ts';
import type { Kind } from '../../data-map/erasing/combinations.ts';
import { heldReferrers, holdableCollections } from '../../data-map/erasing/held-referrers.ts';
import { possibleGrounds } from '../../data-map/erasing/possible-grounds.ts';
import type { SoughtHold } from '../../data-map/erasing/possible-grounds.ts';
import { bindToKept, bindToOthers, bondsOf, isShared, structureOf } from '../../data-map/erasing/references.ts';
import { analyzeRows, countKinds, createRowTables, weighRows } from '../../data-map/erasing/row-grounds.ts';
import type { WeighedCollection, WeighingScope } from '../../data-map/erasing/row-grounds.ts';
import { throughCollections } from '../../data-map/erasing/through.ts';
import type { Statement } from '../../data-map/sql-text.ts';
import { SourceFailed } from '../../domain/errors.ts';
import type { OpenSource } from './open-sources.ts';
import type { WeighedGroup, WeighedSource, Weighing } from './weighed.ts';

export interface SourceWeighing extends Omit<Weighing, 'holds'> {
  readonly holds: readonly SoughtHold[];
  /** After it come rows that only mention the person. */
  readonly ownRound: number;
  readonly catalogue: Catalogue;
}

/** Longer chains of records that refer to records nobody makes. */
const MAX_ROUNDS = 1_000;

export async function weighSource(opened: OpenSource, weighing: SourceWeighing): Promise<WeighedSource> {
  const { source, client, plan, tenantKey, takenAt, carrier } = opened;
  const counts = await carrier.counts();
  const holdable = holdableCollections(weighing.map, source, weighing.holds);
  const scope = await scopeOf(opened, weighing, holdable);
  const found = plan.collections.filter(({ ref }) => (counts[ref] ?? 0) > 0);
  const all = found.map((collection): WeighedCollection => {
    const standing = { structure: structureOf(weighing.catalogue, collection), isShared: isShared(plan, collection) };
    return { collection, grounds: possibleGrounds(collection, weighing.ownRound, standing, weighing) };
  });
  const rows = new WeighedRows(opened, weighing, all);
  await rows.weigh(scope);
  await rows.bind(scope, holdable);
  const groups = await rows.name();
  return { source, client, plan, tenantKey, takenAt, epoch: await epochOf(opened), groups };
}

async function scopeOf(
  { statements, plan, tenantKey }: OpenSource,
  weighing: SourceWeighing,
  holdable: readonly PlacedCollection[],
): Promise<WeighingScope> {
  const { map, schedule, zone, circumstances } = weighing;
  const through = throughCollections(map, schedule.rules, plan.source);
  const { rows } = await statements.run(
    readColumnTypes({ collections: [...plan.collections, ...through, ...holdable] }),
  );
  const { asOf } = circumstances;
  return { tenantKey, types: columnTypes(rows), zone, asOf, edges: map.edges, through };
}

/** As this snapshot has it; 0 where nobody has ever raised it. */
async function epochOf({ statements, tenantKey }: OpenSource): Promise<bigint> {
  const text = 'SELECT epoch::text FROM steward.fence WHERE tenant = $1';
  const { rows } = await statements.run({ purpose: 'reading the fence', text, values: [tenantKey] });
  const epoch = rows[0]?.['epoch'];
  return typeof epoch === 'string' ? BigInt(epoch) : 0n;
}

class WeighedRows {
  readonly #opened: OpenSource;
  readonly #weighing: SourceWeighing;
  readonly #all: readonly WeighedCollection[];
  readonly #kinds = new Map<WeighedCollection, readonly Kind[]>();

  constructor(opened: OpenSource, weighing: SourceWeighing, all: readonly WeighedCollection[]) {
    this.#opened = opened;
    this.#weighing = weighing;
    this.#all = all;
  }

  async weigh(scope: WeighingScope): Promise<void> {
    if (this.#all.length === 0) return;
    await this.#run(createRowTables(this.#all));
    for (const each of this.#all) await this.#run(weighRows(each, scope));
    await this.#run(analyzeRows(this.#all.map(({ collection }) => collection)));
    for (const each of this.#all) await this.#count(each);
  }

  /** Until no row is kept any more for another one. */
  async bind(scope: WeighingScope, holdable: readonly PlacedCollection[]): Promise<void> {
    const bonds = bondsOf(this.#weighing.catalogue, this.#all, this.#opened.plan.collections);
    const { tenantKey } = this.#opened;
    for (const bond of bonds) {
      const held = heldReferrers(bond.foreignKey, holdable, this.#weighing.holds, scope);
      const statement = bindToOthers(bond, this.#kindsOf, tenantKey, held);
      if (statement && (await this.#run(statement)) > 0) await this.#count(bond.to);
    }
    for (let rounds = 0; rounds <= MAX_ROUNDS; rounds += 1) {
      let bound = 0;
      for (const bond of bonds) {
        let fresh = 0;
        for (const statement of bindToKept(bond, this.#kindsOf, tenantKey)) fresh += await this.#run(statement);
        if (fresh > 0) await this.#count(bond.to);
        bound += fresh;
      }
      if (bound === 0) return;
    }
    throw new SourceFailed(`The references of ${this.#opened.source} found no end within ${MAX_ROUNDS} rounds.`);
  }

  /** Gives each row its combination, and answers what there is of each. */
  async name(): Promise<readonly WeighedGroup[]> {
    const { source, plan } = this.#opened;
    const found = this.#all.map((each) => ({ collection: each.collection, kinds: this.#kindsOf(each) }));
    if (plan.collections.length > 0)
      for (const statement of nameCombinations(plan.collections, found)) await this.#run(statement);
    return found.flatMap(({ collection, kinds }) =>
      merged(kinds).map((kind) => ({
        source,
        collection,
        recordClass: collection.recordClass ?? '',
        combination: kind.combination,
        grounds: kind.grounds,
        decision: kind.decision,
        rows: kind.rows,
        endsFirst: kind.endsFirst,
        endsLast: kind.endsLast,
      })),
    );
  }

  readonly #kindsOf = (weighed: WeighedCollection): readonly Kind[] => this.#kinds.get(weighed) ?? [];

  async #count(weighed: WeighedCollection): Promise<void> {
    const { rows } = await this.#opened.statements.run(countKinds(weighed));
    this.#kinds.set(
      weighed,
      rows.map((row) => kindOf(weighed, row, this.#weighing.circumstances)),
    );
  }

  async #run(statement: Statement): Promise<number> {
    return (await this.#opened.statements.run(statement)).rowCount ?? 0;
  }
}

/** Exceptions of one name and force can have several conditions, and which of them it was makes no difference. */
function merged(kinds: readonly Kind[]): readonly Kind[] {
  const same = Map.groupBy(kinds, ({ combination }) => combination);
  return [...same.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : others.reduce(together, first),
  );
}

function together(one: Kind, other: Kind): Kind {
  const [first, second] = timeOf(one.endsFirst) <= timeOf(other.endsFirst) ? [one, other] : [other, one];
  const last = timeOf(second.endsLast) >= timeOf(first.endsLast) ? second : first;
  return { ...last, rows: one.rows + other.rows, endsFirst: first.endsFirst };
}

const timeOf = (end: Kind['endsLast']): number => (end instanceof Date ? end.getTime() : end === 'open' ? Infinity : 0);
