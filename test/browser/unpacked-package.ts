/** The pages of a package, unpacked into a folder as a person would, with as many rows as asked for. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { ArchiveWriter } from '../../activities/packaging/archive-writer.ts';
import type { PackageContents, PackedCollection } from '../../activities/packaging/contents.ts';
import { indexPage } from '../../activities/packaging/index-page.ts';
import { readCells } from '../../activities/packaging/json-cells.ts';
import { PAGE_STYLE } from '../../activities/packaging/page-style.ts';
import { STYLE_FILE } from '../../activities/packaging/record-pages.ts';
import { writeRows } from '../../activities/packaging/row-files.ts';
import type { Language } from '../../domain/languages.ts';
import { openArchive } from '../activities/packaging/open-archive.ts';

export interface UnpackedPackage {
  /** Of index.html, for a browser. */
  readonly url: string;
  remove(): Promise<void>;
}

/** Would set `acted` on the window, or call the network, wherever it came to act. */
const HOSTILE = `</script></textarea><script>acted = 1</script><img src=x onerror="acted=1"><a href="javascript:acted=1">`;

const COLUMNS = ['id', 'at', 'kind', 'note', 'details', 'reference'].map((name) => ({
  name,
  label: name.charAt(0).toUpperCase() + name.slice(1),
  description: name === 'kind' ? 'How the person was met.' : undefined,
}));

const NOTES = [
  'Called about the flat in Grüner Weg; wants a second viewing with the family before the end of the month, and a word with the bank.',
  'Asked for the energy certificate.',
  'שלום, נדבר מחר',
  HOSTILE,
];

function activity(number: number): string {
  return JSON.stringify({
    id: number,
    at: `2026-0${(number % 9) + 1}-1${number % 10}T10:20:30+00:00`,
    kind: ['call', 'visit', 'e-mail'][number % 3],
    note: `${NOTES[number % NOTES.length]} ${number === 99_999 ? 'Żółta ŁÓDKA' : ''}`,
    details: { page: `/homes/${number}`, seconds: number % 300 },
    reference: `0f8fad5b-d9cb-469f-a165-${String(number).padStart(12, '0')}`,
  });
}

const CONTACT = JSON.stringify({
  id: 1,
  at: '2020-01-01T00:00:00+00:00',
  kind: 'client',
  note: `Ada Lovelace ${HOSTILE}`,
  details: null,
  reference: null,
});

export async function unpackedPackage(rows: number, language: Language = 'en'): Promise<UnpackedPackage> {
  const archive = new ArchiveWriter(new Date(0));
  const written = write(archive, rows, language);
  const entries = await openArchive(archive.output);
  await written;
  const folder = await mkdtemp(join(tmpdir(), 'steward-unpacked-'));
  for (const [path, bytes] of entries) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return { url: pathToFileURL(join(folder, 'index.html')).href, remove: () => rm(folder, { recursive: true }) };
}

async function write(archive: ArchiveWriter, rows: number, language: Language): Promise<void> {
  const facts = factsIn(language);
  const activities = collection(
    'crm.activities',
    'Activities',
    rows,
    Array.from({ length: 20 }, (_, at) => activity(at + 1)),
  );
  const order = {
    collection: activities,
    rows,
    limits: { rows: activities.sample.length, bytes: 1_000_000 },
    workspaceName: facts.workspace.name,
    language,
    paths: pathsOf(activities.collection),
    pagesPath: () => 'pages/crm.activities',
  };
  const { pages } = await writeRows(archive, order, Readable.from(batches(rows), { objectMode: false }));
  await archive.add(STYLE_FILE, PAGE_STYLE);
  const contents: PackageContents = {
    facts,
    snapshots: new Map([['crm', facts.createdAt]]),
    collections: [
      collection('crm.contacts', 'Contacts', 1, [CONTACT]),
      { ...activities, pages },
      collection('crm.invoices', 'Invoices', 0, []),
    ],
    media: [],
    missing: [{ collection: 'crm.contacts', path: 'photos/lost.jpg' }],
    attachments: [],
    unreached: [],
    redactions: [{ label: 'Message threads', exemption: 'third_party', rows: 2 }],
    manualSystems: [{ system: 'Telephone system', outcome: 'nothing_found' }],
  };
  await archive.add('index.html', indexPage(contents));
  await archive.finish();
}

function factsIn(language: Language): PackageContents['facts'] {
  return {
    packageId: '0f8fad5b-d9cb-469f-a165-70867728950e',
    requestId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
    requestType: 'access',
    regime: 'gdpr',
    workspace: { id: 'w', name: 'Harbour Homes' },
    instruction: { id: 'i', version: 1 },
    language,
    contact: 'privacy@harbour.example',
    dataMapVersion: 'v1',
    createdAt: new Date('2026-11-24T10:00:00Z'),
  };
}

function collection(ref: string, label: string, rows: number, lines: readonly string[]): PackedCollection {
  return {
    source: 'crm',
    collection: ref,
    label,
    kind: label === 'Contacts' ? 'Profile' : 'Dealings',
    description: 'What happened with the person.',
    columns: COLUMNS,
    omitted: [{ name: 'password_hash', label: 'Password' }],
    rows,
    sample: lines.map(readCells),
    ...(rows > 0 && { files: pathsOf(ref) }),
  };
}

const pathsOf = (ref: string) => ({ json: `data/${ref}.json`, jsonl: `data/${ref}.jsonl`, csv: `data/${ref}.csv` });

async function* batches(rows: number): AsyncGenerator<Uint8Array> {
  for (let first = 1; first <= rows; first += 1_000) {
    const lines = Array.from({ length: Math.min(1_000, rows - first + 1) }, (_, at) => `${activity(first + at)}\n`);
    yield Buffer.from(lines.join(''));
  }
}
