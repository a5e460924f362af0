/** A small product with every kind of tie between records, and what the engine must come to, thought out row by row. */
import { decide } from '../../../domain/retention/decide.ts';
import type { Circumstances, Decision } from '../../../domain/retention/decide.ts';
import type { Ground, ReferenceGround, RuleGround } from '../../../domain/retention/grounds.ts';
import { groundKey } from '../../../domain/retention/grounds.ts';
import { retainUntil } from '../../../domain/retention/period.ts';
import type { ActiveHold } from '../../../domain/holds.ts';
import type { ScheduleFile, ScheduledRule } from '../../../data-map/schedule/format.ts';
import { collection, email, field, key, mapOf, refers } from '../../data-map/fixtures.ts';

export const JANE = 'jane@example.com';
export const BOB = 'bob@example.org';
export const ZONE = 'Europe/Berlin';

export const SCHEMA = `
  CREATE TABLE contacts (id int PRIMARY KEY, workspace_id int NOT NULL, email text, referred_by int REFERENCES contacts,
    made_at timestamptz);
  CREATE TABLE invoices (id int PRIMARY KEY, workspace_id int NOT NULL, contact_id int NOT NULL REFERENCES contacts,
    state text, issued_at timestamptz, made_on date, UNIQUE (workspace_id, id));
  CREATE TABLE lines (id int PRIMARY KEY, workspace_id int NOT NULL, invoice_id int NOT NULL, note text,
    FOREIGN KEY (workspace_id, invoice_id) REFERENCES invoices (workspace_id, id));
  CREATE TABLE letters (id int PRIMARY KEY, workspace_id int NOT NULL, contact_id int REFERENCES contacts,
    invoice_id int REFERENCES invoices, body text, written_at timestamp);
  CREATE TABLE rooms (id int PRIMARY KEY, workspace_id int NOT NULL, title text);
  CREATE TABLE stays (room_id int NOT NULL REFERENCES rooms, contact_id int NOT NULL REFERENCES contacts,
    workspace_id int NOT NULL, PRIMARY KEY (room_id, contact_id));
  CREATE INDEX ON contacts (referred_by); CREATE INDEX ON invoices (contact_id); CREATE INDEX ON lines (workspace_id, invoice_id);
  CREATE INDEX ON letters (contact_id); CREATE INDEX ON letters (invoice_id); CREATE INDEX ON stays (contact_id);`;

const CLASSES: Readonly<Record<string, string>> = {
  contacts: 'person_record',
  invoices: 'bill',
  lines: 'bill',
  letters: 'letter',
  rooms: '',
  stays: '',
};
const DATED: Readonly<Record<string, string>> = { contacts: 'made_at', invoices: 'made_on', letters: 'written_at' };

const steward = (name: string) => ({
  ...(CLASSES[name] ? { record_class: CLASSES[name] } : {}),
  ...(DATED[name] ? { dated: DATED[name] } : {}),
});

export const map = mapOf(
  collection(
    'contacts',
    [
      key('id'),
      email(),
      field('referred_by', { steward: { not_followed: 'somebody else' } }),
      field('made_at'),
      field('workspace_id'),
    ],
    steward('contacts'),
  ),
  collection(
    'invoices',
    [
      key('id'),
      refers('contact_id', 'contacts.id', 'from'),
      field('state'),
      field('issued_at'),
      field('made_on'),
      field('workspace_id'),
    ],
    steward('invoices'),
  ),
  collection(
    'lines',
    [key('id'), refers('invoice_id', 'invoices.id', 'from'), field('note'), field('workspace_id')],
    steward('lines'),
  ),
  collection(
    'letters',
    [
      key('id'),
      refers('contact_id', 'contacts.id', 'from'),
      field('invoice_id', { steward: { not_followed: 'by the contact' } }),
      field('body', { steward: { free_text: true } }),
      field('written_at'),
      field('workspace_id'),
    ],
    steward('letters'),
  ),
  collection(
    'rooms',
    [{ ...refers('id', 'stays.room_id', 'from', { primary_key: true }) }, field('title'), field('workspace_id')],
    steward('rooms'),
  ),
  collection(
    'stays',
    [
      key('room_id'),
      key('contact_id', { references: [{ dataset: 'crm', field: 'contacts.id', direction: 'from' }] }),
      field('workspace_id'),
    ],
    steward('stays'),
  ),
);

export type Row = Readonly<Record<string, string | number | Date | null>>;
export type Tables = Readonly<Record<string, readonly Row[]>>;

/** Child, its column, parent, and whether the column can be emptied. */
const TIES = [
  ['contacts', 'referred_by', 'contacts', true],
  ['invoices', 'contact_id', 'contacts', false],
  ['lines', 'invoice_id', 'invoices', false],
  ['letters', 'contact_id', 'contacts', true],
  ['letters', 'invoice_id', 'invoices', true],
  ['stays', 'room_id', 'rooms', false],
  ['stays', 'contact_id', 'contacts', false],
] as const;

const STRUCTURE: Readonly<Record<string, readonly string[]>> = {
  contacts: ['id', 'workspace_id'],
  invoices: ['contact_id', 'id', 'workspace_id'],
  lines: ['id', 'invoice_id', 'workspace_id'],
  letters: ['id', 'workspace_id'],
  rooms: ['id', 'workspace_id'],
  stays: ['contact_id', 'room_id', 'workspace_id'],
};

export const idOf = (table: string, row: Row): string =>
  table === 'stays' ? `stays/${String(row['room_id'])}/${String(row['contact_id'])}` : `${table}/${String(row['id'])}`;

/** Where everything of a person is: by identity and by following references; then where the person is only mentioned. */
function found(tables: Tables, address: string): { own: ReadonlySet<string>; mentions: ReadonlySet<string> } {
  const of = (table: string, wanted: (row: Row) => boolean) => (tables[table] ?? []).filter(wanted);
  const contacts = of('contacts', (row) => row['email'] === address);
  const isOf = (rows: readonly Row[], name: string) => (row: Row) => rows.some((each) => each['id'] === row[name]);
  const invoices = of('invoices', isOf(contacts, 'contact_id'));
  const stays = of('stays', isOf(contacts, 'contact_id'));
  const rows = {
    contacts,
    invoices,
    lines: of('lines', isOf(invoices, 'invoice_id')),
    letters: of('letters', isOf(contacts, 'contact_id')),
    stays,
    rooms: of('rooms', (row) => stays.some((stay) => stay['room_id'] === row['id'])),
  };
  const own = new Set(Object.entries(rows).flatMap(([table, some]) => some.map((row) => idOf(table, row))));
  const mentioning = of('letters', (row) => String(row['body']).includes(address)).map((row) => idOf('letters', row));
  return { own, mentions: new Set(mentioning.filter((id) => !own.has(id))) };
}

export interface Case {
  readonly tables: Tables;
  readonly schedule: ScheduleFile;
  readonly holds: readonly ActiveHold[];
  readonly circumstances: Circumstances;
  readonly records: readonly { collection: string; key: Readonly<Record<string, number>>; overrideId: string }[];
  readonly jurisdictions: readonly string[];
}

interface Weighed {
  readonly table: string;
  readonly row: Row;
  readonly isMention: boolean;
  grounds: readonly Ground[];
}

/** The decision on every row of Jane's, by `idOf`. */
export function weighedByHand(given: Case): ReadonlyMap<string, Decision> {
  const { own, mentions } = found(given.tables, JANE);
  const everyRow = Object.entries(given.tables).flatMap(([table, rows]) => rows.map((row) => ({ table, row })));
  const rows = everyRow
    .filter(({ table, row }) => own.has(idOf(table, row)) || mentions.has(idOf(table, row)))
    .map(({ table, row }): Weighed => {
      const isMention = mentions.has(idOf(table, row));
      return { table, row, isMention, grounds: groundsOf(given, table, row, isMention) };
    });
  tie(given, rows, everyRow);
  return new Map(rows.map((each) => [idOf(each.table, each.row), decide(each.grounds, given.circumstances)]));
}

function groundsOf(given: Case, table: string, row: Row, isMention: boolean): readonly Ground[] {
  const ref = `crm.${table}`;
  const isAbout = (each: { record_class: string; collections?: readonly string[] | undefined }) =>
    each.record_class === CLASSES[table] && (each.collections?.includes(ref) ?? true);
  const meets = (where: ScheduledRule['where']) =>
    (where ?? []).every((condition) => {
      const value = row[condition.column];
      const isEmpty = value === null || value === undefined || value === '';
      if ('is' in condition) return condition.is === 'empty' ? isEmpty : !isEmpty;
      return !isEmpty && condition.in.map(String).includes(String(value));
    });
  const isHere = ({ jurisdictions }: ScheduledRule) =>
    jurisdictions === undefined ||
    given.jurisdictions.length === 0 ||
    jurisdictions.some((of) =>
      given.jurisdictions.some((here) => here === of || here.startsWith(`${of}-`) || of.startsWith(`${here}-`)),
    );
  return [
    ...given.schedule.rules
      .filter((rule) => isAbout(rule) && isHere(rule) && meets(rule.where))
      .map(
        (rule): RuleGround => ({
          kind: 'rule',
          ruleId: rule.id,
          version: 7,
          force: rule.force,
          requirement: rule.requirement,
          purpose: rule.purpose,
          party: rule.party,
          visibility: rule.visibility,
          exemption: rule.exemption,
          keeps: rule.columns,
          until: untilOf(given, rule, row),
          needsPerson: rule.needs_person,
          overridableBy: rule.overridable_by,
        }),
      ),
    ...given.schedule.exceptions
      .filter((each) => isAbout(each) && meets(each.where))
      .map(
        ({ exception, force, purpose, party, visibility, exemption, basis, source }): Ground => ({
          kind: 'exception',
          exception,
          force,
          purpose,
          party,
          visibility,
          exemption,
          basis,
          source,
        }),
      ),
    ...given.holds
      .filter((hold) => covers(given, hold, table, row))
      .map(({ holdId, purpose, party, visibility }): Ground => ({ kind: 'hold', holdId, purpose, party, visibility })),
    ...given.records
      .filter(
        (each) => each.collection === ref && Object.entries(each.key).every(([name, value]) => row[name] === value),
      )
      .map(
        ({ overrideId }): Ground => ({
          kind: 'override',
          overrideId,
          purpose: 'legitimate_business',
          party: 'controller',
          visibility: 'controller',
        }),
      ),
    ...(isMention ? [reference('mention', columnsOf(row))] : []),
  ];
}

const columnsOf = (row: Row): readonly string[] => Object.keys(row).toSorted();

const reference = (
  because: ReferenceGround['because'],
  keeps: readonly string[] | undefined,
  until?: Date,
): ReferenceGround => ({
  kind: 'reference',
  because,
  keeps,
  until,
  purpose: 'compliance',
  party: 'controller',
  visibility: 'controller',
});

/** Noon of a day in the zone: what a column without a zone or a time means. */
function momentOf(value: Row[string] | undefined): Date | undefined {
  if (value === null || value === undefined) return undefined;
  return value instanceof Date ? value : new Date(`${String(value).slice(0, 10)}T11:00:00Z`);
}

function untilOf({ tables }: Case, { keep }: ScheduledRule, row: Row): Date | undefined {
  const { column, fallback, through } = keep.event;
  const sources =
    through === undefined ? [row] : (tables['invoices'] ?? []).filter(({ id }) => id === row['invoice_id']);
  const ends = sources.map((each) => {
    const event = momentOf(each[column]) ?? (fallback === undefined ? undefined : momentOf(each[fallback]));
    return event && retainUntil(event, { length: keep.length, fromEndOfYear: keep.from_end_of_year }, ZONE);
  });
  if (ends.length === 0) return undefined;
  return ends.reduce((a, b) => (a === undefined || b === undefined ? undefined : a > b ? a : b));
}

function covers({ tables }: Case, { scope }: ActiveHold, table: string, row: Row): boolean {
  const { subject, records, classes, dates } = scope;
  const subjects = (subject ?? []).map(({ value }) => found(tables, value));
  const isAmong = subjects.some(({ own, mentions }) => own.has(idOf(table, row)) || mentions.has(idOf(table, row)));
  const dated = DATED[table];
  const moment = dated === undefined ? undefined : momentOf(row[dated]);
  const day = moment?.toLocaleDateString('sv-SE', { timeZone: ZONE });
  return (
    (subject === undefined || isAmong) &&
    (records === undefined ||
      records.some(
        (each) =>
          each.collection === `crm.${table}` &&
          Object.entries(each.key).every(([name, value]) => String(row[name]) === String(value)),
      )) &&
    (classes === undefined || classes.includes(CLASSES[table] ?? '')) &&
    (dates === undefined ||
      day === undefined ||
      ((dates.from === undefined || day >= dates.from) && (dates.to === undefined || day <= dates.to)))
  );
}

/** What is referred to by what stays, stays. */
function tie(given: Case, rows: readonly Weighed[], everyRow: readonly { table: string; row: Row }[]): void {
  const decisionOf = ({ grounds }: Weighed) => decide(grounds, given.circumstances);
  const isLoose = (each: Weighed) =>
    !each.isMention &&
    decide(
      each.grounds.filter(({ kind }) => kind !== 'reference'),
      given.circumstances,
    ).decision === 'erase';
  const bind = (parent: Weighed, ground: ReferenceGround): boolean => {
    const same = parent.grounds.find((each) => groundKey(each) === groundKey(ground));
    const earlier = same?.kind === 'reference' ? (same.until?.getTime() ?? Infinity) : -1;
    if (earlier >= (ground.until?.getTime() ?? Infinity)) return false;
    parent.grounds = [...parent.grounds.filter((each) => each !== same), ground];
    return true;
  };
  const others = (parent: Weighed) =>
    reference('others_record', parent.table === 'rooms' ? columnsOf(parent.row) : STRUCTURE[parent.table]);
  const parentOf = (table: string, id: Row[string] | undefined) =>
    rows.find((each) => each.table === table && each.row['id'] === id && isLoose(each));
  // A reference that can be empty is emptied in other people's rows, but not in those that a hold covers.
  const isHeld = (each: { table: string; row: Row }) =>
    given.holds.some((hold) => covers(given, hold, each.table, each.row));
  for (const [child, column, to, canBeEmptied] of TIES) {
    for (const each of everyRow) {
      if (each.table !== child || rows.some(({ row }) => row === each.row)) continue;
      if (canBeEmptied && !isHeld(each)) continue;
      const parent = parentOf(to, each.row[column]);
      if (parent) bind(parent, others(parent));
    }
  }
  for (let isSettled = false; !isSettled; ) {
    isSettled = true;
    for (const [child, column, to, canBeEmptied] of TIES) {
      for (const each of rows) {
        const parent = each.table === child ? parentOf(to, each.row[column]) : undefined;
        const { decision, keeps, end } = decisionOf(each);
        const stays =
          decision === 'retain' || (decision === 'pseudonymise' && (!canBeEmptied || keeps.includes(column)));
        if (parent === undefined || !stays) continue;
        const isOthers = each.grounds.some((one) => one.kind === 'reference' && one.because !== 'kept_record');
        const isWhole = CLASSES[child] !== '' && CLASSES[child] === CLASSES[to];
        const until = end instanceof Date ? end : undefined;
        const ground = isOthers
          ? { ...others(parent), until }
          : reference('kept_record', isWhole ? undefined : STRUCTURE[to], until);
        if (bind(parent, ground)) isSettled = false;
      }
    }
  }
}
