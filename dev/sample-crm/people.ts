/**
 * The people of the sample: each is a function of the seed and an index, so that every table can be written on its own.
 * The first three are fixed: the person whom the demo asks for, her namesake in the other workspace, and somebody of whom
 * hardly anything is held.
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
  readonly index: number;
  readonly workspaceId: string;
  readonly contactId: string;
  readonly firstName: string;
  readonly lastName: string;
  /** As the person writes it; `spellings` are further writings of the same mailbox. */
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

/** Has no record anywhere. */
export const ABSENT_EMAIL = 'nobody.at.all@example.org';

/** A contact without any further record. */
export const LONE_EMAIL = 'lone.contact@example.net';

const FIXED = 3;
/** One in so many people is a customer of the other workspace. */
const OTHER_WORKSPACE_EVERY = 11;
const MEDIA_EVERY = 40;
const HOSTILE_EVERY = 97;

export function personAt(seed: number, index: number): Person {
  if (index === 0) return showcase(index, HARBOR.id, '4155550132', undefined);
  if (index === 1) return showcase(index, NORTHWIND.id, '6505550177', SHOWCASE_PERSON.elsewhere.marker);
  if (index === 2)
    return { ...ordinary(seed, index), email: LONE_EMAIL, spellings: [LONE_EMAIL], weight: 0, hasMedia: false };
  return ordinary(seed, index);
}

function showcase(index: number, workspaceId: string, phone: string, marker: string | undefined): Person {
  return {
    index,
    workspaceId,
    contactId: uuidOf('contact', workspaceId, 'showcase'),
    firstName: 'Maya',
    lastName: 'Lindqvist',
    email: SHOWCASE_PERSON.email,
    spellings: [
      SHOWCASE_PERSON.email,
      'Maya.Lindqvist@Example.com',
      'maya.lindqvist+tours@example.com',
      'MAYA.LINDQVIST+News@example.com',
    ],
    phone,
    externalId: marker === undefined ? SHOWCASE_PERSON.externalId : 'nw-000017',
    weight: 4,
    hasMedia: true,
    marker,
  };
}

function ordinary(seed: number, index: number): Person {
  const random = new Random('person', seed, index);
  const firstName = random.pick(FIRST_NAMES);
  const lastName = index % HOSTILE_EVERY === FIXED ? random.pick(HOSTILE_NAMES) : random.pick(LAST_NAMES);
  const mailbox = `${asciiOf(firstName)}.${index}`;
  const domain = random.pick(DOMAINS);
  const workspaceId = index % OTHER_WORKSPACE_EVERY === FIXED ? NORTHWIND.id : HARBOR.id;
  return {
    index,
    workspaceId,
    contactId: uuidOf('contact', seed, index),
    firstName,
    lastName,
    email: `${mailbox}@${domain}`,
    spellings: [`${mailbox}@${domain}`, `${mailbox.toUpperCase()}@${domain}`, `${mailbox}+list@${domain}`],
    phone: phoneAt(index),
    externalId: `mls-${String(100_000 + index)}`,
    weight: random.chance(0.02) ? 3 : 1,
    hasMedia: index % MEDIA_EVERY === FIXED,
    marker: undefined,
  };
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
