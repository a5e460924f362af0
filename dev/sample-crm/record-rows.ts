/** What is kept of a person: mailings opened, invoices, consents, and the product's own traces. */
import type { Person } from './people.ts';
import { contactRow, isClient, mailings } from './person-rows.ts';
import { Random } from './random.ts';
import { address, fullName, has, howMany, idOf, numberId, owned, repeat } from './row-parts.ts';
import type { PersonRows } from './row-parts.ts';
import { INVOICE_ITEMS, PURPOSES, STREETS, USER_AGENTS } from './words.ts';
import { anyOf } from './workspace-rows.ts';

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

/** On what an invoice, its lines and its payment agree. */
interface Bill {
  readonly ordinal: number;
  /** In cents. */
  readonly amounts: readonly number[];
  readonly issued: Date;
  readonly paid: Date | null;
}

const DAY_MS = 86_400_000;

function billsOf(person: Person): readonly Bill[] {
  const random = new Random('bills', person.contactId);
  const count = isClient(person) ? Math.max(1, howMany(person, random, 1)) : 0;
  return Array.from({ length: count }, (_, ordinal) => {
    const issued = random.moment();
    return {
      ordinal,
      amounts: Array.from({ length: random.int(1, 3) }, () => random.int(9_900, 1_500_000)),
      issued,
      paid: random.chance(0.9) ? new Date(issued.getTime() + random.int(1, 40) * DAY_MS) : null,
    };
  });
}

const money = (cents: number): string => (cents / 100).toFixed(2);
const total = ({ amounts }: Bill): string => money(amounts.reduce((sum, amount) => sum + amount, 0));

const invoices: PersonRows = (person, random) =>
  billsOf(person).map((bill) => ({
    id: idOf('invoice', person, bill.ordinal),
    workspace_id: person.workspaceId,
    client_id: idOf('client', person),
    number: `R-${numberId(person, bill.ordinal)}`,
    total: total(bill),
    currency: 'USD',
    billing_address: { name: fullName(person), street: `${random.int(1, 240)} ${random.pick(STREETS)}` },
    issued_at: bill.issued,
    paid_at: bill.paid,
  }));

const invoiceLines: PersonRows = (person, random) =>
  billsOf(person).flatMap(({ ordinal, amounts }) =>
    amounts.map((amount, n) => ({
      workspace_id: person.workspaceId,
      invoice_id: idOf('invoice', person, ordinal),
      line_no: n + 1,
      description: random.pick(INVOICE_ITEMS),
      amount: money(amount),
    })),
  );

const payments: PersonRows = (person, random) =>
  billsOf(person)
    .filter(({ paid }) => paid !== null)
    .map((bill) => ({
      id: idOf('payment', person, bill.ordinal),
      workspace_id: person.workspaceId,
      invoice_id: idOf('invoice', person, bill.ordinal),
      amount: total(bill),
      ...(random.chance(0.5)
        ? { method: 'card', card_last4: String(random.int(1000, 9999)) }
        : { method: 'transfer', card_last4: null }),
      payer_name: fullName(person),
      paid_at: bill.paid,
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
  repeat(has(person, 'sync', 0.1) ? 1 : 0, () => ({
    remote_key: `remote:${numberId(person, 0)}`,
    ...owned(person),
    integration_id: anyOf('integration', person.workspaceId, random),
    payload: { email: person.email, name: person.firstName },
    synced_at: random.moment(),
  }));

const mergeSnapshots: PersonRows = (person, random) =>
  repeat(has(person, 'merge', 0.03) ? 1 : 0, () => {
    const email = random.pick(person.spellings);
    return {
      id: idOf('merge', person),
      workspace_id: person.workspaceId,
      merged_into: person.contactId,
      merged_email: email,
      snapshot: { ...contactRow(person, random), id: idOf('merged contact', person), email },
      merged_at: random.moment(),
    };
  });

const auditEvents: PersonRows = (person, random) =>
  repeat(howMany(person, random, 2), (n) => ({
    id: numberId(person, n),
    ...owned(person),
    actor_id: anyOf('member', person.workspaceId, random),
    action: random.pick(['contact.viewed', 'contact.updated', 'contact.exported']),
    details: { fields: ['email', 'phone'] },
    at: random.moment(),
  }));

export const RECORD_TABLES: readonly (readonly [table: string, rows: PersonRows])[] = [
  ['recipient_events', recipientEvents],
  ['invoices', invoices],
  ['invoice_lines', invoiceLines],
  ['payments', payments],
  ['consents', consents],
  ['sync_records', syncRecords],
  ['merge_snapshots', mergeSnapshots],
  ['audit_events', auditEvents],
];
