/** README.txt: what the package is, for the person, in words that need no knowledge of data protection. */
import { MANIFEST_FILE } from '../../domain/manifest.ts';
import type { PackageContents } from './contents.ts';
import { totalFiles, totalRows, withheldRows } from './contents.ts';
import { keptBackLines, notSearchedLines } from './index-page.ts';
import { PAGES_FOLDER } from './record-pages.ts';
import { fill, speechIn } from './words/speech.ts';
import type { Speech } from './words/speech.ts';

/** Text is filled to the width; lines stay as they are. */
type Paragraph = string | readonly string[];

const WIDTH = 78;

export function readme(contents: PackageContents): string {
  const speech = speechIn(contents.facts.language);
  const { words } = speech;
  const name = oneLine(contents.facts.workspace.name);
  const title = fill(words.title, { name });
  const sections = [
    `${title}\n${'='.repeat(Math.min(title.length, WIDTH))}`,
    section(words.whatThisIs, whatThisIs(contents, name, speech)),
    section(words.howToRead, howToRead(contents, speech)),
    section(words.notHere, whatIsNotHere(contents, speech)),
    section(words.whoAnswers, whoAnswers(contents, name, speech)),
    section(words.howToCheck, [
      words.aboutManifest,
      ['    steward verify package.zip --keys jwks.json'],
      words.withoutSteward,
    ]),
  ];
  return `${sections.join('\n\n\n')}\n`;
}

function whatThisIs(contents: PackageContents, name: string, { words, counted }: Speech): readonly Paragraph[] {
  const { facts, collections, snapshots } = contents;
  const rows = totalRows(contents);
  const found = collections.filter((each) => each.rows > 0).length;
  const asked = facts.requestType === 'portability' ? words.wasAskedPortability : words.wasAsked;
  const answer =
    rows === 0
      ? fill(withheldRows(contents) > 0 ? words.allKeptBack : words.answerNothing, {
          collections: counted(collections.length, 'collection'),
        })
      : fill(words.answerFound, {
          name,
          records: counted(rows, 'record'),
          collections: counted(found, 'collection'),
          files: counted(totalFiles(contents), 'file'),
        });
  const named = [
    [words.factRequest, facts.requestId],
    [words.factPackage, facts.packageId],
    [words.factMadeAt, facts.createdAt.toISOString()],
    [words.factMap, facts.dataMapVersion],
  ] as const;
  return [
    `${fill(asked, { name })} ${answer}`,
    [words.stoodAt, ...[...snapshots].map(([source, at]) => `    ${source}: ${at.toISOString()}`)],
    inColumns(named, ''),
  ];
}

function howToRead({ collections, media, attachments }: PackageContents, { words }: Speech): readonly Paragraph[] {
  const entries = [
    ['letter.pdf', words.fileLetter],
    ['index.html', words.fileIndex],
    ...(collections.some(({ pages }) => pages) ? [[`${PAGES_FOLDER}/`, words.filePages] as const] : []),
    ['data/', words.fileData],
    ['data/fields.json', words.fileFields],
    ...(media.length > 0 ? [['media/', words.fileMedia] as const] : []),
    ...(attachments.length > 0 ? [['attachments/', words.fileAttachments] as const] : []),
    [MANIFEST_FILE, words.fileManifest],
  ] as const;
  return [words.unpackFirst, inColumns(entries, '    '), words.aboutCsv];
}

function inColumns(lines: readonly (readonly [string, string])[], indent: string): readonly string[] {
  const width = Math.max(...lines.map(([first]) => first.length)) + 2;
  return lines.map(([first, second]) => `${indent}${first.padEnd(width)}${second}`);
}

function whatIsNotHere(contents: PackageContents, speech: Speech): readonly Paragraph[] {
  const { collections, missing, manualSystems } = contents;
  const { words, counted } = speech;
  const omitted = collections.filter((each) => each.rows > 0 && each.omitted.length > 0);
  const paragraphs: Paragraph[] =
    omitted.length === 0
      ? [words.noColumnsOmitted]
      : [
          words.columnsOmitted,
          omitted.map((each) => `    ${oneLine(each.label)}: ${each.omitted.map(({ label }) => label).join(', ')}`),
        ];
  const derived = collections.filter((each) => each.derived !== undefined);
  if (derived.length > 0) {
    paragraphs.push(
      words.derivedOmitted,
      derived.map((each) => `    ${oneLine(each.label)}: ${each.derived?.map(({ label }) => label).join(', ')}`),
    );
  }
  const mixed = collections.reduce((sum, each) => sum + (each.mixed?.takenOut ? each.mixed.rows : 0), 0);
  if (mixed > 0) paragraphs.push(fill(words.othersTakenOut, { records: counted(mixed, 'record') }));
  const keptBack = keptBackLines(contents, speech);
  if (keptBack.length > 0) {
    paragraphs.push(
      words.keptBackIntro,
      keptBack.map((line) => `    ${oneLine(line)}`),
    );
  }
  if (missing.length > 0) paragraphs.push(fill(words.missingFiles, { files: counted(missing.length, 'file') }));
  const inVain = manualSystems.filter(({ outcome }) => outcome === 'nothing_found');
  if (inVain.length > 0) {
    paragraphs.push(inVain.map(({ system }) => oneLine(fill(words.byHandNothing, { system }))));
  }
  const notSearched = notSearchedLines(contents);
  if (notSearched.length > 0) {
    const name = oneLine(contents.facts.workspace.name);
    paragraphs.push(
      fill(words.notSearched, { name }),
      notSearched.map((line) => `    ${oneLine(line)}`),
    );
  }
  return paragraphs;
}

function whoAnswers({ facts }: PackageContents, name: string, { words }: Speech): readonly Paragraph[] {
  const contact = facts.contact === undefined ? [] : [fill(words.contact, { contact: oneLine(facts.contact) })];
  return [fill(words.controller, { name }), ...contact, words.responsibility];
}

function section(heading: string, paragraphs: readonly Paragraph[]): string {
  const text = paragraphs.map((each) => (typeof each === 'string' ? toWidth(each) : each.join('\n')));
  return [`${heading}\n${'-'.repeat(heading.length)}`, ...text].join('\n\n');
}

function toWidth(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}

/** A name of somebody's choosing must not look like a heading of ours. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
