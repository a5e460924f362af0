/** What Steward's own database knows of an erasure, for its certificate. */
import { createHash } from 'node:crypto';
import type { ApprovalEvidence, RetainedDecision } from '../../domain/certificate/evidence.ts';
import type { CertificateBody, UnconnectedSystem } from '../../domain/certificate/format.ts';
import { statementContext } from '../../domain/contexts.ts';
import type { Regime } from '../../domain/deadlines.ts';
import { Conflict, NotFound } from '../../domain/errors.ts';
import type { Language } from '../../domain/languages.ts';
import type { InstructionSource } from '../../domain/parties.ts';
import type { RequestType } from '../../domain/request.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Transaction } from '../../platform/database.ts';
import { openText } from '../../platform/envelope.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { openDataKey } from '../../platform/records/data-keys.ts';
import { currentDecisions, isRejected } from '../../platform/records/erasure-review.ts';
import { findTasks } from '../../platform/records/manual-tasks.ts';
import { weighedFrom } from '../../platform/records/stored-grounds.ts';
import type { StoredGround } from '../../platform/records/stored-grounds.ts';
import { readApprovals } from './read-approvals.ts';

export interface ErasureRecord {
  readonly id: string;
  readonly workspace_id: string;
  readonly request_id: string;
  readonly ordinal: number;
  readonly generation: number;
  readonly map_version: string | null;
  readonly schedule_version: string | null;
  readonly leaf_key_id: string | null;
  readonly journal: { readonly root: string; readonly leaves: number } | null;
  /** In its place where a source was restored since: of the ledgers as they are. */
  readonly proof: { readonly root: string; readonly leaves: number } | null;
  readonly planned_at: Date | null;
  readonly sources: readonly string[];
  readonly cooling_off_until: Date | null;
  readonly begun_at: Date | null;
  readonly erased_at: Date | null;
  readonly verification: unknown;
}

export interface Records extends Pick<CertificateBody, 'workspace' | 'request' | 'instruction' | 'media'> {
  readonly erasure: ErasureRecord;
  readonly language: Language;
  readonly retained: readonly RetainedDecision[];
  readonly refused: number;
  readonly approvals: readonly ApprovalEvidence[];
  readonly unconnected: readonly UnconnectedSystem[];
  /** How each source that knows the workspace knows it. */
  readonly tenantKeys: ReadonlyMap<string, string>;
  /** Sources in which records of the person were found at first. */
  readonly found: ReadonlySet<string>;
}

/** Throws NotFound when the request has no erasure, Conflict when it has no instruction. */
export async function readRecords(
  trx: Transaction,
  ring: KeyRing,
  ref: RequestRef,
  erasureId?: string,
): Promise<Records> {
  const erasure = await readErasure(trx, ref, erasureId);
  const request = await readRequest(trx, ref);
  return {
    erasure,
    language: request.language,
    workspace: { id: ref.workspaceId, name: request.workspace_name },
    request: {
      id: ref.requestId,
      type: request.type,
      regime: request.regime,
      receivedByControllerAt: request.received_by_controller_at.toISOString(),
      receivedByProcessorAt: request.received_by_us_at.toISOString(),
    },
    instruction: {
      id: request.instruction_id,
      version: request.instruction_version,
      source: request.instruction_source,
      attestedAt: request.attested_at.toISOString(),
      attestationSha256: createHash('sha256').update(request.attestation).digest('hex'),
    },
    media: await readMedia(trx, erasure),
    retained: await readRetained(trx, erasure),
    refused: await readRefused(trx, erasure),
    approvals: await readApprovals(trx, erasure),
    unconnected: await readUnconnected(trx, ring, ref, request.data_key_id),
    tenantKeys: await readTenantKeys(trx, ref),
    found: await readFound(trx, ref),
  };
}

/** The newest of a request, or the one named. */
async function readErasure(trx: Transaction, ref: RequestRef, id?: string): Promise<ErasureRecord> {
  const row = await trx('erasures')
    .where({ workspace_id: ref.workspaceId, request_id: ref.requestId, ...(id !== undefined && { id }) })
    .orderBy('ordinal', 'desc')
    .first<ErasureRecord | undefined>('*');
  if (!row) throw new NotFound(`Request ${ref.requestId} has no erasure.`);
  return row;
}

interface RequestFacts {
  readonly type: RequestType;
  readonly regime: Regime;
  readonly language: Language;
  readonly data_key_id: string;
  readonly received_by_controller_at: Date;
  readonly received_by_us_at: Date;
  readonly workspace_name: string;
  readonly instruction_id: string;
  readonly instruction_version: number;
  readonly instruction_source: InstructionSource;
  readonly attestation: string;
  readonly attested_at: Date;
}

async function readRequest(trx: Transaction, ref: RequestRef): Promise<RequestFacts> {
  const row = await trx('requests')
    .join('workspaces', { 'workspaces.id': 'requests.workspace_id' })
    .join('instructions', {
      'instructions.workspace_id': 'requests.workspace_id',
      'instructions.id': 'requests.instruction_id',
      'instructions.version': 'requests.instruction_version',
    })
    .where({ 'requests.workspace_id': ref.workspaceId, 'requests.id': ref.requestId })
    .first<RequestFacts | undefined>(
      'requests.*',
      'workspaces.name as workspace_name',
      'instructions.source as instruction_source',
      'attestation',
      'attested_at',
    );
  if (!row) throw new Conflict(`Request ${ref.requestId} has no instruction.`);
  return row;
}

async function readMedia(trx: Transaction, { workspace_id, id }: ErasureRecord): Promise<CertificateBody['media']> {
  const rows = await trx('media_erasures')
    .where({ workspace_id, erasure_id: id })
    .groupBy('store')
    .orderBy('store')
    .select<{ store: string; objects: string }[]>('store', trx.raw('sum(objects) AS objects'));
  return rows.map(({ store, objects }) => ({ store, objects: Number(objects) })).filter(({ objects }) => objects > 0);
}

interface DecisionRow {
  readonly record_class: string;
  readonly decision: RetainedDecision['decision'];
  readonly rows: string;
  readonly grounds: readonly StoredGround[];
  readonly ends_first: Date | null;
  readonly ends_last: Date | null;
}

async function readRetained(trx: Transaction, erasure: ErasureRecord): Promise<readonly RetainedDecision[]> {
  const rows: readonly DecisionRow[] = await currentDecisions(trx, erasure)
    .whereIn('decision', ['retain', 'pseudonymise'])
    .where('rows', '>', 0)
    .orderBy(['record_class', 'source', 'collection', 'combination'])
    .select('record_class', 'decision', 'rows', 'grounds', 'ends_first', 'ends_last');
  return rows.map((row) => ({
    recordClass: row.record_class,
    decision: row.decision,
    rows: Number(row.rows),
    grounds: weighedFrom(row.grounds),
    endsFirst: row.ends_first?.toISOString() ?? null,
    endsLast: row.ends_last?.toISOString() ?? null,
  }));
}

/** A plan is refused as a whole; what an earlier one has erased stays erased. */
async function readRefused(trx: Transaction, erasure: ErasureRecord): Promise<number> {
  if (!(await isRejected(trx, erasure))) return 0;
  const row = await currentDecisions(trx, erasure)
    .where({ decision: 'erase' })
    .first<{ rows: string }>(trx.raw('coalesce(sum(rows), 0) AS rows'));
  return Number(row.rows);
}

async function readUnconnected(
  trx: Transaction,
  ring: KeyRing,
  ref: RequestRef,
  dataKeyId: string,
): Promise<readonly UnconnectedSystem[]> {
  const tasks = await findTasks(trx, ref);
  if (tasks.length === 0) return [];
  const dataKey = await openDataKey(trx, ring, ref.workspaceId, dataKeyId);
  return tasks.map(({ id, title, status, sealed_statement: sealed }) => ({
    system: title,
    outcome: status,
    statement: sealed === null ? null : openText(dataKey, sealed, statementContext(id)),
  }));
}

async function readTenantKeys(trx: Transaction, { workspaceId }: RequestRef): Promise<ReadonlyMap<string, string>> {
  const rows = await trx('workspace_sources')
    .where({ workspace_id: workspaceId })
    .orderBy('source')
    .select<{ source: string; tenant_key: string }[]>('source', 'tenant_key');
  return new Map(rows.map((row) => [row.source, row.tenant_key]));
}

async function readFound(trx: Transaction, ref: RequestRef): Promise<ReadonlySet<string>> {
  const rows = await trx('request_counts')
    .where({ workspace_id: ref.workspaceId, request_id: ref.requestId })
    .where('rows', '>', 0)
    .distinct<{ source: string }[]>('source');
  return new Set(rows.map(({ source }) => source));
}
