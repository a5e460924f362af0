/** Puts together what a certificate is made of, from Steward's records and from the ledgers of the sources. */
import type { DataMap } from '../../data-map/model.ts';
import { collectionsOf } from '../../data-map/model.ts';
import { textsIn } from '../../data-map/texts.ts';
import type { ErasureEvidence } from '../../domain/certificate/evidence.ts';
import type { CertifiedCount, CertifiedSystem } from '../../domain/certificate/format.ts';
import type { Language } from '../../domain/languages.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { parseVerification } from '../../platform/certificate-format.ts';
import type { Config } from '../../platform/config.ts';
import type { Database } from '../../platform/database.ts';
import type { Journal } from '../../platform/erasure-journal.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { SOFTWARE_VERSION } from '../../platform/software-version.ts';
import type { Sources } from '../../platform/sources.ts';
import { readLedgers } from './read-ledgers.ts';
import type { LedgerSum, SourceLedger } from './read-ledgers.ts';
import { readRecords } from './read-records.ts';
import type { ErasureRecord } from './read-records.ts';

export interface EvidenceDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly map: DataMap;
  readonly sources: Sources;
  readonly backups: Pick<Config['backups'], 'expireDays'>;
}

export interface Collected {
  readonly erasure: ErasureRecord;
  readonly language: Language;
  readonly evidence: ErasureEvidence;
}

export interface WantedEvidence {
  readonly erasureId?: string;
  /** Of an erasure that has not ended: what proves its counts until it has its own. */
  readonly journal?: Journal | undefined;
}

/**
 * Of the newest erasure of the request, unless another is named. Throws NotFound when the request has no erasure, Conflict when it has no instruction, Unavailable while a source is away.
 */
export async function collectEvidence(
  deps: EvidenceDeps,
  ref: RequestRef,
  signal: AbortSignal,
  { erasureId, journal }: WantedEvidence = {},
): Promise<Collected> {
  const records = await deps.db.withTenant(ref.workspaceId, (trx) => readRecords(trx, deps.ring, ref, erasureId));
  const { erasure, language, tenantKeys, found, ...recorded } = records;
  const connected = deps.map.datasets.filter(({ source }) => tenantKeys.has(source)).map(({ source }) => source);
  const names = [...new Set(connected)];
  const ledgers = await readLedgers(deps.sources, names, erasure.id, signal);
  const evidence: ErasureEvidence = {
    ...recorded,
    erasure: {
      id: erasure.id,
      ordinal: erasure.ordinal,
      plannedAt: erasure.planned_at?.toISOString() ?? null,
      begunAt: erasure.begun_at?.toISOString() ?? null,
      erasedAt: erasure.erased_at?.toISOString() ?? null,
    },
    versions: {
      dataMap: erasure.map_version ?? deps.map.version,
      schedule: erasure.schedule_version,
      software: SOFTWARE_VERSION,
    },
    systems: names.map((source) => systemOf(source, ledgers.get(source), found)),
    counts: [...ledgers].flatMap(([source, { sums }]) => countsOf(deps.map, source, sums, language)),
    tree: treeOf(erasure, journal ?? erasure.journal),
    backupDays: deps.backups.expireDays,
    verification: parseVerification(erasure.verification),
  };
  return { erasure, language, evidence };
}

function systemOf(source: string, ledger: SourceLedger | undefined, found: ReadonlySet<string>): CertifiedSystem {
  if (ledger?.span)
    return { source, status: 'erased', from: ledger.span.from.toISOString(), to: ledger.span.to.toISOString() };
  const isBeyondReach = ledger === undefined && found.has(source);
  return { source, status: isBeyondReach ? 'not_erasable' : 'nothing_erased', from: null, to: null };
}

function countsOf(
  map: DataMap,
  source: string,
  sums: readonly LedgerSum[],
  language: Language,
): readonly CertifiedCount[] {
  const labels = new Map(collectionsOf(map).map((each) => [each.ref, textsIn(each, language).label]));
  return [...Map.groupBy(sums, ({ collection }) => collection)].map(([collection, own]) => {
    const rowsOf = (action: LedgerSum['action']): number => own.find((each) => each.action === action)?.rows ?? 0;
    return {
      source,
      collection,
      label: labels.get(collection) ?? collection,
      erased: rowsOf('delete'),
      pseudonymised: rowsOf('pseudonymise'),
      restricted: rowsOf('restrict'),
    };
  });
}

function treeOf(
  { proof, leaf_key_id: leafKeyId }: ErasureRecord,
  journal: ErasureRecord['journal'],
): ErasureEvidence['tree'] {
  const proven = proof ?? journal;
  if (proven === null || leafKeyId === null || proven.leaves === 0) return undefined;
  return { leafKeyId, root: proven.root, leaves: proven.leaves };
}
