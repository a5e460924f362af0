/** What a package says, in German. */
import type { Words } from './en.ts';

export const de: Words = {
  title: 'Ihre Daten bei {name}',
  forAccess: 'Auskunft',
  forPortability: 'Datenübertragung',
  madeFor: 'Anlass',
  madeOn: 'Erstellt am',
  intro:
    'Dies ist eine Kopie der Daten über Sie, die {name} in den unten genannten Systemen hat, mit dem Stand bei der Erstellung.',
  introPortability:
    'Dies sind die Daten über Sie, die Sie {name} bereitgestellt haben oder die dort über Sie beobachtet wurden, mit dem Stand bei der Erstellung (DSGVO, Artikel 20). Was {name} selbst daraus geschlossen hat, gehört nicht dazu; das gibt Ihnen eine Auskunft.',
  introPage:
    'Die Seite funktioniert ohne Internet. Alles hier Gezeigte liegt auch in den Ordnern daneben, zum Lesen durch Programme.',
  skip: 'Zu den Datensätzen springen',
  record: 'Datensatz',
  records: 'Datensätze',
  file: 'Datei',
  files: 'Dateien',
  collection: 'Sammlung',
  collections: 'Sammlungen',
  row: 'Zeile',
  rows: 'Zeilen',
  page: 'Seite',
  pages: 'Seiten',
  headRecords: 'Datensätze',
  headFiles: 'Dateien',
  headRecordsOf: 'Datensätze aus',
  headNumber: 'Nr.',

  found: 'Was gefunden wurde',
  nothingFound: 'Keine Datensätze gefunden',
  nothingFoundSearched:
    'Wir haben {collections} durchsucht, die {name} führt, nach jeder mit der Anfrage genannten Kennung. Keine davon hat unter diesen Kennungen einen Datensatz über Sie.',
  nothingFoundAdvice:
    'Wenn Sie eine andere E-Mail-Adresse oder Telefonnummer verwendet haben, bitten Sie {name}, auch danach zu suchen.',
  searchedInVain: 'Durchsucht, ohne etwas zu finden',

  search: 'Alle Datensätze durchsuchen',
  searchButton: 'Suchen',
  searchHint:
    'Findet Datensätze, in denen alle diese Wörter vorkommen. Groß- und Kleinschreibung und Akzente sind gleichgültig.',
  searchUnscripted:
    'Die Suche braucht Skripte, die in diesem Browser abgeschaltet sind. Alle Seiten lassen sich ohne sie lesen und mit der Suche des Browsers durchsuchen.',
  searching: 'Suche läuft … {percent} %',
  searchNone: 'Kein Datensatz hat alle diese Wörter.',
  searchSome: '{count} gefunden.',
  searchMore: '{count} gefunden; die ersten {shown} sind zu sehen.',
  searchFailed:
    'Einige der Seiten neben dieser fehlen, die Suche ist daher unvollständig. Entpacken Sie das ganze Archiv.',
  searchRecord: '{label}, Datensatz {number}',
  searchFile: '{label}, Datei',

  formats: '{label} als {format}',
  firstShown: 'Zu sehen sind die ersten {shown} von {count}.',
  allOnPages: 'Alle stehen auf {pages}:',
  someOnPages:
    'Die ersten {paged} stehen auf {pages}, mehr wäre für Browser und Leser zu viel; die Dateien haben alle:',
  tooLong: 'Die Datensätze sind zu lang, um hier gezeigt zu werden.',
  allInFiles: 'Alle stehen in den Dateien.',
  recordTooLong: 'Dieser Datensatz ist zu lang, um hier gezeigt zu werden. Die Dateien haben ihn.',
  browse: 'Seiten lesen',
  emptyColumns: 'Leer in jedem gezeigten Datensatz: {columns}.',
  notIncluded: 'Nicht enthalten: {columns}. README.txt sagt, warum.',
  glossary: 'Was die Spalten bedeuten',
  moreFiles: 'Weitere {files} im Ordner media.',

  pageTitle: '{label}, Seite {page} von {pages}',
  pageRecords: 'Datensätze {first} bis {last} von {count}',
  first: 'Erste',
  previous: 'Vorige',
  next: 'Nächste',
  last: 'Letzte',
  navigation: 'Seiten',
  contents: 'Alle Sammlungen und Suche',

  yes: 'ja',
  no: 'nein',
  details: 'Einzelheiten',
  cut: '… (hier gekürzt; die Dateien haben alles)',

  filesMissing:
    '{files} konnten nicht beigelegt werden. Die Datensätze nennen sie, aber der Dateispeicher hat sie nicht.',
  whichOnes: 'Welche',
  missingInManifest: 'Alle stehen in manifest.json.',

  derivedOmitted:
    'Dieses Paket enthält, was Sie bereitgestellt haben und was über Sie aufgezeichnet wurde (Art. 20 DSGVO). Was daraus abgeleitet wurde, fehlt:',
  othersTakenOut:
    'In {records} wurden E-Mail-Adressen und Telefonnummern anderer Personen entfernt. An ihrer Stelle steht ein Hinweis in eckigen Klammern.',
  othersTakenOutHere: 'In {records} wurden Adressen und Nummern anderer Personen entfernt.',

  keptBack: 'Zurückgehalten',
  allKeptBack:
    'In den durchsuchten Systemen wurden Datensätze über Sie gefunden. Keiner davon kann beigelegt werden; was zurückgehalten ist, steht unten.',
  keptBackIntro: 'Einige Daten über Sie wurden gefunden und sind nicht in diesem Paket:',
  keptBackItem: '{label}: {reason}',
  keptBackRows: '{label} ({rows}): {reason}',
  exemption_third_party: 'betrifft auch andere Menschen, deren Rechte es verletzen würde',
  exemption_privilege: 'durch die anwaltliche Schweigepflicht geschützt',
  exemption_trade_secret: 'würde Geschäftsgeheimnisse oder Rechte anderer an ihrem Werk offenlegen',
  exemption_legal_claims: 'zur Geltendmachung, Ausübung oder Verteidigung von Rechtsansprüchen nötig',
  exemption_public_interest: 'vom Gesetz im öffentlichen Interesse zurückgehalten',
  exemption_security: 'ein Geheimnis, das Systeme oder Menschen schützt',
  exemption_other: 'nach einer Ausnahme zurückgehalten, die das Gesetz zulässt',

  byHand: 'Von Hand durchsuchte Systeme',
  byHandAttached: '{system}: {files} beigelegt.',
  byHandNothing: '{system}: nichts über Sie gefunden.',

  notSearched:
    'Diese Systeme können Daten über Sie enthalten und wurden nicht durchsucht, denn sie sind für {name} nicht angebunden. Fragen Sie {name} danach:',

  asOf: 'Daten aus „{source}“ mit Stand {moment} UTC.',
  identifiers: 'Anfrage {request} · Paket {package} · Datenkarte {map}',
  recipient: 'Wer dieses Paket erhält, ist dafür verantwortlich, es sicher aufzubewahren.',
  seeReadme: 'README.txt sagt, wie die Dateien zu lesen sind und wie sich prüfen lässt, dass nichts verändert wurde.',

  whatThisIs: 'Was das ist',
  wasAsked: '{name} wurde um die Daten über Sie gebeten.',
  wasAskedPortability:
    '{name} wurde um die Daten gebeten, die Sie bereitgestellt haben oder die über Sie beobachtet wurden, um sie anderswohin mitzunehmen (DSGVO, Artikel 20).',
  answerNothing:
    'Keine Datensätze gefunden: {collections} wurden nach jeder mit der Anfrage genannten Kennung durchsucht, und keine hat unter diesen Kennungen einen Datensatz über Sie.',
  answerFound:
    'Dieses Paket ist die Antwort: {records} (durchsucht mit Treffern: {collections}) und {files}. Erstellt hat es die Firma, die das System im Auftrag von {name} betreibt.',
  stoodAt: 'Der Stand der Daten:',
  factRequest: 'Anfrage',
  factPackage: 'Paket',
  factMadeAt: 'Erstellt',
  factMap: 'Datenkarte',

  howToRead: 'Wie es zu lesen ist',
  unpackFirst:
    'Entpacken Sie das Archiv zuerst in einen Ordner. Öffnen Sie dann index.html in einem Browser: Die Seite zeigt, was gefunden wurde, nach Arten geordnet, und durchsucht alles. Sie braucht kein Internet.',
  fileLetter: 'der Brief zu diesem Paket',
  fileIndex: 'die Datensätze zum Lesen; der Anfang',
  filePages: 'weitere Datensätze zum Lesen',
  fileData: 'alle Datensätze als Dateien: JSON und JSON Lines für Programme, CSV für Tabellen',
  fileFields: 'was Sammlungen und Spalten bedeuten',
  fileMedia: 'Bilder, Dokumente und Aufnahmen, die zu Datensätzen gehören',
  fileAttachments: 'von Hand Gefundenes aus Systemen, die nicht verbunden sind',
  fileManifest: 'die Liste aller Dateien mit Größe und Prüfsumme',
  aboutCsv:
    "In den CSV-Dateien hat ein Text, der mit = + - oder @ beginnt, ein Apostroph (') vor sich, denn ein Tabellenprogramm hielte ihn für eine Formel. Die JSON-Dateien haben jeden Wert, wie er ist. Aller Text ist UTF-8; wenn ein Tabellenprogramm fragt, geben Sie das an.",

  notHere: 'Was nicht dabei ist',
  noColumnsOmitted: 'Keine Spalte dieser Datensätze wurde weggelassen.',
  columnsOmitted:
    'Einige Spalten sind weggelassen, denn sie sind Passwörter, Schlüssel oder andere Geheimnisse des Systems, oder Daten über jemand anderen:',
  missingFiles:
    '{files}, welche die Datensätze nennen, konnten nicht beigelegt werden, da der Dateispeicher sie nicht hat. manifest.json nennt sie unter "missing".',

  whoAnswers: 'Wer dafür verantwortlich ist',
  controller:
    '{name} entscheidet, wozu und wie diese Daten verwendet werden (das Gesetz sagt: ist der Verantwortliche). Wenden Sie sich mit Fragen an {name}, auch um etwas berichtigen oder löschen zu lassen oder um Zwecke, Empfänger und Fristen zu erfahren.',
  contact: 'Kontakt: {contact}',
  responsibility:
    'Dieses Paket enthält personenbezogene Daten. Wer es erhält, ist von da an für sie verantwortlich: Bewahren Sie es so auf, dass andere es nicht lesen können, geben Sie es nur dem Menschen weiter, um den es geht, und löschen Sie Kopien, die nicht mehr gebraucht werden.',

  howToCheck: 'Wie sich prüfen lässt, dass nichts verändert wurde',
  aboutManifest:
    'manifest.json nennt jede Datei mit ihrer SHA-256-Prüfsumme, und manifest.jws.json unterschreibt die genauen Bytes von manifest.json (eine getrennte JSON Web Signature, RFC 7515 und RFC 7797, Ed25519). Mit Steward und den öffentlichen Schlüsseln, die der Betreiber veröffentlicht:',
  withoutSteward:
    'Ohne Steward: Jede JOSE-Bibliothek prüft die Unterschrift, und "sha256sum DATEI" (Linux), "shasum -a 256 DATEI" (macOS) oder "certutil -hashfile DATEI SHA256" (Windows) gibt die Prüfsumme einer Datei zum Vergleichen aus.',

  letterTitle: 'Brief zu Ihrem Datenpaket',
  letterGreeting: 'Sehr geehrte Damen und Herren,',
  letterAccess:
    'Sie haben {name} um Auskunft über die Daten zu Ihrer Person gebeten. Mit diesem Brief erhalten Sie eine Kopie davon, mit dem Stand vom {day}.',
  letterPortability:
    'Sie haben {name} um die Daten gebeten, die Sie bereitgestellt haben oder die über Sie beobachtet wurden, in einer Form, die Sie mitnehmen können (DSGVO, Artikel 20). Mit diesem Brief erhalten Sie sie, mit dem Stand vom {day}.',
  letterNothing:
    'Wir haben {collections} nach jeder mit der Anfrage genannten Kennung durchsucht und darunter keinen Datensatz über Sie gefunden.',
  letterContents: 'Was das Paket enthält',
  letterTotals: 'Insgesamt {records} und {files}.',
  letterKeptBack: 'Was es nicht enthält, und warum',
  letterNothingKeptBack: 'Nichts, was in den durchsuchten Systemen über Sie gefunden wurde, ist weggelassen.',
  letterColumnsOmitted:
    'Spalten, die Geheimnisse des Systems sind oder jemand anderen betreffen, fehlen bei: {collections}. README.txt nennt sie.',
  letterMissing:
    '{files}, welche die Datensätze nennen, konnten nicht beigelegt werden, da der Dateispeicher sie nicht mehr hat.',
  letterRights: 'Ihre Rechte',
  letterRightsText:
    'Sie können von {name} verlangen, falsche Daten zu berichtigen, Daten zu löschen oder ihre Verwendung einzuschränken, und Sie können der Verwendung widersprechen. Sie können sich auch bei einer Aufsichtsbehörde beschweren, etwa dort, wo Sie wohnen oder arbeiten. Auf Verlangen teilt {name} Ihnen mit, zu welchen Zwecken diese Daten verwendet werden, wer sie erhält, wie lange sie aufbewahrt werden und woher sie stammen.',
  letterCheck:
    'README.txt im Paket sagt, wie die Dateien zu lesen sind. Die Liste aller Dateien, manifest.json, ist unterschrieben; README.txt sagt auch, wie sich damit prüfen lässt, dass nichts verändert wurde oder fehlt.',
  letterSafe: 'Sicher aufbewahren',
  letterClosing: 'Erstellt von der Firma, die das System betreibt, im Auftrag von {name}.',
  letterGlyphs:
    'Einige Zeichen lassen sich in diesem Brief nicht drucken und erscheinen als leeres Quadrat (□). Die Datei index.html zeigt sie.',
  letterPage: 'Seite {page} von {pages}',
};
