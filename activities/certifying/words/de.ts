/** What a printed certificate says, in German. */
import type { CertificateWords } from './en.ts';

export const de: CertificateWords = {
  title: 'Löschbescheinigung',
  titleSupplement: 'Ergänzung einer Löschbescheinigung',
  to_processor: 'Für die Unterlagen des Auftragsverarbeiters, der das System im Auftrag von {name} betreibt.',
  to_controller: 'Ausgestellt für {name} als Verantwortlichen, vom Auftragsverarbeiter, der das System betreibt.',
  to_subject: 'Ausgestellt für die Person, die {name} um Löschung gebeten hat, von der Firma, die das System betreibt.',

  factCertificate: 'Bescheinigung: {id}',
  factIssued: 'Ausgestellt: {at}',
  factRequest: 'Anfrage: {id}, bei {name} eingegangen am {day}, an uns weitergegeben am {passedOn}',
  factErasure: 'Löschung: {id} (Durchgang {ordinal} der Anfrage)',
  factInstruction: 'Weisung von {name}: {id}, Version {version}, {source}, bezeugt am {day}',
  factAttestation: 'SHA-256 des Wortlauts: {sha256}',
  factSupersedes: 'Tritt an die Stelle der Bescheinigung {id}, die den Stand davor zeigt',
  factSupplements: 'Ergänzt die Bescheinigung {id}, die weiter gilt',
  factReplay:
    'Anlass: {source} wurde aus einer Sicherung von vor der Löschung wiederhergestellt, und das Gelöschte war wieder da. Es wurde erneut gelöscht; dies zeigt den Stand am {at}',
  factMap: 'Version der Datenkarte: {version}',
  factSchedule: 'Version des Aufbewahrungsplans: {version}',
  factSoftware: 'Erstellt mit Steward {version}',

  headResult: 'Was bescheinigt wird',
  result_erased:
    'Die hier gezählten Datensätze wurden in den hier genannten Systemen logisch gelöscht, und eine Suche danach hat keinen gefunden, der nicht bleiben sollte.',
  result_partially_erased:
    'Die hier als gelöscht gezählten Datensätze wurden in den hier genannten Systemen logisch gelöscht. Andere Daten werden aufbewahrt, wie diese Bescheinigung sagt. Eine Suche danach hat keinen Datensatz gefunden, der nicht bleiben sollte.',
  result_nothing_erased: 'Es wurde nichts gelöscht: Was gefunden wurde, wird aufbewahrt, wie diese Bescheinigung sagt.',
  result_nothing_found:
    'Es wurde nichts gelöscht, denn in den Systemen der Datenkarte wurde unter den mit der Anfrage genannten Kennungen kein Datensatz der Person gefunden.',
  result_failed:
    'Dies bescheinigt KEINE vollständige Löschung. Die hier als gelöscht gezählten Datensätze wurden logisch gelöscht, und eine Suche danach hat gefunden, was nicht bleiben sollte; es ist hier aufgeführt.',
  logically:
    'Logisch gelöscht heißt, dass die Systeme die Datensätze nicht mehr ausgeben. Kopien in Sicherungen, Protokollen und Replikaten können das eine Zeit lang überdauern; über Systeme, die hier nicht genannt sind, sagt dies nichts.',

  headSystems: 'Die Systeme',
  system_erased: '{source}: gelöscht von {from} bis {to}',
  system_nothing_erased: '{source}: dort wurde nichts gelöscht',
  system_not_erasable: '{source}: hat Datensätze der Person, und wir dürfen dort nicht löschen',
  noSystems: 'Kein verbundenes System hatte etwas zu löschen.',

  headCounts: 'Was gelöscht wurde',
  countErased: '{label}: {records} gelöscht',
  countPseudonymised: '{label}: {records} aufbewahrt, auf das Nötige verringert',
  countRestricted: '{label}: {records} aufbewahrt, als eingeschränkt gekennzeichnet',
  countObjects: 'Dateien in {store}: {files} entfernt, mit Fassungen und daraus gemachten Kopien',
  totals: 'Insgesamt {erased} gelöscht, {pseudonymised} in verringerter Form aufbewahrt, {files} entfernt.',
  totalsUncounted: 'Insgesamt {erased} gelöscht, {files} entfernt.',
  tree: 'Nachweis der Datensätze durch ihre geschlüsselten Prüfsummen: Merkle-Wurzel {root}, {leaves} Blätter, Schlüssel {keyId}.',
  treeUncounted:
    'Nachweis der Datensätze durch ihre geschlüsselten Prüfsummen: Merkle-Wurzel {root}, Schlüssel {keyId}.',

  headRetained: 'Was aufbewahrt wird',
  keptNothing: 'Von dem, was in diesen Systemen gefunden wurde, wird nichts aufbewahrt.',
  keptItem: '{recordClass}: {records}{reduced}, {end}. Grund: {grounds}',
  keptSome: 'einige Datensätze',
  keptReduced: ', auf das Nötige verringert',
  endOpen: 'noch ohne Datum für das Ende',
  endOn: 'bis {day}',
  endFrom: 'frühestens bis {first}, bei einigen noch ohne Datum',
  endBetween: 'frühestens bis {first}, spätestens bis {last}',
  undisclosed: 'Einige Daten werden auf Grund einer gesetzlichen Ausnahme aufbewahrt.',
  refused: 'Der Verantwortliche hat die Löschung dessen abgelehnt, was keine Regel zu behalten verlangt: {records}.',
  ground_rule: '{why}{exemption}, Regel {id}, Version {version}',
  ground_hold: 'eine Anordnung zur Aufbewahrung ({party}{id})',
  ground_override: 'eine Entscheidung über diese Datensätze ({party}{id})',
  ground_reference: 'ein anderer Datensatz, der aufbewahrt wird, verweist darauf, oder es ist der von jemand anderem',
  ground_legal_duty: 'eine gesetzliche Pflicht ({party})',
  ground_exception: '{why}{exemption}',
  exemptionPlace: ' ({exemption})',
  party_controller: 'Verantwortlicher',
  party_processor: 'Auftragsverarbeiter',
  open_balance: 'ein offener Betrag',
  active_contract: 'ein laufender Vertrag',
  pending_dispute: 'ein offener Streit',
  requirement_legal: 'eine gesetzliche Aufbewahrungspflicht',
  requirement_billing: 'die Pflicht, Abrechnungen aufzubewahren',
  requirement_security: 'Aufzeichnungen zur Sicherheit',
  requirement_signed_document: 'unterschriebene Dokumente und ihre Nachweise',
  requirement_audit: 'Aufzeichnungen für Prüfungen',
  requirement_backup: 'Sicherungen',
  requirement_transaction_retention: 'Aufzeichnungen von Geschäften',
  source_product_setting: 'eine Einstellung im Produkt',
  source_integration: 'eine Anbindung',
  source_terms: 'die Vertragsbedingungen',
  source_privacy_policy: 'die Datenschutzerklärung',
  source_support_request: 'eine Anfrage an den Support',
  source_legal_requirement: 'eine gesetzliche Pflicht',
  source_security_need: 'ein Erfordernis der Sicherheit',
  source_documented_behaviour: 'beschriebenes Verhalten des Produkts',
  reasonUnnamed: 'ein Grund, den das Gesetz zulässt',

  headRemains: 'Wo Kopien bleiben können, und bis wann',
  remains_backups: 'Sicherungen',
  remains_write_ahead_logs: 'Schreibprotokolle der Datenbanken',
  remains_replicas: 'Replikate der Datenbanken',
  remainsUntil: '{where}: nicht mehr ab {day}',
  remainsUnstated: '{where}: keine Angabe',
  remainsNothing: 'Es wurde nichts gelöscht, wovon eine Kopie bleiben könnte.',
  subprocessorsNone: 'Kein Unterauftragsverarbeiter ist verbunden, also wurde von diesem System keiner benachrichtigt.',
  subprocessorsTold: 'Benachrichtigte Unterauftragsverarbeiter: {names}.',

  headUnconnected: 'Systeme, die nicht verbunden sind',
  unconnectedNone: 'Die Datenkarte hat keine.',
  unconnectedIntro:
    'Menschen wurden gebeten, dort nachzusehen; was sie sagen, ist ihre Aussage und nicht durch das Löschprotokoll belegt.',
  outcome_open: '{system}: noch keine Antwort',
  outcome_found: '{system}: dort wurde etwas gefunden',
  outcome_nothing_found: '{system}: dort wurde nichts gefunden',
  outcome_cancelled: '{system}: dort wurde nicht nachgesehen',
  statement: '{line}. Aussage: {statement}',

  headVerification: 'Die Suche danach',
  verifiedNone: 'Es wurde nichts gelöscht, also war danach nichts zu suchen.',
  verified_rescan:
    'Am {at} wurden die Systeme noch einmal durchsucht: {columns} Spalten ({collections}) nach den Kennungen, {records} gelöschte oder verringerte Datensätze nach ihren Schlüsseln, {objects} Dateien.',
  verified_rescan_uncounted:
    'Am {at} wurden die Systeme noch einmal durchsucht: {columns} Spalten ({collections}) nach den Kennungen, die gelöschten oder verringerten Datensätze nach ihren Schlüsseln, {objects} Dateien.',
  verified_raw_search:
    'Am {at} wurde jeder Text ({collections}) nach den Kennungen durchsucht: {columns} Spalten, und die Namen von {objects} Dateien.',
  not_searched_no_folders:
    'NICHT durchsucht: die Namen der Dateien in {place} ({source}), von denen niemand gesagt hat, welche dem Arbeitsbereich gehören.',
  not_searched_shared_number: 'NICHT gesucht: Telefonnummern, denn eine davon gehört auch einer anderen Person.',
  passed: 'Nichts wurde gefunden, das nicht bleiben sollte.',
  expected: 'Gefunden und wie entschieden aufbewahrt, oder von anderen: {records}.',
  failed: 'Dies wurde gefunden, das nicht bleiben sollte:',
  residual_found_again: '{place} ({source}): {count} unter den Kennungen wieder gefunden',
  residual_still_there: '{place} ({source}): {count} noch da, obwohl das Löschprotokoll sie als gelöscht führt',
  residual_not_reduced: '{place} ({source}): {count} noch mit einer Kennung, die entfernt werden sollte',
  residual_unproven: '{place} ({source}): {count} ohne Nachweis der Löschung',
  residual_object_left: '{place}: {count} Dateien noch da',
  residual_text_left: '{place} ({source}): {count} Texte mit einer Kennung',

  headApprovals: 'Wer zugestimmt hat',
  approvedNone: 'Keine Entscheidung brauchte die Zustimmung eines Menschen.',
  approved: '{party}{principal}, am {at}: {decisions} Entscheidungen, nach Weisung {instruction}, Version {version}',

  headCheck: 'Wie sich diese Bescheinigung prüfen lässt',
  check:
    'Diese Seite sagt in Worten, was certificate.json daneben sagt. Jene Datei ist unterschrieben (certificate.jws.json: eine getrennte JSON Web Signature, RFC 7515 und RFC 7797, Ed25519) und enthält die Prüfsumme dieser Seite. Mit Steward und den öffentlichen Schlüsseln, die der Auftragsverarbeiter veröffentlicht: steward verify DATEI. Die Unterschrift prüft auch jede JOSE-Bibliothek ohne Steward.',
  neverEdited: 'Eine Bescheinigung wird nie geändert. Ein späteres Ereignis gibt eine weitere, die diese nennt.',
  squares:
    'Einige Zeichen lassen sich hier nicht drucken und erscheinen als leere Quadrate (□). certificate.json hat sie.',
  pageNumber: 'Bescheinigung {id}, Seite {page} von {pages}',
};
