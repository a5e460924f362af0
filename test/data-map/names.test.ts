import { describe, expect, it } from 'vitest';
import { comparableName, initialsOf } from '../../data-map/names.ts';

describe('names', () => {
  it.each([
    [['Maya', 'Lindqvist'], ['LINDQVIST, Máya']],
    [['Anne-Marie', 'Smith'], ['smith anne marie']],
    [['Maya', 'Lindqvist'], ['Maya K. Lindqvist']],
    [['Γιάννης', 'Παππάς'], ['ΠΑΠΠΑΣ Γιαννης'.replace('Σ Γ', 'ς Γ')]],
  ])('are the same whatever their case, accents, order and initials: %j and %j', (one, other) => {
    expect(comparableName(one)).toBe(comparableName(other));
  });

  it.each([
    [
      ['Maya', 'Lindqvist'],
      ['Maya', 'Okonkwo'],
    ],
    [['John', 'Smith'], ['John Smith Jr']],
    [
      ['अनिता', 'शर्मा'],
      ['अनीता', 'शर्मा'],
    ],
    [['Maya'], ['Maya', 'Lindqvist']],
  ])('are others when a word is: %j and %j', (one, other) => {
    expect(comparableName(one)).not.toBe(comparableName(other));
  });

  it('are none when nothing is in them', () => {
    expect(comparableName([null, ' ', '—'])).toBeUndefined();
    expect(initialsOf([null, ''])).toBe('');
  });

  it('are shown by their initials', () => {
    expect(initialsOf(['Tomás', 'de la Cruz'])).toBe('T. d. l. C.');
    expect(initialsOf(['美玲', '王'])).toBe('美. 王.');
  });
});
