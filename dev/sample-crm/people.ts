/**
 * The people of the sample: each is a function of the seed and an index, so that every table can be written on its own.
 * A few are fixed: the person whom the demo asks for, in both workspaces; another with whom she writes; and somebody of
 * whom hardly anything is held.
 */
import { Random, uuidOf } from './random.ts';
import { DOMAINS, FIRST_NAMES, HOSTILE_NAMES, LAST_NAMES } from './words.ts';

export interface SampleWorkspace {
  readonly id: string;
  readonly name: string;
  readonly contactEmail: string;
}

const HARBOR: SampleWorkspace = {
  id: '6f0c1a52-5f0e-4d53-9a44-0d6e3a1b7c01',
  name: 'Harbor & Pine Realty',
  contactEmail: 'privacy@harborpine.example',
};

const NORTHWIND: SampleWorkspace = {
  id: 'b81d7e3c-2a9f-4c18-8e57-91c4f2d5a602',
  name: 'Northwind Homes',
  contactEmail: 'privacy@northwind.example',
};

export const WORKSPACES: readonly SampleWorkspace[] = [HARBOR, NORTHWIND];

export interface Person {
  readonly seed: number;
  readonly index: number;
  readonly workspaceId: string;
  readonly contactId: string;
  readonly firstName: string;
  readonly lastName: string;
  /** As the person writes it; `spellings` are writings of the same mailbox, this one among them. */
  readonly email: string;
  readonly spellings: readonly [string, ...string[]];
  /** Ten digits of a North American number in the range kept for fiction (555-01xx). */
  readonly phone: string;
  readonly externalId: string;
  /** How much is held: 0 is a contact and nothing else, 1 the usual, more for somebody well known. */
  readonly weight: number;
  readonly hasMedia: boolean;
  /** Put into free text, so that a test can see where it comes from. */
  readonly marker: string | undefined;
}

export const SHOWCASE_PERSON = {
  name: 'Maya Lindqvist',
  workspaceId: HARBOR.id,
  email: 'maya.lindqvist@example.com',
  phone: '+1 415 555 0132',
  externalId: 'mls-004211',
  /** What of her must stand in no log, metric or payload. */
  traces: ['Lindqvist', 'maya.lindqvist', '4155550132', '415 555 0132', '415-555-0132'],
  elsewhere: { workspaceId: NORTHWIND.id, marker: 'NORTHWIND-ONLY-7731' },
} as const;

/**
 * Shares a conversation, deals, appointments and signed documents with the showcase person. The marker is in what is
 * his alone, so it must not come out in what is hers.
 */
export const CORRESPONDENT = { email: 'tomas.okonkwo@example.org', marker: 'THIRD-PARTY-ONLY-5519' } as const;

/** Has no record anywhere. */
export const ABSENT_EMAIL = 'nobody.at.all@example.org';

/** A contact without any further record. */
export const LONE_EMAIL = 'lone.contact@example.net';

/** The other workspace's people begin here, so that their bigint keys never meet the default's. */
const NORTHWIND_FROM = 1_000_000;
/** The most that the default workspace can have. */
export const MOST_PEOPLE = NORTHWIND_FROM;
const [SHOWCASE_PLACE, CORRESPONDENT_PLACE, LONE_PLACE, FIRST_ORDINARY_PLACE] = [0, 1, 2, 3];
const FEWEST_PEOPLE = FIRST_ORDINARY_PLACE + 1;
/** The other workspace has one person for so many of the default's … */
const OTHER_WORKSPACE_SHARE = 10;
/** … and of those, one in so many is known to both, by the same address and with other data. */
const SHARED_EVERY = 3;
const HOSTILE_EVERY = 97;
const MEDIA_EVERY = 40;
/** Objects are for looking at; benches of millions of rows are served by as many as the demo has. */
const MEDIA_UNTIL = 20_000;

/** The default workspace's people, as many as asked for, then the other's: a tenth as many. */
export function* everybody(seed: number, people: number): Generator<Person> {
  const others = Math.floor(people / OTHER_WORKSPACE_SHARE);
  for (const [first, count] of [
    [0, people],
    [NORTHWIND_FROM, others],
  ] as const) {
    for (let place = 0; place < Math.max(count, FEWEST_PEOPLE); place += 1) yield personAt(seed, first + place);
  }
}

export function personAt(seed: number, index: number): Person {
  const place = index % NORTHWIND_FROM;
  const isNorthwind = index >= NORTHWIND_FROM;
  if (place === SHOWCASE_PLACE) return showcase(seed, index, isNorthwind);
  const person = ordinary(seed, index);
  if (isNorthwind) return place % SHARED_EVERY === 0 ? knownToBoth(person, place) : person;
  if (place === CORRESPONDENT_PLACE) return correspondent(person);
  return place === LONE_PLACE ? { ...person, ...reachedBy(LONE_EMAIL), weight: 0 } : person;
}

/** In the default workspace; the other knows her too, by other data. */
export function isShowcase({ index }: Person): boolean {
  return index === SHOWCASE_PLACE;
}

/** Another of the same workspace, with whom the person writes, buys, meets and signs. Never the lone contact. */
export function neighbourOf({ seed, index }: Person): Person {
  const place = index % NORTHWIND_FROM;
  const other = place === SHOWCASE_PLACE || place === FIRST_ORDINARY_PLACE ? CORRESPONDENT_PLACE : place - 1;
  return personAt(seed, index - place + other);
}

function showcase(seed: number, index: number, isNorthwind: boolean): Person {
  const { workspaceId, email, externalId, elsewhere } = SHOWCASE_PERSON;
  const here = isNorthwind
    ? { ...elsewhere, phone: '6505550177', externalId: 'nw-000017' }
    : { workspaceId, phone: '4155550132', externalId, marker: undefined };
  return {
    ...here,
    seed,
    index,
    contactId: uuidOf('contact', here.workspaceId, 'showcase'),
    firstName: 'Maya',
    lastName: 'Lindqvist',
    email,
    spellings: [
      email,
      'Maya.Lindqvist@Example.com',
      'maya.lindqvist+tours@example.com',
      'MAYA.LINDQVIST+News@example.com',
    ],
    weight: 4,
    hasMedia: true,
  };
}

function correspondent(person: Person): Person {
  const { email, marker } = CORRESPONDENT;
  return { ...person, ...reachedBy(email), firstName: 'Tomás', lastName: 'Okonkwo', weight: 3, marker };
}

function knownToBoth(person: Person, place: number): Person {
  const { firstName, lastName, email, spellings } = personAt(person.seed, place * OTHER_WORKSPACE_SHARE);
  return { ...person, firstName, lastName, email, spellings };
}

function ordinary(seed: number, index: number): Person {
  const random = new Random('person', seed, index);
  const place = index % NORTHWIND_FROM;
  const isNorthwind = index >= NORTHWIND_FROM;
  const firstName = random.pick(FIRST_NAMES);
  return {
    seed,
    index,
    workspaceId: isNorthwind ? NORTHWIND.id : HARBOR.id,
    contactId: uuidOf('contact', seed, index),
    firstName,
    lastName: place % HOSTILE_EVERY === FIRST_ORDINARY_PLACE ? hostileName(place) : random.pick(LAST_NAMES),
    ...reachedBy(`${asciiOf(firstName)}.${index}@${random.pick(DOMAINS)}`),
    phone: phoneAt(index),
    externalId: `${isNorthwind ? 'nw' : 'mls'}-${100_000 + place}`,
    weight: random.chance(0.02) ? 3 : 1,
    hasMedia: place < MEDIA_UNTIL && place % MEDIA_EVERY === FIRST_ORDINARY_PLACE,
    marker: undefined,
  };
}

/** In turn, so that a few hundred people have most of them. */
function hostileName(place: number): string {
  return HOSTILE_NAMES[Math.floor(place / HOSTILE_EVERY) % HOSTILE_NAMES.length] ?? HOSTILE_NAMES[0];
}

function reachedBy(email: string): Pick<Person, 'email' | 'spellings'> {
  const [mailbox = '', domain = ''] = email.split('@');
  return { email, spellings: [email, `${mailbox.toUpperCase()}@${domain}`, `${mailbox}+list@${domain}`] };
}

function asciiOf(name: string): string {
  const plain = name.normalize('NFD').replace(/[^A-Za-z]/g, '');
  return plain === '' ? 'person' : plain.toLowerCase();
}

/** A hundred fictional numbers in each area code from 416 on; from 57,000 people on numbers are shared, as in life. */
function phoneAt(index: number): string {
  const area = 416 + (Math.floor(index / 100) % 570);
  return `${area}55501${String(index % 100).padStart(2, '0')}`;
}

/** The same number as people and forms write it. */
export function phoneWritings(phone: string): readonly [string, ...string[]] {
  const [area, exchange, line] = [phone.slice(0, 3), phone.slice(3, 6), phone.slice(6)];
  return [
    `+1 ${area} ${exchange} ${line}`,
    `(${area}) ${exchange}-${line}`,
    `${area}-${exchange}-${line}`,
    `+1${phone}`,
  ];
}
