import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalIdentity, digestShape, parseEmail, parsePhone, rawValues } from '../../domain/identities.ts';

const email = (value: string) => canonicalIdentity({ type: 'email', value });

describe('an e-mail address', () => {
  it('is the same whatever its case and its sub-address', () => {
    expect(email('Maya.Lindqvist+Tours@Example.COM')).toBe('maya.lindqvist@example.com');
    expect(email('  maya.lindqvist@example.com ')).toBe('maya.lindqvist@example.com');
  });

  it('keeps dots, for they distinguish mailboxes with most providers', () => {
    expect(email('m.aya@example.com')).not.toBe(email('maya@example.com'));
  });

  it('keeps a plus at the very start, which is the mailbox itself', () => {
    expect(parseEmail('+tag@example.com')).toEqual({ local: '+tag', domain: 'example.com' });
  });

  it.each(['', 'maya', '@example.com', 'maya@', 'two words@example.com', 'a@b@', `${'x'.repeat(320)}@example.com`])(
    'is refused when it is none: %j',
    (text) => {
      expect(email(text)).toBeUndefined();
    },
  );

  it('has a canonical form that is its own canonical form', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        const once = email(address);
        fc.pre(once !== undefined);
        expect(email(once)).toBe(once);
      }),
    );
  });
});

describe('a phone number', () => {
  it('is the same in every writing', () => {
    for (const text of ['+1 415 555 0132', '(415) 555-0132', '415-555-0132', '1.415.555.0132']) {
      expect(parsePhone(text, 'US')).toBe('14155550132');
    }
  });

  it('without its country code is no number where no region is known', () => {
    expect(parsePhone('415 555 0132')).toBeUndefined();
  });

  it('is refused when it is none', () => {
    expect(parsePhone('call me', 'US')).toBeUndefined();
    expect(parsePhone('123', 'US')).toBeUndefined();
  });
});

describe('any other identifier', () => {
  it('is compared as it is, without the blanks around it', () => {
    expect(canonicalIdentity({ type: 'external_id', value: ' mls-004211 ' })).toBe('mls-004211');
    expect(canonicalIdentity({ type: 'external_id', value: 'MLS-004211' })).toBe('MLS-004211');
  });

  it('is refused when it is empty or endless', () => {
    expect(canonicalIdentity({ type: 'external_id', value: '  ' })).toBeUndefined();
    expect(canonicalIdentity({ type: 'external_id', value: 'x'.repeat(513) })).toBeUndefined();
  });
});

describe('a digest', () => {
  it.each([
    ['md5', 32],
    ['sha1', 40],
    ['sha256', 64],
  ] as const)('of %s is so many digits in lower case', (format, digits) => {
    const canonical = (value: string) => canonicalIdentity({ type: 'email', value, format });
    expect(canonical('a'.repeat(digits))).toBe(`${format}:${'a'.repeat(digits)}`);
    expect(digestShape(format)).toContain(String(digits));
    for (const wrong of ['a'.repeat(digits - 1), 'a'.repeat(digits + 1), 'A'.repeat(digits), 'g'.repeat(digits)]) {
      expect(canonical(wrong)).toBeUndefined();
    }
  });

  it('stands for the values that it was found to equal, and a value for itself', () => {
    const digest = { type: 'email', value: 'a'.repeat(32), format: 'md5' } as const;
    expect(rawValues(digest)).toEqual([]);
    expect(rawValues({ ...digest, equals: ['x@example.com'] })).toEqual(['x@example.com']);
    expect(rawValues({ type: 'email', value: 'x@example.com', format: 'raw' })).toEqual(['x@example.com']);
  });
});
