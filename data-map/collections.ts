/** From a dataset as the file has it to the dataset of the model, reporting what does not work on the way. */
import { isSupportedCountry } from 'libphonenumber-js/max';
import { isWeakType } from '../domain/identities.ts';
import type { CollectionFile, DatasetFile, FieldFile, ManualFile } from './fideslang.ts';
import { flatFields, metaOf } from './fideslang.ts';
import type { Findings, Location } from './findings.ts';
import type {
  Collection,
  Dataset,
  ExemptColumn,
  Exemption,
  Field,
  FieldRef,
  FreeText,
  IdentityField,
  ManualSearch,
  Media,
  Origin,
  Question,
} from './model.ts';
import { fieldName, refIn } from './model.ts';
import { namedBy } from './texts.ts';

/** PostgreSQL's own default; naming it keeps a temporary table of the same name from standing in for the real one. */
const DEFAULT_SCHEMA = 'public';

export function buildDataset(file: DatasetFile, at: Location, findings: Findings): Dataset {
  const steward = metaOf(file)?.steward;
  const region = steward?.phone_region?.toUpperCase();
  if (region !== undefined && !isSupportedCountry(region)) {
    findings.problem(at, `phone_region ${region} is no country; give its two letters of ISO 3166-1, such as DE.`);
  }
  const inherited = {
    dataset: file.fides_key,
    source: steward?.source ?? file.fides_key,
    schema: steward?.schema ?? DEFAULT_SCHEMA,
    tenant: steward?.tenant ?? undefined,
    categories: file.data_categories ?? [],
    manual: Boolean(steward?.manual),
  };
  if (inherited.manual && Boolean(steward?.source))
    findings.problem(at, 'it has a source and is searched by hand; take source or manual away.');
  for (const { prefix } of steward?.folders ?? []) checkPrefix(prefix, at, findings);
  const twice = repeated(file.collections.map(({ name }) => name));
  for (const name of twice) findings.problem({ ...at, collection: name }, 'it is there twice; merge the two.');
  return {
    key: file.fides_key,
    name: file.name ?? file.fides_key,
    source: inherited.source,
    phoneRegion: region,
    after: metaOf(file)?.after ?? [],
    manual: steward?.manual ? buildManual(steward.manual) : undefined,
    folders: (steward?.folders ?? []).map(({ store, prefix }) => ({ store, prefix })),
    collections: file.collections.map((entry) =>
      buildCollection(entry, inherited, { ...at, collection: entry.name }, findings),
    ),
    questions: questionsOf(undefined, steward?.questions),
  };
}

/** Without the slash at its end the folder of workspace 1 would also be the beginning of that of workspace 12. */
function checkPrefix(prefix: string, at: Location, findings: Findings): void {
  const [end, ...parts] = prefix.split('/').toReversed();
  if (end === '' && parts.includes('{tenant}') && !parts.some((part) => ['', '.', '..'].includes(part))) return;
  findings.problem(at, `folders: the prefix ${prefix} must have {tenant} as a part of its path and end with a slash.`);
}

function buildManual({ title, instructions, assignee, identities }: ManualFile): ManualSearch {
  return { title, instructions, assignee: assignee ?? undefined, identities };
}

interface Inherited {
  readonly dataset: string;
  readonly source: string;
  readonly schema: string;
  readonly tenant: string | undefined;
  readonly categories: readonly string[];
  readonly manual: boolean;
}

function buildCollection(file: CollectionFile, inherited: Inherited, at: Location, findings: Findings): Collection {
  const meta = metaOf(file);
  const steward = meta?.steward;
  const categories = [...inherited.categories, ...(file.data_categories ?? [])];
  const flat = flatFields(file.fields);
  for (const name of repeated(flat.map(({ path }) => path.join('.')))) {
    findings.problem({ ...at, field: name }, 'it is there twice; merge the two.');
  }
  const exemption = exemptionOf(steward?.no_personal_data);
  const exemptColumns = exemptColumnsOf(file.fields, at, findings);
  const isExempt = (path: readonly string[]) => exemptColumns.some(({ column }) => column === path[0]);
  const fields = flat
    .filter(({ path }) => !isExempt(path))
    .map(({ path, file: each }) => buildField(path, each, categories));
  for (const each of fields) checkField(each, { ...at, field: fieldName(each) }, findings);
  const identities = identitiesOf(file.fields);
  if (exemption !== undefined && identities.length > 0) {
    findings.problem(at, 'it has an identity and says no_personal_data; take one of the two away.');
  }
  const named = namedBy(
    { label: steward?.label, description: steward?.description, kind: steward?.kind },
    { label: readable(file.name), description: file.description ?? undefined },
  );
  return {
    ref: `${inherited.dataset}.${file.name}`,
    dataset: inherited.dataset,
    source: inherited.source,
    schema: steward?.schema ?? inherited.schema,
    table: file.name,
    key: fields.filter(({ primaryKey, path }) => primaryKey && path.length === 0).map(({ column }) => column),
    tenant: steward?.tenant ?? inherited.tenant,
    team: steward?.team ?? undefined,
    restriction: steward?.restriction ?? undefined,
    recordClass: steward?.record_class ?? undefined,
    dated: steward?.dated ?? undefined,
    ...named,
    kind: named.kind ?? readable(file.name),
    skipped: inherited.manual || meta?.skip_processing === true || exemption !== undefined,
    exemption,
    fields,
    exemptColumns,
    identities: identities.map((each) => ({ ...each, at: refIn(fields, each.at) })),
    freeText: freeTextOf(file.fields).map((each) => ({ ...each, at: textAt(refIn(fields, each.at)) })),
    thirdParties: steward?.third_parties ?? 'redact',
    media: (steward?.media ?? []).map(
      ({ column, store, name_column, derived }): Media => ({
        column,
        store,
        nameColumn: name_column ?? undefined,
        derived: derived ?? [],
      }),
    ),
    masking: meta?.masking_strategy_override?.strategy,
    after: meta?.after ?? [],
    eraseAfter: meta?.erase_after ?? [],
    acknowledged: steward?.acknowledged ?? {},
    questions: [
      ...questionsOf(undefined, steward?.questions),
      ...flat.flatMap(({ path, file: each }) => questionsOf(path.join('.'), metaOf(each)?.steward?.questions)),
    ],
  };
}

type WithReason = boolean | string | null | undefined;

function exemptionOf(value: WithReason): Exemption | undefined {
  if (!value) return undefined;
  return { reason: value === true ? undefined : value };
}

function exemptColumnsOf(fields: readonly FieldFile[], at: Location, findings: Findings): readonly ExemptColumn[] {
  return flatFields(fields).flatMap(({ path, file }): readonly ExemptColumn[] => {
    const meta = metaOf(file);
    const exemption = exemptionOf(meta?.steward?.no_personal_data);
    if (exemption === undefined) return [];
    const where = { ...at, field: path.join('.') };
    if (path.length > 1) findings.problem(where, 'no_personal_data works on a whole column; set it there.');
    if (flatFields([file]).some((each) => isUsed(each.file))) {
      const uses = 'a key, an identity or a reference';
      findings.problem(where, `it is used as ${uses} and says no_personal_data; take one of the two away.`);
    }
    return [{ column: file.name, ...exemption }];
  });
}

function isUsed(file: FieldFile): boolean {
  const meta = metaOf(file);
  return meta?.primary_key === true || Boolean(meta?.identity) || (meta?.references ?? []).length > 0;
}

function questionsOf(field: string | undefined, texts: readonly string[] | null | undefined): readonly Question[] {
  return (texts ?? []).map((text) => ({ field, text }));
}

function buildField(path: readonly string[], file: FieldFile, categories: readonly string[]): Field {
  const meta = metaOf(file);
  const masking = meta?.masking_strategy_override;
  const all = [...new Set([...categories, ...(file.data_categories ?? [])])];
  return {
    column: path[0] ?? file.name,
    path: path.slice(1),
    ...namedBy(
      { label: meta?.steward?.label, description: meta?.steward?.description, kind: undefined },
      { label: readable(file.name), description: file.description ?? undefined },
    ),
    categories: all,
    dataType: meta?.data_type ?? undefined,
    length: meta?.length ?? undefined,
    primaryKey: meta?.primary_key === true,
    readOnly: meta?.read_only === true,
    redacted: meta?.redact === 'name' || meta?.redact === true,
    returnAllElements: meta?.return_all_elements === true,
    masking: masking ? { strategy: masking.strategy, configuration: masking.configuration ?? {} } : undefined,
    notFollowed: notFollowed(meta?.steward?.not_followed),
    origin: meta?.steward?.origin ?? originOf(all),
  };
}

/**
 * Portable is what the person provided, actively or by being observed, and not what was made of it: GDPR Art. 20(1) and the
 * Article 29 Working Party's guidelines on the right to data portability (WP 242 rev.01, pages 9 to 11). Where the map does
 * not say, the categories do: `derived` and `inferred` ones are the controller's work, those of the system alone are the
 * system's; every other of the user is the person's. A field without a category is handed over: leaving out needs a reason.
 */
function originOf(categories: readonly string[]): Origin {
  if (categories.some((each) => /(^|\.)(derived|inferred)(\.|$)/.test(each))) return 'derived';
  const ofSystemAlone = categories.length > 0 && categories.every((each) => /^system(\.|$)/.test(each));
  return ofSystemAlone ? 'derived' : 'provided';
}

function notFollowed(value: boolean | string | null | undefined): string | undefined {
  if (value === true) return 'the data map says so';
  return typeof value === 'string' ? value : undefined;
}

function checkField({ path, primaryKey, redacted }: Field, at: Location, findings: Findings): void {
  if (path.length === 0) return;
  if (primaryKey) findings.notice(at, 'it is inside a column and therefore no part of the primary key.');
  if (redacted) findings.problem(at, 'redact works on a whole column; set it there.');
}

function identitiesOf(fields: readonly FieldFile[]): readonly IdentityField[] {
  return flatFields(fields).flatMap(({ path: [column = '', ...path], file }) => {
    const meta = metaOf(file);
    const type = meta?.identity;
    return type ? [{ at: { column, path }, type, weak: meta.steward?.weak ?? isWeakType(type) }] : [];
  });
}

function freeTextOf(fields: readonly FieldFile[]): readonly FreeText[] {
  return flatFields(fields).flatMap(({ path: [column = '', ...path], file }) => {
    const steward = metaOf(file)?.steward;
    return steward?.free_text ? [{ at: { column, path }, weak: steward.weak ?? undefined }] : [];
  });
}

/** A text in a list is looked for in all of its column. */
function textAt({ inList, ...at }: FieldRef): FieldRef {
  return inList ? { column: at.column, path: [] } : at;
}

function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

/** `lead_notes` as `Lead notes`. */
function readable(name: string): string {
  const words = name.replaceAll(/[_.]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
