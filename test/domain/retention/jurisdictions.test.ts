import { describe, expect, it } from 'vitest';
import { isJurisdiction } from '../../../domain/retention/jurisdictions.ts';

describe('a jurisdiction', () => {
  it.each(['DE', 'GB', 'US-CA', 'FR-75'])('can be %s', (text) => expect(isJurisdiction(text)).toBe(true));

  it.each(['UK', 'EU', 'XX', 'ZZ', 'de', 'DEU', 'DE-', 'US-CALI', ''])('cannot be %j', (text) =>
    expect(isJurisdiction(text)).toBe(false),
  );
});
