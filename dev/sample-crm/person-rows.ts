/** The rows of one person in each role: contact, lead, client, signer, prospect, student, recipient. */
import type { Row } from './copy.ts';
import { neighbourOf, phoneWritings } from './people.ts';
import type { Person } from './people.ts';
import { Random } from './random.ts';
import { fullName, has, howMany, idOf, markerOf, numberId, owned, repeat } from './row-parts.ts';
import type { PersonRows } from './row-parts.ts';
import { CITIES, FIRST_NAMES, INTERESTS, LEAD_SOURCES, LEAD_STATES, STREETS } from './words.ts';
import { anyOf } from './workspace-rows.ts';

/** Who appears in which role; the well-known do in all. Every table that hangs on a role asks here. */
export const isClient = (person: Person): boolean => has(person, 'client', 0.15);
export const isSigner = (person: Person): boolean => has(person, 'signer', 0.12);
const isLead = (person: Person): boolean => has(person, 'lead', 0.35);
const isStudent = (person: Person): boolean => has(person, 'student', 0.1);
const isProspect = (person: Person): boolean => has(person, 'prospect', 0.25);

/** How many deals are the person's own. */
export function dealCount(person: Person): number {
  return has(person, 'deal', 0.25) ? (person.weight > 1 ? 2 : 1) : 0;
}

/** The team that looks after the person. */
export const teamOf = ({ workspaceId, contactId }: Person): string =>
  anyOf('team', workspaceId, new Random('team', contactId));

const phoned = ({ phone }: Person, random: Random): string => random.pick(phoneWritings(phone));

/** Also what a merge leaves of a second contact of the same person. */
export const contactRow = (person: Person, random: Random): Row => ({
  id: person.contactId,
  workspace_id: person.workspaceId,
  team_id: teamOf(person),
  owner_id: random.chance(0.8) ? anyOf('member', person.workspaceId, random) : null,
  external_id: person.externalId,
  first_name: person.firstName,
  last_name: person.lastName,
  email: person.email,
  secondary_email: person.weight > 1 ? random.pick(person.spellings) : null,
  phone: phoned(person, random),
  birthday: random.chance(0.4) ? `19${random.int(50, 99)}-0${random.int(1, 9)}-1${random.int(0, 9)}` : null,
  address: { street: `${random.int(1, 240)} ${random.pick(STREETS)}`, city: random.pick(CITIES), country: 'US' },
  custom_fields: {
    ...(random.chance(0.3) ? { spouse: `${random.pick(FIRST_NAMES)} ${person.lastName}` } : {}),
    preferences: { alerts: random.chance(0.5) },
    ...markerOf(person),
  },
  tags: random.chance(0.3) ? [random.pick(INTERESTS)] : [],
  referred_by: person.weight > 0 && random.chance(0.05) ? neighbourOf(person).contactId : null,
  primary_deal_id: dealCount(person) > 0 && random.chance(0.7) ? idOf('deal', person) : null,
  created_at: random.moment(),
});

const contacts: PersonRows = (person, random) => [contactRow(person, random)];

const leads: PersonRows = (person, random) =>
  repeat(isLead(person) ? (person.weight > 1 ? 2 : 1) : 0, (n) => ({
    id: numberId(person, n),
    workspace_id: person.workspaceId,
    team_id: teamOf(person),
    contact_id: n === 0 ? person.contactId : null,
    external_id: n === 0 ? person.externalId : null,
    full_name: fullName(person),
    email: random.pick(person.spellings),
    phone: phoned(person, random),
    state: random.pick(LEAD_STATES),
    source: random.pick(LEAD_SOURCES),
    budget: random.int(200, 2000) * 1000,
    form_payload: { page: '/valuation', answers: { name: fullName(person), email: person.email } },
    created_at: random.moment(),
  }));

const clients: PersonRows = (person, random) =>
  repeat(isClient(person) ? 1 : 0, () => ({
    id: idOf('client', person),
    ...owned(person),
    external_id: person.externalId,
    legal_name: fullName(person),
    email: random.pick(person.spellings),
    phone: phoned(person, random),
    tax_id: `9${random.int(10, 99)}-${random.int(70, 88)}-${random.int(1000, 9999)}`,
    bank_iban: random.chance(0.5) ? `XX00EXMP${random.int(10_000_000, 99_999_999)}` : null,
    since: random.moment().toISOString().slice(0, 10),
    restricted_at: null,
  }));

const signers: PersonRows = (person, random) =>
  repeat(isSigner(person) ? 1 : 0, () => ({
    id: idOf('signer', person),
    workspace_id: person.workspaceId,
    contact_id: random.chance(0.9) ? person.contactId : null,
    external_id: person.externalId,
    full_name: fullName(person),
    email: random.pick(person.spellings),
    phone: phoned(person, random),
    identity_check: { method: 'document', number: `ID${random.int(100_000, 999_999)}`, passed: true },
  }));

const prospects: PersonRows = (person, random) =>
  repeat(isProspect(person) ? 1 : 0, () => ({
    id: idOf('prospect', person),
    workspace_id: person.workspaceId,
    contact_id: null,
    external_id: null,
    full_name: random.chance(0.7) ? fullName(person) : null,
    email: random.pick(person.spellings),
    phone: random.chance(0.5) ? phoned(person, random) : null,
    interests: [random.pick(INTERESTS), random.pick(INTERESTS)],
    score: random.int(0, 100) / 100,
    captured_at: random.moment(),
  }));

const students: PersonRows = (person, random) =>
  repeat(isStudent(person) ? 1 : 0, () => ({
    id: numberId(person, 0),
    workspace_id: person.workspaceId,
    contact_id: random.chance(0.5) ? person.contactId : null,
    external_id: random.chance(0.3) ? person.externalId : null,
    full_name: fullName(person),
    email: random.pick(person.spellings),
    phone: random.chance(0.5) ? phoned(person, random) : null,
    enrolled_at: random.moment(),
  }));

const enrolments: PersonRows = (person, random) =>
  repeat(isStudent(person) ? 1 : 0, () => ({
    workspace_id: person.workspaceId,
    student_id: numberId(person, 0),
    course_id: anyOf('course', person.workspaceId, random),
    progress: random.int(0, 100) / 100,
    grade: random.chance(0.4) ? random.pick(['A', 'B', 'C']) : null,
    certificate_no: random.chance(0.2) ? `C-${random.int(1000, 9999)}` : null,
  }));

/** Shared by recipients and what they did: both must agree on how many there are. */
export const mailings = (person: Person): number => howMany(person, new Random('mailings', person.contactId), 2);

const recipients: PersonRows = (person, random) =>
  repeat(mailings(person), (n) => ({
    id: numberId(person, n),
    workspace_id: person.workspaceId,
    campaign_id: anyOf('campaign', person.workspaceId, random),
    contact_id: random.chance(0.6) ? person.contactId : null,
    email: random.pick(person.spellings),
    merge_fields: { first_name: person.firstName, ...markerOf(person) },
    delivered_at: random.chance(0.95) ? random.moment() : null,
  }));

/** Table and rows of the roles. */
export const PERSON_TABLES: readonly (readonly [table: string, rows: PersonRows])[] = [
  ['contacts', contacts],
  ['leads', leads],
  ['clients', clients],
  ['signers', signers],
  ['prospects', prospects],
  ['students', students],
  ['enrolments', enrolments],
  ['recipients', recipients],
];
