import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOLD_ANSWERS, answerOf, briefOf, covers } from '../../domain/hold-check.ts';
import type { Asked, AskedRecord, HoldInBrief } from '../../domain/hold-check.ts';

const CONTACT: AskedRecord = {
  collection: 'crm.contacts',
  key: { id: 7 },
  recordClass: 'contact_record',
  searched: true,
};
const record = (more: Partial<AskedRecord> = {}): Asked => ({
  record: { ...CONTACT, ...more },
  identityTypes: new Set(),
  namedBy: new Set(),
});
const person = (types: readonly string[], namedBy: readonly string[] = []): Asked => ({
  record: undefined,
  identityTypes: new Set(types),
  namedBy: new Set(namedBy),
});
const hold = (scope: Parameters<typeof briefOf>[1] = {}, subjectTypes: readonly string[] = []): HoldInBrief =>
  briefOf({ holdId: 'h', subjectTypes }, scope);

describe('a hold on a whole workspace', () => {
  it('covers everything that is asked about', () => {
    expect(covers(hold(), record())).toBe('held');
    expect(covers(hold(), person(['email']))).toBe('held');
  });
});

describe('a hold on records', () => {
  const on = hold({ records: [{ collection: 'crm.notes', key: { contact_id: 1, ordinal: '2' } }] });

  it('covers a record by its key, in whatever order and form the key is written', () => {
    expect(covers(on, record({ collection: 'crm.notes', key: { ordinal: 2, contact_id: '1' } }))).toBe('held');
    expect(covers(on, record({ collection: 'crm.notes', key: { ordinal: 3, contact_id: 1 } }))).toBe('not_held');
    const byUuid = hold({ records: [{ collection: 'crm.contacts', key: { id: '0A1B' } }] });
    expect(covers(byUuid, record({ key: { id: '0a1b' } }))).toBe('held');
    expect(covers(on, record({ collection: 'crm.other', key: { ordinal: 2, contact_id: 1 } }))).toBe('not_held');
  });

  it('may cover a record of a person who is asked about', () => {
    expect(covers(on, person(['email']))).toBe('unknown');
  });
});

describe('a hold on classes', () => {
  it('covers the records of the class alone', () => {
    expect(covers(hold({ classes: ['contact_record'] }), record())).toBe('held');
    expect(covers(hold({ classes: ['billing_record'] }), record())).toBe('not_held');
    expect(covers(hold({ classes: ['contact_record'] }), record({ recordClass: undefined }))).toBe('not_held');
  });
});

describe('a hold on a person', () => {
  const on = hold({}, ['email', 'phone_number']);

  it('covers the person whom it names, and the record that is said to be theirs', () => {
    expect(covers(on, person(['email'], ['h']))).toBe('held');
    expect(covers(on, { ...record(), namedBy: new Set(['h']) })).toBe('held');
  });

  it('is about somebody else only where an identity of each of its types is known', () => {
    expect(covers(on, person(['email', 'phone_number']))).toBe('not_held');
    expect(covers(on, person(['email']))).toBe('unknown');
  });

  it('may cover any record that a search can find, whoever else it belongs to', () => {
    expect(covers(on, { ...record(), identityTypes: new Set(['email', 'phone_number']) })).toBe('unknown');
    expect(covers(on, record({ searched: false }))).toBe('not_held');
  });
});

describe('a hold on a range of dates', () => {
  it('cannot be told from a record that is not looked at, except where another part does not apply', () => {
    const dates = { from: '2025-01-01', to: undefined };
    expect(covers(hold({ dates }), record())).toBe('unknown');
    expect(covers(hold({ dates, classes: ['billing_record'] }), record())).toBe('not_held');
  });
});

const type = fc.constantFrom('email', 'phone_number', 'external_id');
const anyRecord = fc.record({
  collection: fc.constantFrom('crm.contacts', 'crm.notes'),
  key: fc.record({ id: fc.nat({ max: 3 }) }),
});
type Placed = Pick<HoldInBrief, 'holdId' | 'subjectTypes'> & { readonly scope: Parameters<typeof briefOf>[1] };
const anyHold: fc.Arbitrary<Placed> = fc.record({
  holdId: fc.constantFrom('a', 'b', 'c'),
  subjectTypes: fc.uniqueArray(type, { maxLength: 2 }),
  scope: fc.record(
    {
      records: fc.array(anyRecord, { minLength: 1, maxLength: 3 }),
      classes: fc.uniqueArray(fc.constantFrom('contact_record', 'note_record'), { minLength: 1 }),
      dates: fc.constant({ from: '2025-01-01', to: undefined }),
    },
    { requiredKeys: [] },
  ),
});
const anyAsked: fc.Arbitrary<Asked> = fc.record({
  record: fc.option(
    fc
      .tuple(anyRecord, fc.constantFrom('contact_record', 'note_record', undefined), fc.boolean())
      .map(([named, recordClass, searched]): AskedRecord => ({ ...named, recordClass, searched })),
    { nil: undefined },
  ),
  identityTypes: fc.uniqueArray(type).map((types) => new Set(types)),
  namedBy: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')).map((ids) => new Set(ids)),
});

const rank = (answer: ReturnType<typeof covers>): number => HOLD_ANSWERS.indexOf(answer);

describe('what holds answer together', () => {
  it('is never weakened by one more hold, and does not depend on their order', () => {
    fc.assert(
      fc.property(fc.array(anyHold), anyHold, anyAsked, (holds, one, asked) => {
        const of = (all: readonly Placed[]) => answerOf(all.map((each) => covers(briefOf(each, each.scope), asked)));
        expect(rank(of([...holds, one]))).toBeGreaterThanOrEqual(rank(of(holds)));
        expect(of(holds.toReversed())).toBe(of(holds));
      }),
    );
  });

  it('is never weakened by a hold that is wider', () => {
    fc.assert(
      fc.property(anyHold, anyAsked, fc.constantFrom('records', 'classes', 'dates'), (one, asked, part) => {
        const wider = { ...one, scope: { ...one.scope, [part]: undefined } };
        const answer = ({ scope, ...of }: Placed) => rank(covers(briefOf(of, scope), asked));
        expect(answer(wider)).toBeGreaterThanOrEqual(answer(one));
      }),
    );
  });
});
