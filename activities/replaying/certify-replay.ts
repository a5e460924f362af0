/** What proves a replay: the keyed hashes of what the ledgers have now, and a supplement to the certificate of the erasure. */
import type { ClientBase } from 'pg';
import type { ReplayedErasure, Verification } from '../../domain/certificate/format.ts';
import { OWN_DATABASE } from '../../domain/backups.ts';
import { journalKey, readJournal, writeJournal } from '../../platform/erasure-journal.ts';
import type { Journal, JournalBlock, JournalPlace } from '../../platform/erasure-journal.ts';
import type { OpenRestore } from '../../platform/records/restores.ts';
import { collectEvidence } from '../certifying/collect-evidence.ts';
import type { EvidenceDeps } from '../certifying/collect-evidence.ts';
import { issueCertificates } from '../certifying/issue.ts';
import type { IssueDeps } from '../certifying/issue.ts';
import { borrow } from '../erasing/conclude.ts';
import { clearTargets, leavesOf } from '../erasing/journal.ts';
import type { LostErasure } from './lost-erasures.ts';
import type { Replayed } from './replay-erasure.ts';

export type CertifyReplayDeps = EvidenceDeps & IssueDeps;

/**
 * Brings what was erased again into a journal of its own, beside that of the other sources, and clears the targets away. The
 * erasure's own journal stays what a later replay goes by, for it knows of all that was ever erased. Idempotent.
 */
export async function proveReplay(
  deps: CertifyReplayDeps,
  restore: OpenRestore,
  lost: LostErasure,
  signal: AbortSignal,
): Promise<void> {
  const { storage, ring } = deps;
  const { workspaceId, erasureId, leafKeyId: keyId, source } = lost;
  const place = { storage, ring, workspaceId, erasureId, keyId };
  const before = await readProof(deps, lost);
  const blocks = allBlocks(deps, place, before, lost, signal);
  const proof = await writeJournal(place, `replay-${restore.id}-${source}`, blocks);
  await deps.db.withTenant(workspaceId, async (trx) => {
    await trx('erasures')
      .where({ workspace_id: workspaceId, id: erasureId })
      .update({ proof: JSON.stringify(proof) });
  });
  await deps.sources.withEraser(source, (client) => clearTargets(client, source, erasureId), signal);
}

async function readProof(
  { db }: CertifyReplayDeps,
  { workspaceId, erasureId, journal }: LostErasure,
): Promise<Journal> {
  const row = await db.withTenant(workspaceId, (trx) =>
    trx('erasures').where({ workspace_id: workspaceId, id: erasureId }).first<{ proof: Journal | null }>('proof'),
  );
  return row.proof ?? journal;
}

async function* allBlocks(
  deps: CertifyReplayDeps,
  place: JournalPlace,
  before: Journal,
  { source, erasureId }: LostErasure,
  signal: AbortSignal,
): AsyncGenerator<JournalBlock> {
  for await (const block of readJournal(place, before.key)) if (block.source !== source) yield block;
  const cleared = await deps.sources.withEraser(source, (each) => readCleared(each, erasureId), signal);
  // What an earlier plan had erased is in that plan's journal, and was not there again.
  if (cleared > 0)
    for await (const block of readJournal(place, journalKey(place, cleared))) if (block.source === source) yield block;
  const { client, giveBack } = await borrow(deps.sources, source, signal);
  let isWhole = false;
  try {
    yield* leavesOf(client, source, erasureId);
    isWhole = true;
  } finally {
    await giveBack(isWhole);
  }
}

async function readCleared(client: ClientBase, erasureId: string): Promise<number> {
  const { rows } = await client.query<{ cleared: number }>(
    'SELECT cleared FROM steward.erasures WHERE erasure_id = $1',
    [erasureId],
  );
  return rows[0]?.cleared ?? 0;
}

/** Answers the controller's. One that was not certified before says it all in the certificate that is to come. */
export async function certifyReplay(
  deps: CertifyReplayDeps,
  restore: OpenRestore,
  lost: LostErasure,
  replayed: Replayed,
  signal: AbortSignal,
): Promise<string | null> {
  if (!lost.isCertified || replayed.records === 0) return null;
  const { evidence, language } = await collectEvidence(deps, lost, signal, { erasureId: lost.erasureId });
  const verification = verificationOf(lost, replayed);
  const issued = await issueCertificates(deps, lost, {
    kind: 'supplement',
    language,
    replay: replayOf(restore, lost, verification.at),
    evidence: {
      ...evidence,
      verification,
      retained: [...evidence.retained, ...replayed.held.map(({ decision }) => decision)],
    },
  });
  return issued.find(({ audience }) => audience === 'controller')?.id ?? null;
}

const replayOf = ({ source }: OpenRestore, lost: LostErasure, at: string): ReplayedErasure => ({
  restored: source ?? OWN_DATABASE,
  source: lost.source,
  at,
});

/** By the keys of what was erased, for what came later is none of it. */
function verificationOf({ source, journal }: LostErasure, { held, left }: Replayed): Verification {
  return {
    method: 'rescan',
    at: new Date().toISOString(),
    result: left.length === 0 ? 'passed' : 'failed',
    searched: { sources: 1, collections: 0, columns: 0, records: journal.leaves, objects: 0 },
    expected: held.reduce((sum, { rows }) => sum + rows, 0),
    residuals: left.map(({ collection, rows }) => ({ source, place: collection, kind: 'still_there', count: rows })),
  };
}
