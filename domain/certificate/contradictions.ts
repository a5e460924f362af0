/**
 * What a certificate says in two places must agree. Held against every certificate before it is signed, and by whoever
 * verifies one: a signature says who states something, not that it adds up.
 */
import { STATEMENTS } from './format.ts';
import type { CertificateBody, CertificateResult } from './format.ts';

/** One line for each contradiction, none when there is no contradiction. */
export function contradictionsIn(certificate: CertificateBody): readonly string[] {
  return CHECKS.flatMap((check) => check(certificate));
}

type Check = (certificate: CertificateBody) => readonly string[];

const when = (holds: boolean, what: string): readonly string[] => (holds ? [what] : []);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const totals: Check = ({ counts, media, totals: { erased, pseudonymised, restricted, objects } }) => [
  ...when(erased !== sum(counts.map((each) => each.erased)), 'totals.erased is not the sum of the counts'),
  ...when(
    (pseudonymised ?? 0) !== sum(counts.map((each) => each.pseudonymised ?? 0)),
    'totals.pseudonymised is not the sum of the counts',
  ),
  ...when(
    (restricted ?? 0) !== sum(counts.map((each) => each.restricted ?? 0)),
    'totals.restricted is not the sum of the counts',
  ),
  ...when(objects !== sum(media.map((each) => each.objects)), 'totals.objects is not the sum of media'),
];

const leaves: Check = ({ audience: who, evidence, totals: { erased, pseudonymised, restricted } }) => {
  const changed = erased + (pseudonymised ?? 0) + (restricted ?? 0);
  if (who === 'subject') return when(erased + (pseudonymised ?? 0) > 0 && evidence === null, 'there is no evidence');
  return when(
    (evidence?.leaves ?? 0) !== changed,
    `evidence has ${evidence?.leaves ?? 0} leaves for ${changed} records that were erased, pseudonymised or restricted`,
  );
};

const places: Check = ({ counts, systems, media }) => {
  const erasable = new Set(systems.filter(({ status }) => status === 'erased').map(({ source }) => source));
  const changing = counts.filter((each) => each.erased + (each.pseudonymised ?? 0) + (each.restricted ?? 0) > 0);
  return [
    ...repeated(counts.map(({ source, collection }) => `${source} ${collection}`)).map(
      (place) => `counts has ${place} twice`,
    ),
    ...repeated(systems.map(({ source }) => source)).map((source) => `systems has ${source} twice`),
    ...repeated(media.map(({ store }) => store)).map((store) => `media has ${store} twice`),
    ...changing
      .filter(({ source }) => !erasable.has(source))
      .map(({ source, collection }) => `counts has records of ${collection} in ${source}, where nothing was erased`),
  ];
};

const verification: Check = ({ verification: found, result, totals: { erased, pseudonymised, objects } }) => {
  if (found === null) {
    return when(erased + (pseudonymised ?? 0) + objects > 0, 'something was erased, and there is no verification');
  }
  return [
    ...when(
      (found.result === 'failed') !== found.residuals.length > 0,
      'verification.result does not fit its residuals',
    ),
    ...when((found.result === 'failed') !== (result === 'failed'), 'result does not fit the verification'),
    ...when(
      found.residuals.some(({ count }) => count === 0),
      'verification lists a place where nothing is left',
    ),
  ];
};

const results: Check = (certificate) => {
  const { result, statement, totals: changed } = certificate;
  // The person is not told how many are reduced: some may be, or none.
  const possible = changed.pseudonymised === null ? [0, 1] : [changed.pseudonymised];
  const expected = [...new Set(possible.map((pseudonymised) => resultWith(certificate, pseudonymised)))];
  return [
    ...when(
      result !== 'failed' && !expected.includes(result),
      `result is ${result}, and the figures say ${expected.join(' or ')}`,
    ),
    ...when(statement !== STATEMENTS[result], 'statement is not the one for the result'),
  ];
};

function resultWith({ totals: changed, retained, systems }: CertificateBody, pseudonymised: number): CertificateResult {
  const isKept = retained.items.length > 0 || retained.undisclosed || retained.refused !== null || pseudonymised > 0;
  const isLeft = isKept || systems.some(({ status }) => status === 'not_erasable');
  if (changed.erased + pseudonymised + changed.objects > 0) return isLeft ? 'partially_erased' : 'erased';
  return isLeft ? 'nothing_erased' : 'nothing_found';
}

/** Times are taken by the clocks of several machines. */
const CLOCK_SKEW_MS = 5 * 60_000;
const isBefore = (at: string, other: string): boolean => Date.parse(at) + CLOCK_SKEW_MS < Date.parse(other);

const order: Check = ({ issuedAt, request, erasure, systems, verification: found }) => {
  const steps = [
    request.receivedByProcessorAt,
    erasure.plannedAt,
    erasure.begunAt,
    erasure.erasedAt,
    found?.at ?? null,
    issuedAt,
  ].filter((at) => at !== null);
  const isMixed = steps.some((at, index) => isBefore(at, steps[index - 1] ?? at));
  return [
    ...when(isMixed, 'the times of the request, its erasure and the certificate are not in order'),
    ...systems.flatMap(({ source, status, from, to }) => [
      ...when(
        (status === 'erased') !== (from !== null && to !== null),
        `systems does not say when ${source} was erased`,
      ),
      ...when(
        from !== null && to !== null && (Date.parse(to) < Date.parse(from) || isBefore(issuedAt, to)),
        `systems has times for ${source} that are not in order`,
      ),
    ]),
  ];
};

const relations: Check = ({ kind, certificateId, supersedes, supplements, replay }) => [
  ...when(replay !== undefined && kind !== 'supplement', 'what tells of a restore is a supplement'),
  ...when(supersedes === certificateId || supplements === certificateId, 'it supersedes or supplements itself'),
  ...when((kind === 'supplement') !== (supplements !== null), 'kind and supplements do not agree'),
];

/**
 * What must never reach an audience, whoever has signed it. Certificates of version 0.1 told the person how many records are
 * reduced, and what people had written of systems that are not connected; they still verify.
 */
const audience: Check = (certificate) => {
  const {
    audience: who,
    instruction,
    approvals,
    verification: found,
    counts,
    totals: sums,
    retained,
    evidence,
  } = certificate;
  if (who !== 'subject') return [];
  const isTold =
    instruction.attestationSha256 !== null ||
    approvals.some(({ principal }) => principal !== null) ||
    (found !== null && found.expected !== null) ||
    [sums, ...counts].some(({ restricted }) => restricted !== null) ||
    (evidence !== null && evidence.leaves !== null) ||
    [...retained.items, ...(retained.refused ? [retained.refused] : [])].some(({ rows }) => rows !== null);
  return when(isTold, 'it tells the person what is not for the person to know');
};

const CHECKS: readonly Check[] = [totals, leaves, places, verification, results, order, relations, audience];

function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
