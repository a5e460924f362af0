import { describe, expect, it } from 'vitest';
import { rowId, weighMatches } from '../../../activities/locating/weigh-matches.ts';
import type { Candidate } from '../../../activities/locating/weigh-matches.ts';

const row = (more: Partial<Candidate> = {}): Candidate => ({
  source: 'crm',
  collection: 'crm.contacts',
  key: { id: '1' },
  identities: [0],
  weak: false,
  mention: false,
  found: false,
  name: ['Maya', 'Lindqvist'],
  ...more,
});

const weigh = (hasStrong: boolean, ...rows: readonly Partial<Candidate>[]) =>
  weighMatches(rows.map(row), { hasStrong }).map(({ confidence }) => confidence);

describe('a row', () => {
  it('is certain by a strong identifier, and probable where that is only mentioned', () => {
    expect(weigh(true, {}, { mention: true })).toEqual(['exact', 'probable']);
  });

  it('by a weak identifier needs the name of a certain row, or to be found anyway', () => {
    const weak = { weak: true };
    expect(weigh(true, {}, { ...weak, name: ['lindqvist maya'] })).toEqual(['exact', 'probable']);
    expect(weigh(true, {}, { ...weak, name: ['Ann'] }, { ...weak, name: ['Ann'], found: true })).toEqual([
      'exact',
      'weak',
      'probable',
    ]);
    expect(weigh(true, {}, { ...weak, name: [] })).toEqual(['exact', 'weak']);
    expect(weigh(true, weak, weak)).toEqual(['weak', 'weak']);
  });

  it('by a weak identifier alone needs all rows to bear one name, those without any aside', () => {
    const weak = { weak: true };
    expect(weigh(false, weak, { ...weak, name: ['LINDQVIST', 'Maya'] }, { ...weak, name: [null] })).toEqual([
      'probable',
      'probable',
      'probable',
    ]);
    expect(weigh(false, weak, { ...weak, name: ['Ann'] })).toEqual(['weak', 'weak']);
  });

  it('that mentions a weak identifier is never vouched for by a name, and vouches for none', () => {
    expect(weigh(true, {}, { weak: true, mention: true })).toEqual(['exact', 'weak']);
    expect(weigh(true, { mention: true }, { weak: true })).toEqual(['probable', 'weak']);
    expect(weigh(false, { weak: true, mention: true })).toEqual(['weak']);
  });

  it('is named by its key in any order', () => {
    expect(rowId(row({ key: { a: '1', b: '2' } }))).toBe(rowId(row({ key: { b: '2', a: '1' } })));
  });
});
