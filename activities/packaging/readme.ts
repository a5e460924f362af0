/** README.txt: what the package is, for the person, in words that need no knowledge of data protection. */
import type { PackageContents } from './contents.ts';
import { totalRows } from './contents.ts';
import { counted } from './values.ts';

/** Text is filled to the width; lines stay as they are. */
type Paragraph = string | readonly string[];

const WIDTH = 78;

export function readme(contents: PackageContents): string {
  const name = oneLine(contents.facts.workspace.name);
  const title = `Your data at ${name}`;
  const sections = [
    `${title}\n${'='.repeat(Math.min(title.length, WIDTH))}`,
    section('What this is', whatThisIs(contents, name)),
    section('How to read it', HOW_TO_READ),
    section('What is not here', whatIsNotHere(contents)),
    section('Who answers for it', whoAnswers(name)),
    section('How to check that nothing was changed', HOW_TO_CHECK),
  ];
  return `${sections.join('\n\n\n')}\n`;
}

function whatThisIs(contents: PackageContents, name: string): readonly Paragraph[] {
  const { facts, collections, media, snapshots } = contents;
  const rows = totalRows(contents);
  const found = collections.filter((each) => each.rows > 0).length;
  const answer =
    rows === 0
      ? `No records found: ${counted(collections.length, 'collection')} of records were searched by every identifier given with the request, and none holds a record about you under these identifiers.`
      : `This package is the answer: ${counted(rows, 'record')} from ${counted(found, 'collection')} and ${counted(media.length, 'file')}. It was made by the company that runs the system on behalf of ${name}.`;
  return [
    `${name} was asked for the data about you. ${answer}`,
    ['The data is as it stood at:', ...[...snapshots].map(([source, at]) => `    ${source}: ${at.toISOString()}`)],
    [
      `Request  ${facts.requestId}`,
      `Package  ${facts.packageId}`,
      `Made at  ${facts.createdAt.toISOString()}`,
      `Data map ${facts.dataMapVersion}`,
    ],
  ];
}

const HOW_TO_READ: readonly Paragraph[] = [
  'Unpack the archive into a folder first. Then open index.html in a browser: it shows what was found, grouped by kind. It needs no internet.',
  [
    '    index.html     the records, for reading',
    '    data/          all records as files: JSON for programs, CSV for spreadsheets',
    '    media/         pictures, documents and recordings that belong to records',
    '    manifest.json  the list of all files, with their sizes and digests',
  ],
  "In the CSV files a value that begins with = + - or @ has an apostrophe (') in front of it, for a spreadsheet would take it for a formula. The JSON files have every value as it is. All text is in UTF-8; when a spreadsheet asks, say so.",
];

function whatIsNotHere({ collections, missing }: PackageContents): readonly Paragraph[] {
  const omitted = collections.filter((each) => each.rows > 0 && each.omitted.length > 0);
  const columns: readonly Paragraph[] =
    omitted.length === 0
      ? ['No column of these records was left out.']
      : [
          'Some columns are left out, since they are passwords, keys or other secrets of the system, or data about somebody else:',
          omitted.map((each) => `    ${oneLine(each.label)}: ${each.omitted.map(({ label }) => label).join(', ')}`),
        ];
  if (missing.length === 0) return columns;
  const files = `${counted(missing.length, 'file')} that the records name could not be included, since the file store does not have them. manifest.json lists them under "missing".`;
  return [...columns, files];
}

function whoAnswers(name: string): readonly Paragraph[] {
  return [
    `${name} decides why and how this data is used (the law calls it the controller). Turn to ${name} with questions, to have something corrected or erased, or to learn about purposes, recipients and periods.`,
    'This package holds personal data. Whoever receives it answers for what happens to it from then on: keep it where others cannot read it, pass it on only to the person it is about, and delete copies that are no longer needed.',
  ];
}

const HOW_TO_CHECK: readonly Paragraph[] = [
  'manifest.json lists every file with its SHA-256 digest, and manifest.jws.json signs the exact bytes of manifest.json (a detached JSON Web Signature, RFC 7515 and RFC 7797, Ed25519). With Steward and the public keys, which its operator publishes:',
  ['    steward verify package.zip --keys jwks.json'],
  'Without it: any JOSE library verifies the signature, and "sha256sum FILE" (Linux), "shasum -a 256 FILE" (macOS) or "certutil -hashfile FILE SHA256" (Windows) prints a file\'s digest to compare.',
];

function section(heading: string, paragraphs: readonly Paragraph[]): string {
  const text = paragraphs.map((paragraph) => (typeof paragraph === 'string' ? fill(paragraph) : paragraph.join('\n')));
  return [`${heading}\n${'-'.repeat(heading.length)}`, ...text].join('\n\n');
}

function fill(text: string): string {
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
