import { describe, expect, it } from 'vitest';
import {
  CORRESPONDENT,
  LONE_EMAIL,
  SHOWCASE_PERSON,
  WORKSPACES,
  everybody,
  neighbourOf,
  phoneWritings,
} from '../../../dev/sample-crm/people.ts';
import { canonicalIdentity, parseEmail, parsePhone } from '../../../domain/identities.ts';

const PEOPLE = 1_000;
const people = [...everybody(1, PEOPLE)];
const [harbor, northwind] = WORKSPACES.map(({ id }) => people.filter(({ workspaceId }) => workspaceId === id));

const unique = (values: readonly string[]): number => new Set(values).size;
const canonical = (type: string, value: string) => canonicalIdentity({ type, value }, 'US');

describe('the people of the sample', () => {
  it('are as many as asked for in the default workspace, and a tenth as many in the other', () => {
    expect(harbor).toHaveLength(PEOPLE);
    expect(northwind).toHaveLength(PEOPLE / 10);
    expect([...everybody(1, 1)]).toHaveLength(8);
  });

  it('are others for another seed', () => {
    expect([...everybody(1, 20)]).toEqual(
      people.filter(({ index }) => index < 20 || [0, 1, 2, 3].includes(index - 1e6)),
    );
    expect([...everybody(2, 20)].at(-1)).not.toEqual([...everybody(1, 20)].at(-1));
  });

  it('have keys of their own', () => {
    expect(unique(people.map(({ contactId }) => contactId))).toBe(people.length);
    expect(unique(people.map(({ externalId }) => externalId))).toBe(people.length);
  });

  it('are reached only in domains and by numbers that belong to nobody', () => {
    for (const { email, spellings, phone } of people) {
      expect(['example.com', 'example.org', 'example.net']).toContain(parseEmail(email)?.domain);
      expect(new Set(spellings.map((each) => canonical('email', each)))).toEqual(new Set([canonical('email', email)]));
      expect(phone).toMatch(/^\d{3}55501\d\d$/);
      for (const writing of phoneWritings(phone)) expect(parsePhone(writing, 'US')).toBe(`1${phone}`);
    }
  });

  it('are in part known to both workspaces, with other data', () => {
    const here = new Map(harbor?.map((person) => [person.email, person]));
    const both = (northwind ?? []).filter(({ email }) => here.has(email));
    expect(both.length).toBeGreaterThan(20);
    expect(both.length).toBeLessThan(50);
    for (const person of both) expect(here.get(person.email)?.phone).not.toBe(person.phone);
  });

  it('have names that break careless output', () => {
    const names = people.map(({ lastName }) => lastName);
    for (const start of ['<img', '=', '+', '-', '@', '"', '../']) {
      expect(
        names.some((name) => name.startsWith(start)),
        start,
      ).toBe(true);
    }
    expect(people.some(({ firstName }) => /\p{Script=Arabic}/u.test(firstName))).toBe(true);
    expect(names.some((name) => name.includes("'"))).toBe(true);
  });

  it('have a neighbour of the same workspace, who is somebody else and never the lone contact', () => {
    const known = new Set(people.map(({ contactId }) => contactId));
    for (const person of people) {
      const neighbour = neighbourOf(person);
      expect(neighbour.contactId).not.toBe(person.contactId);
      expect(neighbour.workspaceId).toBe(person.workspaceId);
      expect(neighbour.email).not.toBe(LONE_EMAIL);
      expect(known.has(neighbour.contactId)).toBe(true);
    }
  });

  it('have the showcase person and her correspondent as neighbours of each other', () => {
    const maya = people.find(({ externalId }) => externalId === SHOWCASE_PERSON.externalId);
    const tomas = people.find(({ email }) => email === CORRESPONDENT.email);
    expect(maya && neighbourOf(maya)).toEqual(tomas);
    expect(tomas && neighbourOf(tomas)).toEqual(maya);
  });
});
