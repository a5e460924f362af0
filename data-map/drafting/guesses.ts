/**
 * What a column probably holds, by its name, its type and the form of some of its values. Categories are those of
 * Fideslang's default taxonomy. Every guess is for a person to confirm.
 */
import type { CatalogueColumn } from '../catalogue/model.ts';

/** The form that most sampled values of a column have. Nothing else of them is kept. */
const VALUE_FORMS = {
  email: /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/,
  ip: /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7})$/i,
  iban: /^[A-Z]{2}\d{2}[ ]?([A-Z0-9]{4}[ ]?){2,7}[A-Z0-9]{1,4}$/,
  date: /^\d{4}-\d{2}-\d{2}$/,
  phone: /^\+?[\d][\d\s()./-]{6,18}\d$/,
} as const;
export type ValueForm = keyof typeof VALUE_FORMS;

const MOST = 0.8;

/** The form of at least four fifths of the values that say anything; undefined when they have none in common. */
export function formOf(values: readonly (string | null)[]): ValueForm | undefined {
  const said = values.map((value) => value?.trim() ?? '').filter((value) => value !== '');
  if (said.length === 0) return undefined;
  const forms = Object.entries(VALUE_FORMS) as [ValueForm, RegExp][];
  return forms.find(([, form]) => said.filter((value) => form.test(value)).length >= said.length * MOST)?.[0];
}

export interface Guess {
  readonly category: string;
  /** The type of identity, where the column identifies a person. */
  readonly identity?: string;
  /** It is no one's to be handed: a password's digest, a token. */
  readonly secret?: boolean;
}

const BY_NAME: readonly (readonly [name: RegExp, guess: Guess])[] = [
  [/passw|secret|token|digest|otp/, { category: 'user.authorization.credentials', secret: true }],
  [/e_?mail(_address)?$/, { category: 'user.contact.email', identity: 'email' }],
  [/phone|mobile|^tel$|_tel$|^fax/, { category: 'user.contact.phone_number', identity: 'phone_number' }],
  [/^external_id$/, { category: 'user.unique_id', identity: 'external_id' }],
  [/first_?name|given_?name/, { category: 'user.name.first' }],
  [/last_?name|sur_?name|family_?name/, { category: 'user.name.last' }],
  [/full_?name|display_?name|(customer|contact|person|user)_?name/, { category: 'user.name' }],
  [/birth|^dob$/, { category: 'user.demographic.date_of_birth' }],
  [/^gender$|^sex$/, { category: 'user.demographic.gender' }],
  [/street|address(?!.*_?id$)/, { category: 'user.contact.address.street' }],
  [/^city$|_city$|^town$/, { category: 'user.contact.address.city' }],
  [/zip|post(al)?_?code/, { category: 'user.contact.address.postal_code' }],
  [/(^|_)ip($|_addr)/, { category: 'user.device.ip_address' }],
  [/user_agent/, { category: 'user.device' }],
  [/iban|bank_?account/, { category: 'user.financial.bank_account' }],
  [/credit_?card|card_?number/, { category: 'user.financial.credit_card' }],
  [/ssn|tax_?id|passport|national_?id/, { category: 'user.government_id' }],
  [/latitude|longitude|^lat$|^lng$/, { category: 'user.location' }],
];

const BY_FORM: Readonly<Record<ValueForm, Guess | undefined>> = {
  email: { category: 'user.contact.email', identity: 'email' },
  ip: { category: 'user.device.ip_address' },
  iban: { category: 'user.financial.bank_account' },
  phone: { category: 'user.contact.phone_number', identity: 'phone_number' },
  // Any date can look like a day of birth; its name has to say so.
  date: undefined,
};

/** Undefined when nothing speaks for personal data in the column itself. */
export function guess({ name, family, list }: CatalogueColumn, form: ValueForm | undefined): Guess | undefined {
  const lower = name.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
  const named = BY_NAME.find(([pattern]) => pattern.test(lower))?.[1];
  const found = named ?? (form && BY_FORM[form]) ?? (family === 'network' ? BY_FORM.ip : undefined);
  if (found?.identity === undefined) return found;
  // A flag `email_verified` or a list of addresses is personal, and nobody is looked up by it.
  return family === 'text' && !list ? found : { category: found.category };
}

/** The customer's own people, by what their table is called. */
export const isStaffTable = (name: string): boolean =>
  /^(users|user|staff|employees?|members?|agents?|admins?|operators?)$/i.test(name);

/** Names that files and pictures go by. */
export const mayNameObject = ({ name, family }: CatalogueColumn): boolean =>
  family === 'text' && /(storage|object|blob|file|s3)_?key$|avatar|photo|attachment|_path$/i.test(name);
