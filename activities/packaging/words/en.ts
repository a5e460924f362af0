/** What a package says, in English. `{…}` is filled in; every language has the same keys and the same places to fill. */
export const en = {
  title: 'Your data at {name}',
  forAccess: 'Access request',
  forPortability: 'Portability request',
  madeFor: 'Made for',
  madeOn: 'Made on',
  intro:
    'This is a copy of the data about you that {name} holds in the systems named below, as it stood when the copy was made.',
  introPortability:
    'This is the data about you that you provided to {name} or that was observed of you there, as it stood when the copy was made (GDPR, article 20). What {name} concluded about you by itself is not part of it; an access request gives you that as well.',
  introPage:
    'The page works without the internet. Everything shown here is also in the folders beside it, for reading by programs.',
  skip: 'Skip to the records',
  record: 'record',
  records: 'records',
  file: 'file',
  files: 'files',
  collection: 'collection of records',
  collections: 'collections of records',
  row: 'row',
  rows: 'rows',
  page: 'page',
  pages: 'pages',
  headRecords: 'Records',
  headFiles: 'Files',
  headRecordsOf: 'Records of',
  headNumber: 'No.',

  found: 'What was found',
  nothingFound: 'No records found',
  nothingFoundSearched:
    'We searched {collections} that {name} keeps, by every identifier given with the request. None of them holds a record about you under these identifiers.',
  nothingFoundAdvice: 'If you used another e-mail address or telephone number, ask {name} to search for that too.',
  searchedInVain: 'Searched, and nothing found',

  search: 'Search all records',
  searchButton: 'Search',
  searchHint: 'Finds records that have all of these words, wherever they are. Capitals and accents make no difference.',
  searchUnscripted:
    'Searching needs scripts, which are off in this browser. Every page of records can be read without them and searched with the browser’s own search.',
  searching: 'Searching … {percent} %',
  searchNone: 'No record has all of these words.',
  searchSome: '{count} found.',
  searchMore: '{count} found; the first {shown} are shown.',
  searchFailed: 'Some of the pages beside this one are missing, so the search is incomplete. Unpack the whole archive.',
  searchRecord: '{label}, record {number}',
  searchFile: '{label}, file',

  formats: '{label} as {format}',
  firstShown: 'The first {shown} of {count} are shown.',
  allOnPages: 'All of them are on {pages}:',
  someOnPages:
    'The first {paged} are on {pages}, which is as many as a browser and a reader can take; the files have all of them:',
  tooLong: 'The records are too long to be shown here.',
  allInFiles: 'All of them are in the files.',
  recordTooLong: 'This record is too long to be shown here. The files have it.',
  browse: 'Read the pages',
  emptyColumns: 'Empty in every record shown: {columns}.',
  notIncluded: 'Not included: {columns}. README.txt says why.',
  glossary: 'What the columns mean',
  moreFiles: '{files} more in the folder media.',

  pageTitle: '{label}, page {page} of {pages}',
  pageRecords: 'Records {first} to {last} of {count}',
  first: 'First',
  previous: 'Previous',
  next: 'Next',
  last: 'Last',
  navigation: 'Pages',
  contents: 'All collections and search',

  yes: 'yes',
  no: 'no',
  details: 'details',
  cut: '… (cut here; the files have all of it)',

  filesMissing: '{files} could not be included. The records name them, but the file store does not have them.',
  whichOnes: 'Which ones',
  missingInManifest: 'All of them are listed in manifest.json.',

  derivedOmitted:
    'This package holds what you provided and what was recorded of you (GDPR Art. 20). What was made of it is left out:',
  othersTakenOut:
    'In {records}, e-mail addresses and phone numbers of other people were taken out. A note in square brackets stands in their place.',
  othersTakenOutHere: 'In {records}, addresses and numbers of other people were taken out.',

  keptBack: 'Kept back',
  allKeptBack:
    'Records about you were found in the systems searched. None of them can be included; what is kept back is said below.',
  keptBackIntro: 'Some data about you was found and is not in this package:',
  keptBackItem: '{label}: {reason}',
  keptBackRows: '{label} ({rows}): {reason}',
  exemption_third_party: 'it is also about other people, whose rights it would hurt',
  exemption_privilege: 'it is protected by legal professional privilege',
  exemption_trade_secret: 'it would disclose trade secrets or rights of others in their work',
  exemption_legal_claims: 'it is needed to establish, exercise or defend legal claims',
  exemption_public_interest: 'the law keeps it back in the public interest',
  exemption_security: 'it is a secret that protects systems or people',
  exemption_other: 'it is kept back under an exemption that the law allows',

  byHand: 'Systems searched by hand',
  byHandAttached: '{system}: {files} attached.',
  byHandNothing: '{system}: nothing about you was found.',

  notSearched:
    'These systems may hold data about you and were not searched, since they are not connected for {name}. Ask {name} about them:',

  asOf: 'Data of “{source}” as of {moment} UTC.',
  identifiers: 'Request {request} · package {package} · data map {map}',
  recipient: 'Whoever receives this package answers for keeping it safe.',
  seeReadme: 'README.txt says how to read the files and how to check that nothing was changed.',

  whatThisIs: 'What this is',
  wasAsked: '{name} was asked for the data about you.',
  wasAskedPortability:
    '{name} was asked for the data that you provided or that was observed of you, to take it elsewhere (GDPR, article 20).',
  answerNothing:
    'No records found: {collections} were searched by every identifier given with the request, and none holds a record about you under these identifiers.',
  answerFound:
    'This package is the answer: {records} from {collections}, and {files}. It was made by the company that runs the system on behalf of {name}.',
  stoodAt: 'The data is as it stood at:',
  factRequest: 'Request',
  factPackage: 'Package',
  factMadeAt: 'Made at',
  factMap: 'Data map',

  howToRead: 'How to read it',
  unpackFirst:
    'Unpack the archive into a folder first. Then open index.html in a browser: it shows what was found, grouped by kind, and searches all of it. It needs no internet.',
  fileLetter: 'the letter that goes with this package',
  fileIndex: 'the records, for reading; the start',
  filePages: 'more records, for reading',
  fileData: 'all records as files: JSON and JSON Lines for programs, CSV for spreadsheets',
  fileFields: 'what the collections and columns mean',
  fileMedia: 'pictures, documents and recordings that belong to records',
  fileAttachments: 'what was found by hand in systems that are not connected',
  fileManifest: 'the list of all files, with their sizes and digests',
  aboutCsv:
    "In the CSV files a text that begins with = + - or @ has an apostrophe (') in front of it, for a spreadsheet would take it for a formula. The JSON files have every value as it is. All text is in UTF-8; when a spreadsheet asks, say so.",

  notHere: 'What is not here',
  noColumnsOmitted: 'No column of these records was left out.',
  columnsOmitted:
    'Some columns are left out, since they are passwords, keys or other secrets of the system, or data about somebody else:',
  missingFiles:
    '{files} that the records name could not be included, since the file store does not have them. manifest.json lists them under "missing".',

  whoAnswers: 'Who answers for it',
  controller:
    '{name} decides why and how this data is used (the law calls it the controller). Turn to {name} with questions, to have something corrected or erased, or to learn about purposes, recipients and periods.',
  contact: 'Contact: {contact}',
  responsibility:
    'This package holds personal data. Whoever receives it answers for what happens to it from then on: keep it where others cannot read it, pass it on only to the person it is about, and delete copies that are no longer needed.',

  howToCheck: 'How to check that nothing was changed',
  aboutManifest:
    'manifest.json lists every file with its SHA-256 digest, and manifest.jws.json signs the exact bytes of manifest.json (a detached JSON Web Signature, RFC 7515 and RFC 7797, Ed25519). With Steward and the public keys, which its operator publishes:',
  withoutSteward:
    'Without it: any JOSE library verifies the signature, and "sha256sum FILE" (Linux), "shasum -a 256 FILE" (macOS) or "certutil -hashfile FILE SHA256" (Windows) prints a file\'s digest to compare.',

  letterTitle: 'Letter to your data package',
  letterGreeting: 'Dear Sir or Madam,',
  letterAccess:
    'you asked {name} for access to the data about you. With this letter you receive a copy of it, as it stood on {day}.',
  letterPortability:
    'you asked {name} for the data that you provided or that was observed of you, in a form that you can take elsewhere (GDPR, article 20). With this letter you receive it, as it stood on {day}.',
  letterNothing:
    'We searched {collections} by every identifier given with the request and found no record about you under them.',
  letterContents: 'What the package holds',
  letterTotals: 'In all {records} and {files}.',
  letterKeptBack: 'What it does not hold, and why',
  letterNothingKeptBack: 'Nothing that was found about you in the systems searched was left out.',
  letterColumnsOmitted:
    'Columns that are secrets of the system or about somebody else are left out of: {collections}. README.txt names them.',
  letterMissing: '{files} that records name could not be included, since the file store does not have them any more.',
  letterRights: 'Your rights',
  letterRightsText:
    'You can ask {name} to correct data that is wrong, to erase data, to restrict its use, and you can object to its use. You can also complain to a supervisory authority, as in the country where you live or work. {name} tells you on request for which purposes it uses this data, who receives it, how long it is kept and where it came from.',
  letterCheck:
    'README.txt in the package says how to read the files. The list of all files, manifest.json, is signed; README.txt also says how to check with it that nothing was changed or is missing.',
  letterSafe: 'Keeping it safe',
  letterClosing: 'Made by the company that runs the system, on behalf of {name}.',
  letterGlyphs:
    'Some characters cannot be printed in this letter and appear as an empty square (□). The file index.html shows them.',
  letterPage: 'Page {page} of {pages}',
} as const;

export type Words = Readonly<Record<keyof typeof en, string>>;
