/** What happens with a person: deals, conversations, invoices, and the product's own traces of it. */
import type { Person } from './people.ts';
import { hasDeal, howMany, has, isClient, mailings, numberId, repeat, roleId } from './person-rows.ts';
import type { PersonRows } from './person-rows.ts';
import { Random } from './random.ts';
import { address, idOf, owned, sentence } from './row-parts.ts';
import { ACTIVITY_KINDS, PURPOSES, STAGES, STREETS, USER_AGENTS } from './words.ts';
import { anyOf } from './workspace-rows.ts';

const deals: PersonRows = (person, random) =>
  repeat(hasDeal(person) ? 1 : 0, (n) => ({
    id: idOf('deal', person, n),
    ...owned(person),
    pipeline_id: anyOf('pipeline', person.workspaceId, random),
    property_id: random.chance(0.8) ? anyOf('property', person.workspaceId, random) : null,
    title: `Purchase, ${random.pick(STREETS)}`,
    stage: random.pick(STAGES),
    value: random.int(200, 2000) * 1000,
    currency: 'USD',
    expected_close: random.moment().toISOString().slice(0, 10),
    created_at: random.moment(),
  }));

const dealParticipants: PersonRows = (person) =>
  repeat(hasDeal(person) ? 1 : 0, (n) => ({ ...owned(person), deal_id: idOf('deal', person, n), role: 'buyer' }));

const showings: PersonRows = (person, random) =>
  repeat(hasDeal(person) ? howMany(person, random, 2) : 0, (n) => ({
    id: idOf('showing', person, n),
    ...owned(person),
    property_id: anyOf('property', person.workspaceId, random),
    agent_id: random.chance(0.7) ? anyOf('member', person.workspaceId, random) : null,
    at: random.moment(),
    feedback: random.chance(0.5) ? sentence(person, random) : null,
  }));

const OVERLONG_NOTE_EVERY = 503;

const notes: PersonRows = (person, random) =>
  repeat(howMany(person, random, 2), (n) => ({
    id: idOf('note', person, n),
    ...owned(person),
    author_id: anyOf('member', person.workspaceId, random),
    body:
      person.index % OVERLONG_NOTE_EVERY === 0 && n === 0
        ? sentence(person, random).padEnd(10_000, ' and so on')
        : sentence(person, random),
    created_at: random.moment(),
  }));

const activities: PersonRows = (person, random) =>
  repeat(howMany(person, random, 4), (n) => ({
    id: numberId(person, n),
    ...owned(person),
    deal_id: null,
    kind: random.pick(ACTIVITY_KINDS),
    payload: { by: person.email, minutes: random.int(1, 40), remark: sentence(person, random) },
    at: random.moment(),
  }));

const talks = (person: Person): boolean => has(person, 'thread', 0.3);

const threads: PersonRows = (person, random) =>
  repeat(talks(person) ? 1 : 0, (n) => ({
    id: idOf('thread', person, n),
    workspace_id: person.workspaceId,
    subject: `About ${random.pick(STREETS)}`,
    created_at: random.moment(),
  }));

const messages: PersonRows = (person, random) =>
  repeat(talks(person) ? Math.max(1, howMany(person, random, 4)) : 0, (n) => ({
    id: idOf('message', person, n),
    workspace_id: person.workspaceId,
    thread_id: idOf('thread', person, 0),
    sender_contact_id: n % 2 === 0 ? person.contactId : null,
    recipient_contact_id: n % 2 === 0 ? null : person.contactId,
    body: sentence(person, random),
    sent_at: random.moment(),
  }));

const tasks: PersonRows = (person, random) =>
  repeat(howMany(person, random, 1), (n) => ({
    id: idOf('task', person, n),
    ...owned(person),
    assignee_id: random.chance(0.8) ? anyOf('member', person.workspaceId, random) : null,
    title: `Call back ${person.firstName}`,
    due_on: random.moment().toISOString().slice(0, 10),
    done: random.chance(0.6),
  }));

const meets = (person: Person): boolean => has(person, 'event', 0.15);

const calendarEvents: PersonRows = (person, random) =>
  repeat(meets(person) ? 1 : 0, (n) => {
    const start = random.moment();
    const ends_at = new Date(start.getTime() + 3_600_000);
    const organiser_id = anyOf('member', person.workspaceId, random);
    return {
      id: idOf('event', person, n),
      workspace_id: person.workspaceId,
      organiser_id,
      title: 'Viewing',
      starts_at: start,
      ends_at,
    };
  });

const attendees: PersonRows = (person, random) =>
  repeat(meets(person) ? 1 : 0, (n) => ({
    event_id: idOf('event', person, n),
    ...owned(person),
    email: random.pick(person.spellings),
    response: random.pick(['accepted', 'declined', 'tentative']),
  }));

const recipientEvents: PersonRows = (person, random) =>
  repeat(mailings(person), (n) => ({
    id: numberId(person, n),
    workspace_id: person.workspaceId,
    recipient_id: numberId(person, n),
    kind: random.pick(['open', 'click', 'bounce', 'unsubscribe']),
    at: random.moment(),
    ip: address(random),
    user_agent: random.pick(USER_AGENTS),
    url: random.chance(0.5) ? 'https://listings.example/new' : null,
  }));

const invoiceCount = (person: Person): number =>
  isClient(person) ? Math.max(1, howMany(person, new Random('invoices', person.index), 1)) : 0;

const invoices: PersonRows = (person, random) =>
  repeat(invoiceCount(person), (n) => ({
    id: idOf('invoice', person, n),
    workspace_id: person.workspaceId,
    client_id: roleId('client', person),
    number: `R-${numberId(person, n)}`,
    total: random.int(500, 40_000),
    currency: 'USD',
    billing_address: {
      name: `${person.firstName} ${person.lastName}`,
      street: `${random.int(1, 240)} ${random.pick(STREETS)}`,
    },
    issued_at: random.moment(),
    paid_at: random.chance(0.9) ? random.moment() : null,
  }));

const invoiceLines: PersonRows = (person, random) =>
  repeat(invoiceCount(person), (n) => ({
    workspace_id: person.workspaceId,
    invoice_id: idOf('invoice', person, n),
    line_no: 1,
    description: 'Commission',
    amount: random.int(500, 40_000),
  }));

const payments: PersonRows = (person, random) =>
  repeat(invoiceCount(person), (n) => ({
    id: idOf('payment', person, n),
    workspace_id: person.workspaceId,
    invoice_id: idOf('invoice', person, n),
    amount: random.int(500, 40_000),
    method: random.pick(['card', 'transfer']),
    card_last4: String(random.int(1000, 9999)),
    payer_name: `${person.firstName} ${person.lastName}`,
    paid_at: random.moment(),
  }));

const consents: PersonRows = (person, random) =>
  repeat(howMany(person, random, 1), (n) => ({
    id: idOf('consent', person, n),
    ...owned(person),
    email: random.pick(person.spellings),
    purpose: random.pick(PURPOSES),
    given_at: random.moment(),
    withdrawn_at: random.chance(0.2) ? random.moment() : null,
    evidence: { form: 'newsletter', ip: address(random) },
  }));

const syncRecords: PersonRows = (person, random) =>
  repeat(has(person, 'sync', 0.1) ? 1 : 0, (n) => ({
    remote_key: `remote:${numberId(person, n)}`,
    ...owned(person),
    integration_id: anyOf('integration', person.workspaceId, random),
    payload: { email: person.email, name: person.firstName },
    synced_at: random.moment(),
  }));

const mergeSnapshots: PersonRows = (person, random) =>
  repeat(has(person, 'merge', 0.03) ? 1 : 0, (n) => ({
    id: idOf('merge', person, n),
    workspace_id: person.workspaceId,
    merged_into: person.contactId,
    merged_email: random.pick(person.spellings),
    snapshot: { first_name: person.firstName, last_name: person.lastName, email: person.email, phone: person.phone },
    merged_at: random.moment(),
  }));

const auditEvents: PersonRows = (person, random) =>
  repeat(howMany(person, random, 2), (n) => ({
    id: numberId(person, n),
    ...owned(person),
    actor_id: anyOf('member', person.workspaceId, random),
    action: random.pick(['contact.viewed', 'contact.updated', 'contact.exported']),
    details: { fields: ['email', 'phone'] },
    at: random.moment(),
  }));

/** Table and rows, in an order that the foreign keys allow. */
export const RECORD_TABLES: readonly (readonly [table: string, rows: PersonRows])[] = [
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
  ['recipient_events', recipientEvents],
  ['invoices', invoices],
  ['invoice_lines', invoiceLines],
  ['payments', payments],
  ['consents', consents],
  ['sync_records', syncRecords],
  ['merge_snapshots', mergeSnapshots],
  ['audit_events', auditEvents],
];
