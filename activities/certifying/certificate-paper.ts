/** certificate.pdf: the certificate in words, for those who do not read JSON. It says nothing that the JSON does not say. */
import type { CertificateBody, Verification } from '../../domain/certificate/format.ts';
import type { Language } from '../../domain/languages.ts';
import { Paper } from '../packaging/paper.ts';
import { fill, speechIn } from '../packaging/words/speech.ts';
import type { Speech } from '../packaging/words/speech.ts';
import { retainedLines } from './retained-lines.ts';
import { de } from './words/de.ts';
import { en } from './words/en.ts';
import type { CertificateWords } from './words/en.ts';

const CATALOGUES: Readonly<Record<Language, CertificateWords>> = { en, de };

interface Writing {
  readonly body: CertificateBody;
  readonly paper: Paper;
  readonly words: CertificateWords;
  readonly speech: Speech;
}

export async function certificatePaper(body: CertificateBody, language: Language): Promise<Buffer> {
  const words = CATALOGUES[language];
  const title = body.kind === 'supplement' ? words.titleSupplement : words.title;
  const { name } = body.workspace;
  const paper = new Paper({
    title,
    author: name,
    subject: title,
    language,
    date: new Date(body.issuedAt),
    squares: words.squares,
    pageNumber: fill(words.pageNumber, { id: body.certificateId }),
  });
  const writing = { body, paper, words, speech: speechIn(language) };
  paper.heading(title, 'H1');
  paper.line(fill(words[`to_${body.audience}`], { name }));
  facts(writing);
  for (const [heading, write] of SECTIONS) {
    paper.heading(words[heading], 'H2');
    write(writing);
  }
  return paper.finish();
}

/** `2026-11-24 15:30 UTC`: moments are told to the minute, and in the one zone that needs no explaining. */
const minute = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;

function facts({ body, paper, words, speech }: Writing): void {
  const { certificateId, issuedAt, request, erasure, instruction, workspace, supersedes, supplements, replay } = body;
  const { name } = workspace;
  const day = (at: string): string => speech.longDay(new Date(at));
  const received = { day: day(request.receivedByControllerAt), passedOn: day(request.receivedByProcessorAt) };
  paper.list([
    fill(words.factCertificate, { id: certificateId }),
    fill(words.factIssued, { at: minute(issuedAt) }),
    fill(words.factRequest, { id: request.id, name, ...received }),
    fill(words.factErasure, { id: erasure.id, ordinal: erasure.ordinal }),
    fill(words.factInstruction, {
      name,
      id: instruction.id,
      version: instruction.version,
      source: words[`source_${instruction.source}`],
      day: day(instruction.attestedAt),
    }),
    ...(instruction.attestationSha256 === null
      ? []
      : [fill(words.factAttestation, { sha256: instruction.attestationSha256 })]),
    ...(supersedes === null ? [] : [fill(words.factSupersedes, { id: supersedes })]),
    ...(supplements === null ? [] : [fill(words.factSupplements, { id: supplements })]),
    ...(replay === undefined ? [] : [fill(words.factReplay, { source: replay.source, at: minute(replay.at) })]),
  ]);
}

function result({ body, paper, words }: Writing): void {
  paper.line(words[`result_${body.result}`], { bold: true });
  paper.paragraph(words.logically);
}

function systems({ body, paper, words }: Writing): void {
  if (body.systems.length === 0) return paper.line(words.noSystems);
  paper.list(
    body.systems.map(({ source, status, from, to }) =>
      fill(words[`system_${status}`], { source, from: minute(from ?? ''), to: minute(to ?? '') }),
    ),
  );
}

function counts({ body, paper, words, speech }: Writing): void {
  const { counted } = speech;
  const lines = body.counts.flatMap(({ label, erased, pseudonymised, restricted }) => [
    ...(erased > 0 ? [fill(words.countErased, { label, records: counted(erased, 'record') })] : []),
    ...(pseudonymised !== null && pseudonymised > 0
      ? [fill(words.countPseudonymised, { label, records: counted(pseudonymised, 'record') })]
      : []),
    ...(restricted !== null && restricted > 0
      ? [fill(words.countRestricted, { label, records: counted(restricted, 'record') })]
      : []),
  ]);
  const files = body.media.map(({ store, objects }) =>
    fill(words.countObjects, { store, files: counted(objects, 'file') }),
  );
  if (lines.length + files.length > 0) paper.list([...lines, ...files]);
  const { erased, pseudonymised, objects } = body.totals;
  const sums = {
    erased: counted(erased, 'record'),
    pseudonymised: counted(pseudonymised ?? 0, 'record'),
    files: counted(objects, 'file'),
  };
  paper.line(fill(pseudonymised === null ? words.totalsUncounted : words.totals, sums));
  if (body.evidence) {
    const { root, leaves, leafKeyId } = body.evidence;
    const proof = leaves === null ? words.treeUncounted : words.tree;
    paper.paragraph(fill(proof, { root, leaves: speech.count(leaves ?? 0), keyId: leafKeyId }));
  }
}

function retained({ body, paper, words, speech }: Writing): void {
  const { items, undisclosed, refused } = body.retained;
  if (items.length > 0) paper.list(retainedLines(items, words, speech));
  if (undisclosed) paper.line(words.undisclosed);
  if (refused) {
    const records = refused.rows === null ? words.keptSome : speech.counted(refused.rows, 'record');
    paper.line(fill(words.refused, { records }));
  }
  if (items.length === 0 && !undisclosed && refused === null && !isReduced(body)) paper.line(words.keptNothing);
}

/** To whom it is not counted, what was erased whole is what was not reduced in part. */
function isReduced({ result: claimed, totals: { pseudonymised } }: CertificateBody): boolean {
  return pseudonymised === null ? !['erased', 'nothing_found'].includes(claimed) : pseudonymised > 0;
}

function remains({ body, paper, words, speech }: Writing): void {
  if (body.remains.length === 0) paper.line(words.remainsNothing);
  else {
    paper.list(
      body.remains.map(({ where, until }) => {
        const place = words[`remains_${where}`];
        if (until === null) return fill(words.remainsUnstated, { where: place });
        return fill(words.remainsUntil, { where: place, day: speech.longDay(new Date(until)) });
      }),
    );
  }
  const { connected, told } = body.subprocessors;
  paper.line(connected === 0 ? words.subprocessorsNone : fill(words.subprocessorsTold, { names: told.join(', ') }));
}

function unconnected({ body, paper, words }: Writing): void {
  if (body.unconnected.length === 0) return paper.line(words.unconnectedNone);
  paper.line(words.unconnectedIntro);
  paper.list(
    body.unconnected.map(({ system, outcome, statement }) => {
      const line = fill(words[`outcome_${outcome}`], { system });
      return statement === null ? line : fill(words.statement, { line, statement });
    }),
  );
}

function verification({ body, paper, words, speech }: Writing): void {
  const found = body.verification;
  if (found === null) return paper.line(words.verifiedNone);
  paper.line(searched(found, words, speech));
  if (found.expected !== null) paper.line(fill(words.expected, { records: speech.counted(found.expected, 'record') }));
  for (const { why, source, place } of found.notSearched ?? [])
    paper.line(fill(words[`not_searched_${why}`], { source: source ?? '', place: place ?? '' }));
  if (found.residuals.length === 0) return paper.line(words.passed);
  paper.line(words.failed, { bold: true });
  paper.list(
    found.residuals.map(({ kind, place, source, count }) =>
      fill(words[`residual_${kind}`], { place, source, count: speech.count(count) }),
    ),
  );
}

function searched({ method, at, searched: what }: Verification, words: CertificateWords, speech: Speech): string {
  const line =
    method === 'rescan' && what.records === null ? 'verified_rescan_uncounted' : (`verified_${method}` as const);
  return fill(words[line], {
    at: minute(at),
    columns: speech.count(what.columns),
    collections: speech.counted(what.collections, 'collection'),
    records: speech.count(what.records ?? 0),
    objects: speech.count(what.objects),
  });
}

function approvals({ body, paper, words, speech }: Writing): void {
  if (body.approvals.length === 0) return paper.line(words.approvedNone);
  paper.list(
    body.approvals.map(({ principal, party, at, decisions, instruction }) =>
      fill(words.approved, {
        party: words[`party_${party}`],
        principal: principal === null ? '' : ` (${principal})`,
        at: minute(at),
        decisions: speech.count(decisions),
        instruction: instruction.id,
        version: instruction.version,
      }),
    ),
  );
}

function check({ body, paper, words }: Writing): void {
  const { dataMap, schedule, software } = body.versions;
  paper.line(words.check);
  paper.paragraph(words.neverEdited);
  paper.list([
    fill(words.factMap, { version: dataMap }),
    ...(schedule === null ? [] : [fill(words.factSchedule, { version: schedule })]),
    fill(words.factSoftware, { version: software }),
  ]);
}

const SECTIONS = [
  ['headResult', result],
  ['headVerification', verification],
  ['headCounts', counts],
  ['headRetained', retained],
  ['headRemains', remains],
  ['headSystems', systems],
  ['headUnconnected', unconnected],
  ['headApprovals', approvals],
  ['headCheck', check],
] as const satisfies readonly (readonly [keyof CertificateWords, (writing: Writing) => void])[];
