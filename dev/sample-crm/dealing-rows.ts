/** What is arranged, said and noted with a person: deals, viewings, notes, conversations, tasks, appointments. */
import { isShowcase, neighbourOf, phoneWritings } from './people.ts';
import type { Person } from './people.ts';
import { dealCount, teamOf } from './person-rows.ts';
import { has, howMany, idOf, numberId, owned, repeat, sentence } from './row-parts.ts';
import type { PersonRows } from './row-parts.ts';
import { ACTIVITY_KINDS, SENTENCES, STAGES, STREETS } from './words.ts';
import { anyOf } from './workspace-rows.ts';

const deals: PersonRows = (person, random) =>
  repeat(dealCount(person), (n) => ({
    id: idOf('deal', person, n),
    ...owned(person),
    team_id: teamOf(person),
    pipeline_id: anyOf('pipeline', person.workspaceId, random),
    property_id: random.chance(0.8) ? anyOf('property', person.workspaceId, random) : null,
    title: `Purchase, ${random.pick(STREETS)}`,
    stage: random.pick(STAGES),
    value: random.int(200, 2000) * 1000,
    currency: 'USD',
    expected_close: random.moment().toISOString().slice(0, 10),
    created_at: random.moment(),
  }));

/** The first deal is often made together with somebody else. */
const dealParticipants: PersonRows = (person) => {
  const buyers = repeat(dealCount(person), (n) => ({
    ...owned(person),
    deal_id: idOf('deal', person, n),
    role: 'buyer',
  }));
  if (buyers.length === 0 || !has(person, 'co-buyer', 0.4)) return buyers;
  return [...buyers, { ...owned(neighbourOf(person)), deal_id: idOf('deal', person), role: 'co-buyer' }];
};

const showings: PersonRows = (person, random) =>
  repeat(dealCount(person) > 0 ? howMany(person, random, 2) : 0, (n) => ({
    id: idOf('showing', person, n),
    ...owned(person),
    property_id: anyOf('property', person.workspaceId, random),
    agent_id: random.chance(0.7) ? anyOf('member', person.workspaceId, random) : null,
    at: random.moment(),
    feedback: random.chance(0.5) ? sentence(person, random) : null,
  }));

const OVERLONG_NOTE_EVERY = 503;
const OVERLONG = 10_000;

const notes: PersonRows = (person, random) =>
  repeat(howMany(person, random, 2), (n) => ({
    id: idOf('note', person, n),
    ...owned(person),
    author_id: anyOf('member', person.workspaceId, random),
    body: noteText(person, n, sentence(person, random)),
    created_at: random.moment(),
  }));

/** One of the showcase person's names her co-buyer: a text with two people in it. */
function noteText(person: Person, n: number, text: string): string {
  if (isShowcase(person) && n === 1) return mentionOf(person, neighbourOf(person));
  return person.index % OVERLONG_NOTE_EVERY === 0 && n === 0 ? text.padEnd(OVERLONG, ' and so on') : text;
}

function mentionOf(person: Person, other: Person): string {
  const [phone] = phoneWritings(other.phone);
  return `${other.firstName} buys with her: ${other.email}, ${phone}. Her own address is ${person.email}.`;
}

const activities: PersonRows = (person, random) =>
  repeat(howMany(person, random, 4), (n) => ({
    id: numberId(person, n),
    ...owned(person),
    deal_id: dealCount(person) > 0 && random.chance(0.3) ? idOf('deal', person) : null,
    kind: random.pick(ACTIVITY_KINDS),
    payload: { by: person.email, minutes: random.int(1, 40), remark: sentence(person, random) },
    at: random.moment(),
  }));

const talks = (person: Person): boolean => has(person, 'thread', 0.3);

const threads: PersonRows = (person, random) =>
  repeat(talks(person) ? 1 : 0, () => ({
    id: idOf('thread', person),
    workspace_id: person.workspaceId,
    subject: `About ${random.pick(STREETS)}`,
    created_at: random.moment(),
  }));

/** Who writes to whom, in turn; an end that is missing is the customer's staff. */
const TURNS = [
  { from: 'person', to: undefined },
  { from: undefined, to: 'person' },
  { from: 'neighbour', to: undefined },
  { from: 'neighbour', to: 'person' },
] as const;

const messages: PersonRows = (person, random) => {
  if (!talks(person)) return [];
  const neighbour = neighbourOf(person);
  const ends = { person: person.contactId, neighbour: neighbour.contactId };
  return repeat(Math.max(1, howMany(person, random, 4)), (n) => {
    const { from, to } = TURNS[n % TURNS.length] ?? TURNS[0];
    // What both of them have must not carry the marker of one.
    const isBetweenThem = from === 'neighbour' && to === 'person';
    return {
      id: idOf('message', person, n),
      workspace_id: person.workspaceId,
      thread_id: idOf('thread', person),
      sender_contact_id: from === undefined ? null : ends[from],
      recipient_contact_id: to === undefined ? null : ends[to],
      body: isBetweenThem ? random.pick(SENTENCES) : sentence(from === 'neighbour' ? neighbour : person, random),
      sent_at: random.moment(),
    };
  });
};

const tasks: PersonRows = (person, random) =>
  repeat(howMany(person, random, 1), (n) => ({
    id: idOf('task', person, n),
    ...owned(person),
    team_id: teamOf(person),
    assignee_id: random.chance(0.8) ? anyOf('member', person.workspaceId, random) : null,
    title: `Call back ${person.firstName}`,
    due_on: random.moment().toISOString().slice(0, 10),
    done: random.chance(0.6),
  }));

const meets = (person: Person): boolean => has(person, 'event', 0.15);
const HOUR_MS = 3_600_000;

const calendarEvents: PersonRows = (person, random) =>
  repeat(meets(person) ? 1 : 0, () => {
    const start = random.moment();
    return {
      id: idOf('event', person),
      workspace_id: person.workspaceId,
      organiser_id: anyOf('member', person.workspaceId, random),
      title: 'Viewing',
      starts_at: start,
      ends_at: new Date(start.getTime() + HOUR_MS),
    };
  });

const attendees: PersonRows = (person, random) => {
  if (!meets(person)) return [];
  const invited = random.chance(0.5) || person.weight > 1 ? [person, neighbourOf(person)] : [person];
  return invited.map((each) => ({
    event_id: idOf('event', person),
    ...owned(each),
    email: random.pick(each.spellings),
    response: random.pick(['accepted', 'declined', 'tentative']),
  }));
};

export const DEALING_TABLES: readonly (readonly [table: string, rows: PersonRows])[] = [
  ['deals', deals],
  ['deal_participants', dealParticipants],
  ['showings', showings],
  ['notes', notes],
  ['activities', activities],
  ['threads', threads],
  ['messages', messages],
  ['tasks', tasks],
  ['calendar_events', calendarEvents],
  ['event_attendees', attendees],
];
