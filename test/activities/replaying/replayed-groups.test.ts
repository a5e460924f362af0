import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combinedName } from '../../../activities/replaying/erased-leaves.ts';
import { heldAgain, replayedGroups } from '../../../activities/replaying/replayed-groups.ts';
import { decide } from '../../../domain/retention/decide.ts';
import type { Ground } from '../../../domain/retention/grounds.ts';
import { planAcross } from '../../../data-map/plan.ts';
import { collection, email, key, mapOf } from '../../data-map/fixtures.ts';

const MAP = mapOf(collection('contacts', [key('id'), email()], { record_class: 'person' }));
const [PLANNED] = planAcross(MAP, ['crm'], [{ type: 'email', value: 'a@example.test' }]).plans.flatMap(
  ({ collections }) => collections,
);
if (PLANNED === undefined) throw new TypeError('The plan has the collection.');
const CONTACTS = PLANNED;

const HOLD: Ground = { kind: 'hold', holdId: 'h', purpose: 'legal', party: 'controller', visibility: 'controller' };
const REFERENCE: Ground = {
  ...{ kind: 'reference', because: 'kept_record', keeps: undefined, until: undefined },
  ...{ purpose: 'compliance', party: 'controller', visibility: 'controller' },
};
const EXCEPTION: Ground = {
  ...{ kind: 'exception', exception: 'open_balance', force: 'claims' },
  ...{ purpose: 'dispute', party: 'controller', visibility: 'controller' },
};

const grounds = fc.subarray([HOLD, REFERENCE, EXCEPTION]);
const action = fc.constantFrom('delete', 'pseudonymise', 'restrict');
const found = fc.uniqueArray(fc.record({ grounds, action, rows: fc.integer({ min: 1, max: 50 }) }), {
  selector: ({ grounds: own, action: done }) => JSON.stringify([own.map(({ kind }) => kind), done]),
});
const circumstances = { askedBy: 'erasure_request', asOf: new Date(0), overrides: [] } as const;

function weighed(rows: readonly { readonly grounds: readonly Ground[] }[]) {
  return rows.map((row) => ({
    ...({ source: 'crm', collection: CONTACTS, recordClass: 'person', endsFirst: 'open', endsLast: 'open' } as const),
    combination: row.grounds.map(({ kind }) => kind).join('+'),
    decision: decide(row.grounds, circumstances),
  }));
}

describe('rows that are there again', () => {
  it('are held or erased again, each one of both, and a held one is never erased', () => {
    fc.assert(
      fc.property(found, (rows) => {
        const groups = weighed(rows);
        const again = rows.map((row, index) => ({
          ...{ collection: CONTACTS, action: row.action, rows: row.rows },
          combination: groups[index]?.combination ?? '',
        }));
        const held = heldAgain(groups, again);
        const frozen = replayedGroups(groups, again, held, () => ['id']);
        const names = [...held.map(combinedName), ...frozen.map(({ combination }) => combination)];
        expect(names.toSorted()).toEqual(again.map(combinedName).toSorted());
        for (const [index, row] of rows.entries()) {
          const name = combinedName({ action: row.action, combination: groups[index]?.combination ?? '' });
          const isHeld = held.some((each) => combinedName(each) === name);
          if (row.grounds.includes(HOLD)) expect(isHeld).toBe(true);
          if (!rows.some((each) => each.grounds.includes(HOLD))) expect(isHeld).toBe(false);
        }
        expect(held.reduce((sum, each) => sum + each.rows, 0) + frozen.reduce((sum, each) => sum + each.rows, 0)).toBe(
          again.reduce((sum, each) => sum + each.rows, 0),
        );
      }),
    );
  });
});
