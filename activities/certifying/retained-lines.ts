/** What is kept, in words: a line for each class and combination of grounds. */
import type { CertifiedGround, RetainedItem } from '../../domain/certificate/format.ts';
import { fill } from '../packaging/words/speech.ts';
import type { Speech } from '../packaging/words/speech.ts';
import type { CertificateWords } from './words/en.ts';

export function retainedLines(
  items: readonly RetainedItem[],
  words: CertificateWords,
  speech: Speech,
): readonly string[] {
  return items.map((item) =>
    fill(words.keptItem, {
      recordClass: item.recordClass.replaceAll('_', ' '),
      records: item.rows === null ? words.keptSome : speech.counted(item.rows, 'record'),
      reduced: item.decision === 'pseudonymise' ? words.keptReduced : '',
      end: endIn(item, words, speech),
      grounds: item.grounds.map((ground) => groundIn(ground, words)).join('; '),
    }),
  );
}

function endIn({ endsFirst, endsLast }: RetainedItem, words: CertificateWords, { longDay }: Speech): string {
  if (endsFirst === null) return words.endOpen;
  const first = longDay(new Date(endsFirst));
  if (endsLast === null) return fill(words.endFrom, { first });
  const last = longDay(new Date(endsLast));
  return first === last ? fill(words.endOn, { day: last }) : fill(words.endBetween, { first, last });
}

function groundIn(ground: CertifiedGround, words: CertificateWords): string {
  const { kind, id, version, requirement, exemption } = ground;
  const party = words[`party_${ground.party}`];
  const cited = exemption === null ? '' : fill(words.exemptionPlace, { exemption });
  if (kind === 'legal_duty') return fill(words.ground_legal_duty, { party });
  if (kind === 'reference') return words.ground_reference;
  if (kind === 'hold') return fill(words.ground_hold, { party, id: id === null ? '' : ` ${id}` });
  if (kind === 'override') return fill(words.ground_override, { party, id: id === null ? '' : ` ${id}` });
  if (kind === 'exception') return fill(words.ground_exception, { why: exceptionIn(id, words), exemption: cited });
  const why = requirement === null ? words.reasonUnnamed : words[`requirement_${requirement}`];
  return fill(words.ground_rule, { why, exemption: cited, id: id ?? '', version: version ?? '' });
}

function exceptionIn(name: string | null, words: CertificateWords): string {
  if (name === 'open_balance' || name === 'active_contract' || name === 'pending_dispute') return words[name];
  return words.reasonUnnamed;
}
