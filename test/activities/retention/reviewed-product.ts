/** A product whose records have periods of every kind, what a schedule says of them, and what is due, thought out row by row. */
import { DateTime } from 'luxon';
import { scheduleFile } from '../../../data-map/schedule/format.ts';
import type { ScheduleFile, ScheduledRule } from '../../../data-map/schedule/format.ts';
import { retainUntil } from '../../../domain/retention/period.ts';
import { collection, email, field, key, mapOf, refers } from '../../data-map/fixtures.ts';

export const ZONE = 'Europe/Berlin';

export const MAP = mapOf(
  collection('contacts', [key('id'), email(), field('made_at'), field('workspace_id')], { record_class: 'person' }),
  collection(
    'events',
    [key('id'), refers('contact_id', 'contacts.id', 'from'), field('kind'), field('at'), field('workspace_id')],
    { record_class: 'marketing' },
  ),
  collection(
    'consents',
    [
      key('id'),
      refers('contact_id', 'contacts.id', 'from'),
      field('given_on'),
      field('withdrawn_on'),
      field('workspace_id'),
    ],
    { record_class: 'consent' },
  ),
  collection(
    'invoices',
    [
      key('id'),
      refers('contact_id', 'contacts.id', 'from'),
      field('issued_at'),
      field('paid_at'),
      field('workspace_id'),
    ],
    { record_class: 'bill' },
  ),
  collection('lines', [key('id'), refers('invoice_id', 'invoices.id', 'from'), field('note'), field('workspace_id')], {
    record_class: 'bill',
  }),
  collection('settings', [key('id'), field('workspace_id')], { record_class: 'setting' }),
);

export const SCHEMA = `
  CREATE TABLE contacts (id int PRIMARY KEY, workspace_id text NOT NULL, email text, made_at timestamptz);
  CREATE TABLE events (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int NOT NULL REFERENCES contacts,
    kind text, at timestamptz);
  CREATE TABLE consents (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int REFERENCES contacts,
    given_on date, withdrawn_on date);
  CREATE TABLE invoices (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int REFERENCES contacts,
    issued_at timestamp, paid_at timestamptz);
  CREATE TABLE lines (id int PRIMARY KEY, workspace_id text NOT NULL, invoice_id int REFERENCES invoices, note text);
  CREATE TABLE settings (id int PRIMARY KEY, workspace_id text NOT NULL);
  CREATE INDEX ON events (contact_id); CREATE INDEX ON consents (contact_id); CREATE INDEX ON invoices (contact_id);
  CREATE INDEX ON lines (invoice_id); CREATE INDEX ON events (workspace_id, at);
  CREATE INDEX ON consents (workspace_id, withdrawn_on); CREATE INDEX ON consents (workspace_id, given_on);
  CREATE INDEX ON invoices (workspace_id, issued_at); CREATE INDEX ON contacts (workspace_id, made_at);`;

const authority = { requirement: 'audit', purpose: 'compliance', basis: 'A basis.', source: 'A source.' };
const default_ = { ...authority, force: 'business_default' };
const claims = { ...authority, force: 'claims', exemption: 'GDPR Art. 17(3)(e)' };

export const DOCUMENT = {
  schedule: {
    name: 'A test',
    classes: {
      person: {},
      marketing: { automatic: true },
      consent: {},
      bill: { approvals: { people: 2, above: 1 } },
      setting: { automatic: true },
    },
    rules: [
      { id: 'contacts', record_class: 'person', ...default_, keep: { length: 'P2Y', event: { column: 'made_at' } } },
      { id: 'events', record_class: 'marketing', ...default_, keep: { length: 'P13M', event: { column: 'at' } } },
      {
        id: 'objections',
        record_class: 'marketing',
        where: [{ column: 'kind', in: ['unsubscribe'] }],
        ...claims,
        keep: { length: 'P3Y', event: { column: 'at' } },
      },
      {
        id: 'consents',
        record_class: 'consent',
        ...claims,
        keep: { length: 'P3Y', event: { column: 'withdrawn_on', fallback: 'given_on' } },
      },
      {
        id: 'invoices',
        record_class: 'bill',
        collections: ['crm.invoices'],
        ...claims,
        keep: { length: 'P8Y', from_end_of_year: true, event: { column: 'issued_at' } },
      },
      {
        id: 'lines',
        record_class: 'bill',
        collections: ['crm.lines'],
        ...claims,
        keep: { length: 'P8Y', from_end_of_year: true, event: { column: 'issued_at', through: 'crm.invoices' } },
      },
    ],
    exceptions: [
      {
        exception: 'open_balance',
        record_class: 'bill',
        collections: ['crm.invoices'],
        where: [{ column: 'paid_at', is: 'empty' }],
        purpose: 'dispute',
        force: 'claims',
        exemption: 'GDPR Art. 17(3)(e)',
        basis: 'It is not paid.',
        source: 'The contract.',
      },
    ],
  },
};

export const SCHEDULE: ScheduleFile = scheduleFile.parse(DOCUMENT).schedule;

export type Row = Readonly<Record<string, string | number | null>>;
export type Tables = Readonly<Record<string, readonly Row[]>>;

/** When the last of the rules that cover the row has ended; undefined when none does, or will. */
export function endOf(schedule: ScheduleFile, tables: Tables, table: string, row: Row): Date | undefined {
  const rules = schedule.rules.filter(
    (rule) =>
      rule.record_class === classOf(table) && (rule.collections?.includes(`crm.${table}`) ?? true) && meets(rule, row),
  );
  if (rules.length === 0) return undefined;
  const ends = rules.map((rule) => endByRule(rule, tables, row));
  return ends.reduce((a, b) => (a === undefined || b === undefined ? undefined : a > b ? a : b));
}

const CLASSES: Readonly<Record<string, string>> = {
  contacts: 'person',
  events: 'marketing',
  consents: 'consent',
  invoices: 'bill',
  lines: 'bill',
};
const classOf = (table: string): string => CLASSES[table] ?? 'setting';

const meets = ({ where }: ScheduledRule, row: Row): boolean =>
  (where ?? []).every(
    (condition) => 'in' in condition && condition.in.map(String).includes(String(row[condition.column])),
  );

function endByRule({ keep }: ScheduledRule, tables: Tables, row: Row): Date | undefined {
  const { column, fallback, through } = keep.event;
  const owner = through === undefined ? row : tables['invoices']?.find(({ id }) => id === row['invoice_id']);
  const value = owner?.[column] ?? (fallback === undefined ? undefined : owner?.[fallback]);
  if (typeof value !== 'string') return undefined;
  // A time with a zone is a moment; a date, or a time without one, is a day where the workspace is.
  const event = value.endsWith('Z')
    ? new Date(value)
    : DateTime.fromISO(value.slice(0, 10), { zone: ZONE }).plus({ hours: 12 }).toJSDate();
  return retainUntil(event, { length: keep.length, fromEndOfYear: keep.from_end_of_year }, ZONE);
}
