/**
 * The data map: which collections and fields of which source hold personal data, what identifies a person there, and how
 * rows lead to other rows.
 */

/** `dataset.collection`, unique in a map. */
export type CollectionRef = string;

/** A column, or a value inside a JSON column by its path of keys. */
export interface FieldRef {
  readonly column: string;
  /** Empty for the column itself. */
  readonly path: readonly string[];
  /** A list is on the way or at its end, so that a row may have several values of it. */
  readonly inList?: true;
}

/** How people know something: in the map's own words, and in other languages as far as it has them. */
export interface Texts {
  readonly label: string;
  readonly description: string | undefined;
  /** The group in which people look for it; of collections only. */
  readonly kind?: string | undefined;
}

export interface Named extends Texts {
  /** By language (BCP 47). */
  readonly translations: Readonly<Record<string, Partial<Texts>>>;
}

export interface Field extends FieldRef, Named {
  /** Its own categories and those of its collection and dataset. */
  readonly categories: readonly string[];
  /** A data type of Fideslang; `[]` at its end means a list. */
  readonly dataType: string | undefined;
  readonly length: number | undefined;
  readonly primaryKey: boolean;
  readonly readOnly: boolean;
  /** Left out of what is handed over. */
  readonly redacted: boolean;
  readonly returnAllElements: boolean;
  readonly masking: Masking | undefined;
  /** Why its references are not followed; undefined when they are. */
  readonly notFollowed: string | undefined;
  readonly origin: Origin;
}

/** Where a value comes from: given by the person, recorded of them, or made of other data by the controller. */
export type Origin = 'provided' | 'observed' | 'derived';

/** What happens to e-mail addresses and phone numbers of others in free text: taken out, reported, or neither. */
export type ThirdPartyPolicy = 'redact' | 'flag' | 'include';

interface Masking {
  readonly strategy: string;
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** A field whose value identifies a person, and as what: `email`, `phone_number`, `external_id`, … */
export interface IdentityField {
  readonly at: FieldRef;
  readonly type: string;
  /** It proves nothing alone: people share it. */
  readonly weak: boolean;
}

/** A text, or a JSON column as text, in which a person may be mentioned. */
export interface FreeText {
  readonly at: FieldRef;
  /** Whether a mention here proves nothing alone, where the map says so or the contrary. */
  readonly weak: boolean | undefined;
}

export interface Media {
  /** Holds the key of the object in the store. */
  readonly column: string;
  /** Name of the source that holds the object. */
  readonly store: string;
  /** Holds the file's name as people know it. */
  readonly nameColumn: string | undefined;
  /** Keys of what is made of the object, such as `{key}.thumb.jpg`; one that ends with `*` is the beginning of any number. */
  readonly derived: readonly string[];
}

export interface Collection extends Named {
  readonly ref: CollectionRef;
  readonly dataset: string;
  readonly source: string;
  readonly schema: string;
  readonly table: string;
  /** Columns of the primary key, in the map's order. */
  readonly key: readonly string[];
  /** The column that holds the workspace. Every collection that a search reaches has one. */
  readonly tenant: string | undefined;
  readonly team: string | undefined;
  /** The column that marks a restriction of processing (GDPR, article 18). */
  readonly restriction: string | undefined;
  readonly recordClass: string | undefined;
  /** The column that says when a row arose. Without one, a hold on any range of dates covers all rows. */
  readonly dated: string | undefined;
  /** The group in which people look for it. */
  readonly kind: string;
  /** Neither searched nor walked through: without personal data, `skip_processing`, or searched by hand. */
  readonly skipped: boolean;
  /** Present when the whole table is declared free of personal data. */
  readonly exemption: Exemption | undefined;
  /** Without the columns that are declared free of personal data. */
  readonly fields: readonly Field[];
  readonly exemptColumns: readonly ExemptColumn[];
  readonly identities: readonly IdentityField[];
  readonly freeText: readonly FreeText[];
  readonly thirdParties: ThirdPartyPolicy;
  readonly media: readonly Media[];
  readonly masking: string | undefined;
  /** Collections to be read before this one, and to be erased before it. */
  readonly after: readonly CollectionRef[];
  readonly eraseAfter: readonly CollectionRef[];
  /** Name of a trigger, a rule or a foreign key, and why what it does by itself is right. */
  readonly acknowledged: Readonly<Record<string, string>>;
  readonly questions: readonly Question[];
}

/** A declaration that there is no personal data. */
export interface Exemption {
  /** Undefined when the map gives none. */
  readonly reason: string | undefined;
}

export interface ExemptColumn extends Exemption {
  readonly column: string;
}

/** What a person has yet to decide. */
export interface Question {
  /** Undefined when it is about the whole. */
  readonly field: string | undefined;
  readonly text: string;
}

export interface FieldPair {
  readonly from: FieldRef;
  readonly to: FieldRef;
}

/** Rows of `from` lead to those rows of `to` that agree with them in every pair. */
export interface Edge {
  readonly from: CollectionRef;
  readonly to: CollectionRef;
  readonly on: readonly FieldPair[];
  /** The ends are in different sources; no single statement can follow it. */
  readonly crossesSources: boolean;
}

/** How a system that is not connected is searched. */
export interface ManualSearch {
  /** Its name as people know it. */
  readonly title: string;
  readonly instructions: string;
  /** Who is asked; the workspace's contact when undefined. */
  readonly assignee: string | undefined;
  /** The types of identity that it can be searched by. */
  readonly identities: readonly string[];
}

/** A folder of a store that belongs to a workspace whole, whether or not a row names what is in it. */
interface WorkspaceFolder {
  readonly store: string;
  /** Ends with a slash; `{tenant}` stands for how the dataset's source knows the workspace. */
  readonly prefix: string;
}

export interface Dataset {
  readonly key: string;
  readonly name: string;
  readonly source: string;
  /** The country (ISO 3166-1 alpha-2) whose phone numbers are stored without their country code. */
  readonly phoneRegion: string | undefined;
  /** Datasets to be read before this one. */
  readonly after: readonly string[];
  /** Its collections say what is there, and are never searched by a machine; undefined for what is connected. */
  readonly manual: ManualSearch | undefined;
  readonly folders: readonly WorkspaceFolder[];
  readonly collections: readonly Collection[];
  /** About the dataset itself. */
  readonly questions: readonly Question[];
}

export interface DataMap {
  /** SHA-256, in hex, over what the files say; comments and the order of files do not count. */
  readonly version: string;
  readonly datasets: readonly Dataset[];
  readonly edges: readonly Edge[];
  /** Why a search by it could not be run or would not find everything; nothing is searched before they are mended. */
  readonly gaps: readonly string[];
  /** What was read but has no effect, such as unknown keys. */
  readonly notices: readonly string[];
  /** Keys of the files that neither Fideslang nor Steward knows, with what they say. */
  readonly unknown: readonly UnknownEntry[];
}

interface UnknownEntry {
  readonly dataset: string;
  readonly collection?: string;
  readonly field?: string;
  /** With what it stands under: `fides_meta.colour`. */
  readonly key: string;
  readonly value: unknown;
}

export function collectionsOf({ datasets }: Pick<DataMap, 'datasets'>): readonly Collection[] {
  return datasets.flatMap(({ collections }) => collections);
}

/** Where the value of a field is; a list on the way makes several of one. */
export function refIn(fields: readonly Pick<Field, 'column' | 'path' | 'dataType'>[], at: FieldRef): FieldRef {
  const isInList = fields.some((field) => field.dataType?.endsWith('[]') && isWithin(at, field));
  return { column: at.column, path: at.path, ...(isInList && { inList: true }) };
}

function isWithin(at: FieldRef, { column, path }: FieldRef): boolean {
  return at.column === column && path.every((part, index) => at.path[index] === part);
}

/** `column.key.key`, as the file writes it. */
export function fieldName({ column, path }: FieldRef): string {
  return [column, ...path].join('.');
}
