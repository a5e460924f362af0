/** What a reviewer sees of a row that may be somebody else's: enough to recognise it by, not enough to make use of. */
import { initialsOf } from '../../data-map/names.ts';
import type { Identity } from '../../domain/identities.ts';
import type { MatchHint } from '../../platform/records/match-review.ts';
import type { DirectMatch } from './direct-matches.ts';

export function hintOf({ name, identifiers }: DirectMatch): MatchHint {
  return { name: initialsOf(name), identifiers: identifiers.map(maskedIdentity) };
}

/** The first letter and the host of an address, the last four digits of a number, the last two characters of an id. */
export function maskedIdentity({ type, value }: Identity): { readonly type: string; readonly value: string } {
  if (type === 'email') return { type, value: `${value.trim().slice(0, 1)}…@${value.split('@').at(-1)?.trim() ?? ''}` };
  if (type === 'phone_number') return { type, value: `…${value.replaceAll(/[^0-9]/g, '').slice(-4)}` };
  return { type, value: `…${value.trim().slice(-2)}` };
}
