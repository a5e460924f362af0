import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Catalogue, CatalogueTable, ForeignKey } from '../../../data-map/catalogue/model.ts';
import type { ErasureOrder } from '../../../data-map/erasing/order.ts';
import { orderOf } from '../../../data-map/erasing/order.ts';
import { planSearch } from '../../../data-map/plan.ts';
import type { PlannedCollection } from '../../../data-map/plan.ts';
import { collection, email, field, key, mapOf } from '../fixtures.ts';
import { runs } from '../../support/property-runs.ts';

/** A reference of the model: `from` has a column of its own for it. */
interface Reference {
  readonly from: number;
  readonly to: number;
  readonly nullable: boolean;
  readonly deferrable: boolean;
  readonly onDelete: ForeignKey['onDelete'];
}

const table = (index: number): string => `t${index}`;
const columnFor = (index: number): string => `r${index}`;

function catalogueOf(tables: number, references: readonly Reference[], more: Partial<CatalogueTable> = {}): Catalogue {
  return {
    tables: Array.from({ length: tables }, (_, index) => ({
      schema: 'public',
      name: table(index),
      kind: 'table',
      columns: references.flatMap(({ from, nullable }, position) =>
        from === index
          ? [
              {
                name: columnFor(position),
                type: 'uuid',
                family: 'uuid' as const,
                whole: false,
                list: false,
                nullable,
                selectable: true,
              },
            ]
          : [],
      ),
      uniqueKeys: [],
      indexes: [],
      triggers: [],
      rules: [],
      rowSecurity: false,
      rows: undefined,
      ...more,
    })),
    foreignKeys: references.map(
      ({ from, to, deferrable, onDelete }, position): ForeignKey => ({
        name: `fk${position}`,
        from: { schema: 'public', table: table(from), columns: [columnFor(position)] },
        to: { schema: 'public', table: table(to), columns: ['id'] },
        onDelete,
        onUpdate: 'no action',
        deferrable,
      }),
    ),
  };
}

function planned(tables: number, steward: object = {}): readonly PlannedCollection[] {
  const map = mapOf(
    ...Array.from({ length: tables }, (_, index) =>
      collection(table(index), [key('id'), field('workspace_id'), email()], { ...steward }),
    ),
  );
  return planSearch(map, 'crm', [{ type: 'email', value: 'mara@example.org' }]).collections;
}

const references = (tables: number) =>
  fc.array(
    fc.record<Reference>({
      from: fc.nat(tables - 1),
      to: fc.nat(tables - 1),
      nullable: fc.boolean(),
      deferrable: fc.boolean(),
      onDelete: fc.constantFrom('no action', 'restrict', 'cascade', 'set null'),
    }),
    { maxLength: 10 },
  );

/** Rows of two generations a table, each referring to both of the table that it must refer to. */
interface Row {
  readonly table: string;
  readonly refersTo: Map<string, Row>;
}

function rowsOf(tables: number, all: readonly Reference[], pick: (count: number) => number): Row[] {
  const rows = Array.from(
    { length: tables * 3 },
    (_, index): Row => ({
      table: table(index % tables),
      refersTo: new Map(),
    }),
  );
  for (const row of rows) {
    for (const [position, { from, to }] of all.entries()) {
      const targets = rows.filter((each) => each.table === table(to));
      const target = targets[pick(targets.length)];
      if (table(from) === row.table && target) row.refersTo.set(`fk${position}`, target);
    }
  }
  return rows;
}

/** Deletes step by step, one statement a step, and says which constraint a database would have stopped at. */
function simulate({ steps }: ErasureOrder, rows: readonly Row[]): string | undefined {
  let left = [...rows];
  for (const { collection: each, nullings } of steps)
    for (const { foreignKey } of nullings)
      for (const row of left) if (row.table === each.table) row.refersTo.delete(foreignKey.name);
  for (const [index, step] of steps.entries()) {
    left = left.filter((row) => row.table !== step.collection.table);
    const isLast = !steps[index + 1]?.together.some((ref) => step.together.includes(ref));
    const broken = left.flatMap((row) =>
      [...row.refersTo].filter(([, to]) => !left.includes(to)).map(([name]) => name),
    );
    const failed = broken.find((name) => isLast || !step.deferred.includes(name));
    if (failed !== undefined) return `${failed} at ${step.collection.ref}`;
  }
  return left.length > 0 ? 'rows are left' : undefined;
}

describe('the order of an erasure', () => {
  test('lets every row go, whatever refers to what, or names the constraints that stand in the way', () => {
    const tables = 5;
    const collections = planned(tables);
    fc.assert(
      fc.property(references(tables), fc.infiniteStream(fc.nat(2)), (all, picks) => {
        const order = orderOf(catalogueOf(tables, all), collections);
        const rows = rowsOf(tables, all, (count) => (picks.next().value ?? 0) % Math.max(1, count));
        if (order.refusals.length === 0) {
          expect(order.steps.map(({ collection: { table: name } }) => name).toSorted()).toEqual(
            collections.map(({ table: name }) => name).toSorted(),
          );
          expect(simulate(order, rows)).toBeUndefined();
          return;
        }
        // Refused only when the references that can neither be emptied nor wait close a circle.
        const hard = all.filter(
          ({ from, to, nullable, deferrable, onDelete }) =>
            !nullable && !(deferrable && onDelete === 'no action') && !(from === to && onDelete !== 'restrict'),
        );
        expect(hasCircle(tables, hard)).toBe(true);
      }),
      { numRuns: runs(2_000) },
    );
  });

  test('empties no reference and defers nothing where there is no circle', () => {
    const all = [reference(0, 1, { nullable: true, deferrable: true }), reference(1, 2, { nullable: true })];
    const { steps } = orderOf(catalogueOf(3, all), planned(3));
    expect(steps.map(({ collection: { table: name } }) => name)).toEqual(['t0', 't1', 't2']);
    expect(steps.flatMap(({ nullings, deferred, together }) => [nullings, deferred, together]).flat()).toEqual([]);
  });

  test('empties the one reference of a circle that may be empty', () => {
    const { steps, refusals } = orderOf(
      catalogueOf(2, [reference(0, 1), reference(1, 0, { nullable: true })]),
      planned(2),
    );
    expect(refusals).toEqual([]);
    expect(
      steps.map(({ collection: { table: name }, nullings }) => [name, nullings.map((each) => each.columns)]),
    ).toEqual([
      ['t0', []],
      ['t1', [['r1']]],
    ]);
  });

  test('lists for each collection everything that refers to it, itself and what is not planned too', () => {
    const all = [reference(0, 0, { nullable: true }), reference(2, 0), reference(0, 1)];
    const { steps } = orderOf(catalogueOf(3, all), planned(3).slice(0, 2));
    const inbound = steps.find(({ collection: { table: name } }) => name === 't0')?.inbound;
    expect(inbound?.map(({ name }) => name)).toEqual(['fk0', 'fk1']);
  });

  test('heeds what the map wants to go first', () => {
    const [first, second] = planned(2);
    if (first === undefined || second === undefined) throw new Error('There are two.');
    const { steps } = orderOf(catalogueOf(2, []), [{ ...first, eraseAfter: [second.ref] }, second]);
    expect(steps.map(({ collection: { ref } }) => ref)).toEqual([second.ref, first.ref]);
  });

  test('refuses a wish of the map that foreign keys contradict, naming both', () => {
    const [first, second] = planned(2);
    if (first === undefined || second === undefined) throw new Error('There are two.');
    const collections = [{ ...first, eraseAfter: [second.ref] }, second];
    expect(orderOf(catalogueOf(2, [reference(0, 1)]), collections).refusals).toEqual([
      expect.stringMatching(/fk0.*erase_after of crm\.t0/),
    ]);
  });

  test('refuses a cascade into a table that is not planned, unless the map acknowledges it', () => {
    const catalogue = catalogueOf(2, [reference(1, 0, { onDelete: 'cascade' })]);
    const [only] = planned(1);
    if (only === undefined) throw new Error('There is one.');
    expect(orderOf(catalogue, [only]).refusals).toEqual([
      expect.stringMatching(/^public\.t0: deleting its rows deletes rows of public\.t1 by fk0 \(cascade\)/),
    ]);
    expect(orderOf(catalogue, [{ ...only, acknowledged: { fk0: 'they are counters' } }]).refusals).toEqual([]);
    expect(orderOf(catalogue, planned(2)).refusals).toEqual([]);
  });

  test('refuses triggers and rules that the map does not acknowledge', () => {
    const catalogue = catalogueOf(1, [], { triggers: ['t0_copy'], rules: ['t0_keep'] });
    expect(orderOf(catalogue, planned(1)).refusals).toHaveLength(2);
    const acknowledged = planned(1, { acknowledged: { t0_copy: 'counts', t0_keep: 'writes nothing' } });
    expect(orderOf(catalogue, acknowledged).refusals).toEqual([]);
  });
});

function reference(from: number, to: number, more: Partial<Reference> = {}): Reference {
  return { from, to, nullable: false, deferrable: false, onDelete: 'no action', ...more };
}

function hasCircle(tables: number, all: readonly Reference[]): boolean {
  let left = Array.from({ length: tables }, (_, index) => index);
  for (;;) {
    const next = left.filter((index) => all.some(({ from, to }) => from === index && left.includes(to)));
    if (next.length === left.length) return next.length > 0;
    left = next;
  }
}
