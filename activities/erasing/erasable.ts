/** What the statements of an erasure in one source are made of: its live schema, the order, and how rows are masked. */
import type { ClientBase } from 'pg';
import { readCatalogue } from '../../data-map/catalogue/read.ts';
import type { Catalogue } from '../../data-map/catalogue/model.ts';
import { schemasOf } from '../../data-map/checking/subject.ts';
import { inboundOf } from '../../data-map/erasing/inbound.ts';
import type { Inbound } from '../../data-map/erasing/inbound.ts';
import { maskingOf } from '../../data-map/erasing/masks.ts';
import type { Masking } from '../../data-map/erasing/masks.ts';
import { orderOf } from '../../data-map/erasing/order.ts';
import type { ErasureStep } from '../../data-map/erasing/order.ts';
import type { Collection, DataMap } from '../../data-map/model.ts';
import { collectionsOf } from '../../data-map/model.ts';
import type { Plan, PlannedCollection } from '../../data-map/plan.ts';
import { InvalidDataMap } from '../../domain/errors.ts';

export interface Erasable {
  readonly plan: Plan;
  readonly catalogue: Catalogue;
  /** All of the map in the source. */
  readonly mapped: readonly Collection[];
  readonly steps: readonly ErasureStep[];
  inbound(collection: PlannedCollection): readonly Inbound[];
  /** Throws InvalidDataMap when rows of the collection cannot be masked. */
  masking(collection: PlannedCollection, keeps: readonly string[]): Masking;
}

/** Throws InvalidDataMap, with what to do, when rows cannot be erased in any order. */
export async function readErasable(client: ClientBase, map: DataMap, plan: Plan): Promise<Erasable> {
  const catalogue = await readCatalogue(client, schemasOf(map, plan.source));
  const mapped = collectionsOf(map).filter(({ source }) => source === plan.source);
  const { steps, refusals } = orderOf(catalogue, plan.collections, mapped);
  if (refusals.length > 0) throw new InvalidDataMap(`Nothing can be erased in ${plan.source}: ${refusals.join(' ')}`);
  return {
    plan,
    catalogue,
    mapped,
    steps,
    inbound: (collection) => inboundOf(catalogue, collection, plan.collections, mapped),
    masking: (collection, keeps) => {
      const masking = maskingOf(catalogue, collection, plan.collections, keeps);
      if (masking.problems.length > 0) throw new InvalidDataMap(masking.problems.join(' '));
      return masking;
    },
  };
}
