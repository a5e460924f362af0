import { describe, expect, it } from 'vitest';
import { phoneSpellings } from '../../data-map/predicates.ts';

describe('the spellings of a phone number', () => {
  it('are the usual international ones when the region is another or unknown', () => {
    expect(phoneSpellings('+49 30 901820', undefined)).toEqual({
      anywhere: ['4930901820', '004930901820', '49030901820'],
      domestic: [],
    });
    expect(phoneSpellings('+49 30 901820', 'US')).toEqual({
      anywhere: ['4930901820', '004930901820', '49030901820', '0114930901820'],
      domestic: [],
    });
  });

  it('are also the national ones, with and without the trunk digit, at home', () => {
    expect(phoneSpellings('+49 30 901820', 'DE').domestic).toEqual(expect.arrayContaining(['30901820', '030901820']));
    expect(phoneSpellings('+1 213 373 4253', 'US')).toEqual({
      anywhere: ['12133734253', '0012133734253'],
      domestic: expect.arrayContaining(['2133734253']),
    });
  });

  it('are the same however the number was typed', () => {
    const spellings = phoneSpellings('+4930901820', 'DE');
    for (const typed of ['030/90 18 20', '0049 30 901820', '+49 (0)30 901820']) {
      expect(phoneSpellings(typed, 'DE')).toEqual(spellings);
    }
  });

  it('are the digits as typed when the number cannot be read', () => {
    expect(phoneSpellings('ext. 4711', undefined)).toEqual({ anywhere: ['4711'], domestic: [] });
  });
});
