/**
 * A product's database of thirty collections, generated: one of people, nineteen whose rows are of a person, and ten whose
 * rows are of a row of these. Every reference is a foreign key with an index.
 */
import { stringify } from 'yaml';

export interface BenchTable {
  readonly name: string;
  /** Where its rows hang: on a person, or on a row of another table. */
  readonly parent: string | undefined;
  /** Whether another table's rows hang on its rows. */
  readonly hasChildren: boolean;
}

export const PEOPLE = 'people';
const OF_PEOPLE = 19;
const OF_RECORDS = 10;
const nameOf = (number: number): string => `records_${String(number).padStart(2, '0')}`;

const ofPeople = Array.from({ length: OF_PEOPLE }, (_, index): BenchTable => {
  return { name: nameOf(index + 1), parent: undefined, hasChildren: index < OF_RECORDS };
});
const ofRecords = Array.from({ length: OF_RECORDS }, (_, index): BenchTable => {
  return { name: nameOf(OF_PEOPLE + index + 1), parent: nameOf(index + 1), hasChildren: false };
});

/** All but the people. A table comes after its parent. */
export const RECORD_TABLES: readonly BenchTable[] = [...ofPeople, ...ofRecords];

/** What a row's reference is called. */
export const referenceOf = ({ parent }: BenchTable): 'person_id' | 'record_id' =>
  parent === undefined ? 'person_id' : 'record_id';

export function schemaOf(): string {
  return [
    'CREATE SCHEMA app',
    `CREATE TABLE app.${PEOPLE} (
       id uuid PRIMARY KEY, workspace_id uuid NOT NULL, full_name text NOT NULL, email text, created_at timestamptz NOT NULL,
       UNIQUE (workspace_id, id))`,
    `CREATE INDEX ON app.${PEOPLE} (workspace_id, lower(email) text_pattern_ops)`,
    ...RECORD_TABLES.flatMap(tableOf),
  ].join(';\n');
}

function tableOf(table: BenchTable): string[] {
  const { name, parent, hasChildren } = table;
  const reference = referenceOf(table);
  return [
    `CREATE TABLE app.${name} (
       id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, workspace_id uuid NOT NULL,
       ${reference} ${parent === undefined ? 'uuid' : 'bigint'} NOT NULL, kind text NOT NULL, body text, details jsonb,
       created_at timestamptz NOT NULL${hasChildren ? ', UNIQUE (workspace_id, id)' : ''},
       FOREIGN KEY (workspace_id, ${reference}) REFERENCES app.${parent ?? PEOPLE} (workspace_id, id))`,
    `CREATE INDEX ON app.${name} (workspace_id, ${reference})`,
  ];
}

const DATASET = 'bench';
const RECORD_CLASS = 'bench_record';

/** The data map, as a file has it. */
export function dataMapOf(source: string): string {
  const collections = [peopleCollection(), ...RECORD_TABLES.map(recordCollection)];
  const dataset = {
    fides_key: DATASET,
    name: 'A benchmark',
    fides_meta: { steward: { source, schema: 'app' } },
    collections,
  };
  return stringify({ dataset: [dataset] });
}

function peopleCollection() {
  return {
    name: PEOPLE,
    description: 'People.',
    fides_meta: meta('Profile'),
    fields: [
      ...keyFields(),
      { name: 'full_name', data_categories: ['user.name'] },
      {
        name: 'email',
        data_categories: ['user.contact.email'],
        fides_meta: { identity: 'email', data_type: 'string' },
      },
      CREATED_AT,
    ],
  };
}

function recordCollection(table: BenchTable) {
  const references = [{ dataset: DATASET, field: `${table.parent ?? PEOPLE}.id`, direction: 'from' }];
  return {
    name: table.name,
    description: 'Records.',
    fides_meta: meta('Activity'),
    fields: [
      ...keyFields(),
      { name: referenceOf(table), data_categories: ['user.unique_id'], fides_meta: { references } },
      { name: 'kind', data_categories: ['system.operations'] },
      { name: 'body', data_categories: ['user.content'] },
      { name: 'details', data_categories: ['user.behavior'] },
      CREATED_AT,
    ],
  };
}

const CREATED_AT = { name: 'created_at', data_categories: ['system.operations'] };

const keyFields = () => [
  { name: 'id', data_categories: ['user.unique_id'], fides_meta: { primary_key: true } },
  { name: 'workspace_id', data_categories: ['system.operations'] },
];

const meta = (kind: string) => ({
  steward: { label: 'Records', kind, tenant: 'workspace_id', record_class: RECORD_CLASS, dated: 'created_at' },
});

/** The retention schedule: nothing keeps anything. */
export function scheduleOf(): string {
  return stringify({ schedule: { name: 'A benchmark', classes: { [RECORD_CLASS]: {} }, rules: [] } });
}
