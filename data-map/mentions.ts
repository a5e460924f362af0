/** What a text must have to mention a person, who is known by an identity. */
import type { Identity } from '../domain/identities.ts';
import { parseEmail, rawValues } from '../domain/identities.ts';
import type { FreeText } from './model.ts';
import type { Mention, Predicate } from './predicates.ts';
import { phoneSpellings } from './predicates.ts';
import { escapeLike } from './sql-text.ts';
import { MIN_PHONE, emailToken, idToken, phoneToken, spaced } from './tokens.ts';

/** One for each value that the identity stands for and that can be told from other words. */
export function mentionsOf(
  { at }: FreeText,
  identity: Identity,
  phoneRegion: string | undefined,
): readonly Predicate[] {
  return rawValues(identity).flatMap((value): readonly Predicate[] => {
    const mention = mentionOf(identity.type, value, phoneRegion);
    return mention ? [{ kind: 'mention', at, mention }] : [];
  });
}

function mentionOf(type: string, value: string, phoneRegion: string | undefined): Mention | undefined {
  if (type === 'email') return mentionOfEmail(value);
  if (type === 'phone_number') return mentionOfPhone(value, phoneRegion);
  const token = idToken(value);
  return token === undefined ? undefined : { like: [`%${escapeLike(value.trim())}%`], token };
}

function mentionOfEmail(value: string): Mention | undefined {
  const [forms, token] = [parseEmail(value), emailToken(value)];
  if (!forms || token === undefined) return undefined;
  const [local, domain] = [escapeLike(forms.local), escapeLike(forms.domain)];
  return { like: [`%${local}@${domain}%`, `%${local}+%@${domain}%`], token };
}

/** Nobody parts the last three digits of a number other than after the first of them. Many other numbers end in them. */
function mentionOfPhone(value: string, phoneRegion: string | undefined): Mention | undefined {
  const token = phoneToken(value, phoneRegion);
  const { anywhere, domestic } = phoneSpellings(value, phoneRegion);
  const digits = anywhere[0] ?? '';
  if (token === undefined || digits.length < MIN_PHONE) return undefined;
  const [first, last] = [digits.slice(-3, -2), digits.slice(-2)];
  return {
    like: ['', ' ', '-', '.', '/', '\u00a0'].map((between) => `%${first}${between}${last}%`),
    hint: spaced(commonEnd([...anywhere, ...domestic])),
    token,
  };
}

function commonEnd([first = '', ...others]: readonly string[]): string {
  let length = first.length;
  while (!others.every((each) => each.endsWith(first.slice(first.length - length)))) length -= 1;
  return first.slice(first.length - length);
}
