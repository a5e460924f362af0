/** Follows a search to its end: until no edge, within a source or between two, leads to a row that is not found yet. */
import type { Route } from '../../data-map/follow.ts';
import type { Edge } from '../../data-map/model.ts';
import type { Plan, PlannedCollection } from '../../data-map/plan.ts';
import type { Predicate } from '../../data-map/predicates.ts';
import { SourceFailed } from '../../domain/errors.ts';
import type { Carrier } from './carrier.ts';

/** A source that is being searched. */
export interface Searched {
  readonly plan: Plan;
  readonly carrier: Carrier;
}

/** Far above any chain of references that people make: replies to replies, records merged into records. */
const MAX_ROUNDS = 1_000;

export async function findAll(searched: readonly Searched[], crossings: readonly Edge[]): Promise<void> {
  await findOwn(searched, crossings);
  await findMentions(searched);
}

/** The person's own rows, without those that only mention the person. */
export async function findOwn(searched: readonly Searched[], crossings: readonly Edge[]): Promise<void> {
  const following = new Following(searched);
  await seedAll(searched, ({ seeds }) => seeds);
  await untilNoMore(searched, crossings, async () => {
    for (const each of searched) await following.source(each);
    return total(crossings, (edge) => following.crossing(edge));
  });
}

/** Last, for nothing is concluded from where a row leads that only mentions the person. */
export async function findMentions(searched: readonly Searched[]): Promise<void> {
  await seedAll(searched, ({ mentions }) => mentions);
}

async function seedAll(
  searched: readonly Searched[],
  by: (collection: PlannedCollection) => readonly Predicate[],
): Promise<void> {
  for (const { plan, carrier } of searched) {
    for (const collection of plan.collections) await carrier.seed(collection, by(collection));
  }
}

class Following {
  readonly #ends: ReadonlyMap<string, { readonly carrier: Carrier; readonly collection: PlannedCollection }>;
  /** Up to which mark of its collection an edge has been followed. */
  readonly #followed = new Map<Edge, number>();

  constructor(searched: readonly Searched[]) {
    const ends = searched.flatMap(({ plan, carrier }) =>
      plan.collections.map((collection) => [collection.ref, { carrier, collection }] as const),
    );
    this.#ends = new Map(ends);
  }

  /** One pass through the stages of a source is enough, for rows flow from earlier stages to later ones. */
  async source({ plan }: Searched): Promise<void> {
    for (const { once, repeat } of plan.stages) {
      await total(once, (edge) => this.#within(edge));
      await untilNoMore([{ plan }], repeat, () => total(repeat, (edge) => this.#within(edge)));
    }
  }

  async #within(edge: Edge): Promise<number> {
    const { route, from } = this.#route(edge);
    const after = this.#next(edge);
    return after === undefined ? 0 : from.follow(route, after);
  }

  async crossing(edge: Edge): Promise<number> {
    const { route, from, to } = this.#route(edge);
    const after = this.#next(edge);
    if (after === undefined) return 0;
    let fresh = 0;
    for await (const values of from.carryOut(route, after)) fresh += await to.carryIn(route, values, from.types);
    return fresh;
  }

  /** The mark to follow the edge from; undefined when nothing was found since it was followed. */
  #next(edge: Edge): number | undefined {
    const { carrier, collection } = this.#end(edge.from);
    const [after, mark] = [this.#followed.get(edge) ?? 0, carrier.mark(collection)];
    if (mark <= after) return undefined;
    this.#followed.set(edge, mark);
    return after;
  }

  #route(edge: Edge): { readonly route: Route; readonly from: Carrier; readonly to: Carrier } {
    const [from, to] = [this.#end(edge.from), this.#end(edge.to)];
    return {
      route: { edge, from: from.collection, to: to.collection },
      from: from.carrier,
      to: to.carrier,
    };
  }

  #end(ref: string) {
    const found = this.#ends.get(ref);
    if (found === undefined) throw new TypeError(`The collection ${ref} is not in the plan.`);
    return found;
  }
}

async function total<T>(each: readonly T[], work: (one: T) => Promise<number>): Promise<number> {
  let sum = 0;
  for (const one of each) sum += await work(one);
  return sum;
}

async function untilNoMore(
  searched: readonly Pick<Searched, 'plan'>[],
  edges: readonly Edge[],
  round: () => Promise<number>,
): Promise<void> {
  for (let rounds = 0; rounds <= MAX_ROUNDS; rounds += 1) if ((await round()) === 0) return;
  const sources = searched.map(({ plan }) => plan.source).join(', ');
  const between = [...new Set(edges.flatMap(({ from, to }) => [from, to]))].join(', ');
  throw new SourceFailed(`The search of ${sources} found no end between ${between} within ${MAX_ROUNDS} rounds.`);
}
