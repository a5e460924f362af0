/** What happens with a person: deals, conversations, documents, invoices, and the product's own traces of it. */
import { pdfOf, pngOf } from './media.ts';
import type { Row } from './copy.ts';
import type { Person } from './people.ts';
import { hasDeal, howMany, has, isClient, isSigner, mailings, numberId, repeat, roleId } from './person-rows.ts';
import type { PersonRows } from './person-rows.ts';
import { Random, uuidOf } from './random.ts';
import { ACTIVITY_KINDS, PURPOSES, SENTENCES, STAGES, STREETS, USER_AGENTS } from './words.ts';
import { anyOf } from './workspace-rows.ts';

const idOf = (what: string, person: Person, ordinal: number): string => uuidOf(what, person.contactId, ordinal);
const owned = (person: Person) => ({ workspace_id: person.workspaceId, contact_id: person.contactId });
const sentence = (person: Person, random: Random): string =>
  [random.pick(SENTENCES), person.marker ?? ''].join(' ').trim();
const address = (random: Random): string => `198.51.100.${random.int(1, 254)}`;

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

const mediaCount = (person: Person, most: number): number => (person.hasMedia ? (person.weight > 1 ? most : 1) : 0);
const keyOf = (folder: string, person: Person, ordinal: number, extension: string): string =>
  `${person.workspaceId}/${folder}/${idOf(folder, person, ordinal)}.${extension}`;

const files: PersonRows = (person, random) =>
  repeat(mediaCount(person, 3), (n) => ({
    id: idOf('files', person, n),
    ...owned(person),
    file_name: n === 1 ? `photo of ${person.firstName}.png` : `proof of funds ${n + 1}.pdf`,
    content_type: n === 1 ? 'image/png' : 'application/pdf',
    storage_key: keyOf('files', person, n, n === 1 ? 'png' : 'pdf'),
    uploaded_at: random.moment(),
  }));

const videos: PersonRows = (person, random) =>
  repeat(mediaCount(person, 2), (n) => ({
    id: idOf('videos', person, n),
    ...owned(person),
    title: `A tour for ${person.firstName}`,
    file_name: `tour ${n + 1}.mp4`,
    storage_key: keyOf('videos', person, n, 'mp4'),
    poster_key: keyOf('posters', person, n, 'png'),
    recorded_at: random.moment(),
  }));

const videoViews: PersonRows = (person, random) =>
  repeat(mediaCount(person, 2), (n) => ({
    id: numberId(person, n),
    workspace_id: person.workspaceId,
    video_id: idOf('videos', person, n),
    viewer_email: random.pick(person.spellings),
    ip: address(random),
    seconds: random.int(1, 600) / 10,
    at: random.moment(),
  }));

const reports: PersonRows = (person, random) =>
  repeat(mediaCount(person, 2), (n) => ({
    id: idOf('reports', person, n),
    ...owned(person),
    title: 'Market report',
    summary: { prepared_for: `${person.firstName} ${person.lastName}`, estimate: random.int(200, 900) * 1000 },
    file_name: `market report ${n + 1}.pdf`,
    storage_key: keyOf('reports', person, n, 'pdf'),
    created_at: random.moment(),
  }));

const documentCount = (person: Person): number => (isSigner(person) && hasDeal(person) ? mediaCount(person, 2) : 0);

const documents: PersonRows = (person, random) =>
  repeat(documentCount(person), (n) => ({
    id: idOf('documents', person, n),
    ...owned(person),
    deal_id: idOf('deal', person, 0),
    title: n === 0 ? 'Purchase agreement' : 'Disclosure form',
    status: 'signed',
    file_name: n === 0 ? 'purchase agreement.pdf' : 'disclosure form.pdf',
    storage_key: keyOf('documents', person, n, 'pdf'),
    restricted_at: null,
    created_at: random.moment(),
  }));

const signatures: PersonRows = (person, random) =>
  repeat(documentCount(person), (n) => ({
    id: idOf('signature', person, n),
    workspace_id: person.workspaceId,
    document_id: idOf('documents', person, n),
    signer_id: roleId('signer', person),
    signed_at: random.moment(),
    ip: address(random),
    evidence: { consent: 'I agree to sign electronically', email: person.email, user_agent: random.pick(USER_AGENTS) },
    seal: Buffer.from(uuidOf('seal', person.contactId, n).replaceAll('-', ''), 'hex'),
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
  ['files', files],
  ['videos', videos],
  ['video_views', videoViews],
  ['reports', reports],
  ['documents', documents],
  ['document_signatures', signatures],
  ['invoices', invoices],
  ['invoice_lines', invoiceLines],
  ['payments', payments],
  ['consents', consents],
  ['sync_records', syncRecords],
  ['merge_snapshots', mergeSnapshots],
  ['audit_events', auditEvents],
];

/** One file's row names an object that the store does not have, as happens in life. */
export const MISSING_OBJECT_INDEX = 43;

export interface MediaObject {
  readonly key: string;
  /** The video is the same for all and read once. */
  readonly content: Buffer | 'video';
}

/** The objects that a person's rows name. */
export function mediaOf(person: Person): readonly MediaObject[] {
  const keys = [files, reports, documents, videos].flatMap((rows) =>
    rows(person, new Random('media', person.index)).flatMap(objectKeys),
  );
  const kept = person.index === MISSING_OBJECT_INDEX ? keys.slice(1) : keys;
  return kept.map((key) => ({ key, content: contentOf(key, person) }));
}

function objectKeys(row: Row): readonly string[] {
  return [row['storage_key'], row['poster_key']].filter((key) => typeof key === 'string');
}

function contentOf(key: string, person: Person): MediaObject['content'] {
  if (key.endsWith('.mp4')) return 'video';
  return key.endsWith('.png') ? pngOf(person.index) : pdfOf(`Prepared for ${person.firstName} ${person.lastName}`);
}
