/**
 * The file format of the data map: a Fideslang dataset (github.com/ethyca/fideslang, `Dataset` in models.py), with keys of
 * our own under `fides_meta.steward`. Files written for Fides are read as they are: `fidesops_meta` is the older name of
 * `fides_meta`, nulls count as absent, and keys that neither knows are kept and reported by `unknownKeys`.
 */
import { z } from 'zod';

const name = z.union([z.string().min(1), z.number().transform(String)]);
const text = z.string().min(1);
const texts = z.array(text).nullish();
/** Fideslang's own rule for keys (`FIDES_KEY_PATTERN`). */
const fidesKey = z.string().regex(/^[a-zA-Z0-9_.<>-]+$/, 'must be letters, digits and any of _ . < > -');
const flag = z.boolean().nullish();
/** Fideslang knows the one value `name`. */
const redact = z.union([z.literal('name'), z.boolean()]).nullish();

const language = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/, 'is no language');

/** One text, or one for each language (BCP 47). */
const localised = z.union([text, z.record(language, text)], {
  error: 'must be a text, or a table from languages (en, de, …) to texts',
});

const reference = z.looseObject({
  dataset: fidesKey,
  /** `collection.field`, or `collection.field.nested`. */
  field: z.string().regex(/^[^.]+\..+$/, 'must be collection.field'),
  direction: z.enum(['from', 'to']).nullish(),
});

const maskingOverride = z.looseObject({ strategy: text, configuration: z.record(z.string(), z.unknown()).nullish() });

/** The reason, or `true` where nobody has given one; the check then asks for it. */
const withReason = z.union([z.boolean(), text]).nullish();

const fieldSteward = z.looseObject({
  /** Why the references of this field are not followed; `true` when there is nothing to say. */
  not_followed: withReason,
  /** Why this column holds nothing personal; it is then left out of what is handed over. */
  no_personal_data: withReason,
  /** What a person has yet to decide about it; the check lists it. */
  questions: texts,
  label: localised.nullish(),
  /** In other languages than Fideslang's own description is in. */
  description: localised.nullish(),
  /** Proves nothing alone; phone numbers do not unless it says `false`. */
  weak: flag,
  /** Searched for the person's identifiers, and rid of those of others. */
  free_text: flag,
  origin: z.enum(['provided', 'observed', 'derived']).nullish(),
});

const fieldMeta = z.looseObject({
  primary_key: flag,
  identity: text.nullish(),
  references: z.array(reference).nullish(),
  data_type: z
    .string()
    .regex(/^(string|integer|float|boolean|object_id|object)(\[\])?$/, 'is no data type of Fideslang')
    .nullish(),
  length: z.number().int().positive().nullish(),
  return_all_elements: flag,
  read_only: flag,
  redact,
  custom_request_field: text.nullish(),
  masking_strategy_override: maskingOverride.nullish(),
  steward: fieldSteward.nullish(),
});

const field = z.looseObject({
  name,
  description: z.string().nullish(),
  data_categories: texts,
  fides_meta: fieldMeta.nullish(),
  fidesops_meta: fieldMeta.nullish(),
  get fields(): z.ZodType<FieldFile[] | null | undefined> {
    return z.array(field).nullish();
  },
});

const media = z.looseObject({
  /** The column that holds the object's key. */
  column: text,
  /** The source, of kind folder or s3, that holds the object. */
  store: text,
  /** The column that holds the file name people know it by. */
  name_column: text.nullish(),
  /** What is made of the object, as keys with `{key}` in them; one that ends with `*` is the beginning of any number. */
  derived: z.array(z.string().includes('{key}', { error: 'must have {key} in it' })).nullish(),
});

const collectionSteward = z.looseObject({
  tenant: text.nullish(),
  team: text.nullish(),
  record_class: text.nullish(),
  restriction: text.nullish(),
  schema: text.nullish(),
  label: localised.nullish(),
  kind: localised.nullish(),
  /** In other languages than Fideslang's own description is in. */
  description: localised.nullish(),
  no_personal_data: withReason,
  /** Triggers, rules and cascading foreign keys of the table by name, each with why it does no harm. */
  acknowledged: z.record(text, text).nullish(),
  questions: texts,
  third_parties: z.enum(['redact', 'flag', 'include']).nullish(),
  media: z.array(media).nullish(),
  /** The column that says when a row arose: holds on a range of dates go by it. */
  dated: text.nullish(),
});

const collectionMeta = z.looseObject({
  after: texts,
  erase_after: texts,
  skip_processing: flag,
  masking_strategy_override: z.looseObject({ strategy: text }).nullish(),
  partitioning: z.unknown().optional(),
  redact,
  steward: collectionSteward.nullish(),
});

const collection = z.looseObject({
  name,
  description: z.string().nullish(),
  data_categories: texts,
  fields: z.array(field),
  fides_meta: collectionMeta.nullish(),
  fidesops_meta: collectionMeta.nullish(),
});

/** A system that is not connected: a person is asked to search it. */
const manual = z.looseObject({
  title: text,
  instructions: text,
  /** Who is asked; mail goes there when it is an address. */
  assignee: text.nullish(),
  /** The types of identity that the system can be searched by. */
  identities: z.array(text).min(1),
});

const datasetSteward = z.looseObject({
  source: text.nullish(),
  schema: text.nullish(),
  phone_region: text.nullish(),
  /** The workspace column of every collection that names none of its own. */
  tenant: text.nullish(),
  questions: texts,
  manual: manual.nullish(),
  /** Folders of stores that belong to a workspace whole, whether or not a row names what is in them. */
  folders: z.array(z.looseObject({ store: text, prefix: text })).nullish(),
});

const datasetMeta = z.looseObject({
  resource_id: z.string().nullish(),
  after: texts,
  namespace: z.unknown().optional(),
  redact,
  steward: datasetSteward.nullish(),
});

const dataset = z.looseObject({
  fides_key: fidesKey,
  organization_fides_key: z.string().nullish(),
  tags: texts,
  name: name.nullish(),
  description: z.string().nullish(),
  meta: z.unknown().optional(),
  data_categories: texts,
  collections: z.array(collection),
  fides_meta: datasetMeta.nullish(),
  fidesops_meta: datasetMeta.nullish(),
});

export const datasetFile = z.looseObject({ dataset: z.array(dataset).min(1) });

export interface FieldFile {
  [key: string]: unknown;
  name: string;
  description?: string | null | undefined;
  data_categories?: string[] | null | undefined;
  fides_meta?: FieldMetaFile | null | undefined;
  fidesops_meta?: FieldMetaFile | null | undefined;
  fields?: FieldFile[] | null | undefined;
}
type FieldMetaFile = z.infer<typeof fieldMeta>;
export type ManualFile = z.infer<typeof manual>;
export type LocalisedFile = z.infer<typeof localised>;
export type ReferenceFile = z.infer<typeof reference>;
export type CollectionFile = z.infer<typeof collection>;
export type DatasetFile = z.infer<typeof dataset>;

interface WithMeta<Meta> {
  readonly fides_meta?: Meta | null | undefined;
  readonly fidesops_meta?: Meta | null | undefined;
}

/** The metadata under its present or its older name. */
export function metaOf<Meta>(node: WithMeta<Meta>): Meta | undefined {
  return node.fides_meta ?? node.fidesops_meta ?? undefined;
}

/** Where in a dataset something is: collection and field path, either of which may be missing. */
export interface Place {
  readonly collection?: string;
  readonly field?: string;
}

interface UnknownKey extends Place {
  /** With what it stands under: `fides_meta.colour`. */
  readonly key: string;
  readonly value: unknown;
}

/** The keys of a dataset that are neither Fideslang's nor ours. */
export function unknownKeys(file: DatasetFile): readonly UnknownKey[] {
  const found: UnknownKey[] = [];
  const check = (place: Place, path: string, shape: object, value: object | null | undefined): void => {
    for (const [key, its] of Object.entries(value ?? {}))
      if (!Object.hasOwn(shape, key)) found.push({ ...place, key: `${path}${key}`, value: its });
  };
  const meta = metaOf(file);
  check({}, '', dataset.shape, file);
  check({}, 'fides_meta.', datasetMeta.shape, meta);
  check({}, 'fides_meta.steward.', datasetSteward.shape, meta?.steward);
  check({}, 'fides_meta.steward.manual.', manual.shape, meta?.steward?.manual);
  for (const entry of file.collections) {
    const place = { collection: entry.name };
    const own = metaOf(entry);
    check(place, '', collection.shape, entry);
    check(place, 'fides_meta.', collectionMeta.shape, own);
    check(place, 'fides_meta.steward.', collectionSteward.shape, own?.steward);
    for (const item of own?.steward?.media ?? []) check(place, 'fides_meta.steward.media.', media.shape, item);
    for (const { path, file: each } of flatFields(entry.fields)) {
      const at = { ...place, field: path.join('.') };
      const its = metaOf(each);
      check(at, '', field.shape, each);
      check(at, 'fides_meta.', fieldMeta.shape, its);
      check(at, 'fides_meta.steward.', fieldSteward.shape, its?.steward);
      for (const item of its?.references ?? []) check(at, 'fides_meta.references.', reference.shape, item);
    }
  }
  return found;
}

/** Every field with its path from the collection down, parents before their children. */
export function flatFields(
  fields: readonly FieldFile[],
  above: readonly string[] = [],
): readonly { readonly path: readonly string[]; readonly file: FieldFile }[] {
  return fields.flatMap((file) => {
    const path = [...above, file.name];
    return [{ path, file }, ...flatFields(file.fields ?? [], path)];
  });
}
