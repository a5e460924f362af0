import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HoldScope } from '../../domain/holds.ts';
import type { Identity } from '../../domain/identities.ts';
import { keepsPackage, knownPerson } from '../../domain/package-holds.ts';

const ADA: Identity = { type: 'email', value: 'ada@example.com' };
const BOB: Identity = { type: 'email', value: 'bob@example.com' };
const keeps = (scope: HoldScope, person: readonly Identity[] | undefined): boolean =>
  keepsPackage({ scope }, person && knownPerson(person));

describe('a package whose time is over', () => {
  it('is kept by a hold on the whole workspace, also one of a range of dates', () => {
    for (const person of [[ADA], undefined]) {
      expect(keeps({}, person)).toBe(true);
      expect(keeps({ dates: { from: '2026-01-01' } }, person)).toBe(true);
    }
  });

  it('is kept by a hold on its person, however the address is written and whatever else narrows the hold', () => {
    const subject = [{ type: 'email', value: ' ADA+news@Example.com ' }];
    expect(keeps({ subject }, [ADA])).toBe(true);
    expect(keeps({ subject, classes: ['bill'], dates: { to: '2020-01-01' } }, [ADA])).toBe(true);
  });

  it('is not kept by a hold on somebody else, when an identity of each of its types is known of the person', () => {
    expect(keeps({ subject: [BOB] }, [ADA])).toBe(false);
    expect(keeps({ subject: [BOB, { type: 'external_id', value: '7' }] }, [ADA])).toBe(true);
    expect(
      keeps({ subject: [BOB, { type: 'external_id', value: '7' }] }, [ADA, { type: 'external_id', value: '8' }]),
    ).toBe(false);
  });

  it('is kept when it cannot be told whether the hold is on its person', () => {
    const digest: Identity = { type: 'email', value: 'a'.repeat(64), format: 'sha256' };
    expect(keeps({ subject: [BOB] }, [digest])).toBe(true);
    expect(keeps({ subject: [BOB] }, [{ ...digest, equals: [ADA.value] }])).toBe(false);
    expect(keeps({ subject: [BOB] }, [{ ...digest, equals: [BOB.value] }])).toBe(true);
    expect(keeps({ subject: [BOB] }, [])).toBe(true);
  });

  it('is not kept by a hold on classes or records, which lie elsewhere, nor of a whole workspace by one on a person', () => {
    expect(keeps({ classes: ['bill'] }, [ADA])).toBe(false);
    expect(keeps({ records: [{ collection: 'crm.contacts', key: { id: 1 } }] }, [ADA])).toBe(false);
    expect(keeps({ subject: [ADA] }, undefined)).toBe(false);
  });

  it('is still kept when the hold names somebody more', () => {
    const identities = fc.array(
      fc.record({ type: fc.constantFrom('email', 'external_id'), value: fc.constantFrom('a@x.de', 'b@x.de', '7') }),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(identities, identities, identities, (person, subject, more) => {
        if (keeps({ subject }, person)) expect(keeps({ subject: [...subject, ...more] }, person)).toBe(true);
      }),
    );
  });
});
