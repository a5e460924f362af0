/** The daily search of every text for those whose erasures were certified since, each of which gets a supplement. */
import { keysWith } from '../data-map/erasing/rescan.ts';
import type { RawSearchResult } from '../domain/erasure.ts';
import type { Transaction } from '../platform/database.ts';
import { findUnsearched, listWorkspaceIds } from '../platform/records/unsearched-erasures.ts';
import type { UnsearchedErasure } from '../platform/records/unsearched-erasures.ts';
import { collectEvidence } from './certifying/collect-evidence.ts';
import type { EvidenceDeps } from './certifying/collect-evidence.ts';
import { issueCertificates } from './certifying/issue.ts';
import type { IssueDeps } from './certifying/issue.ts';
import { searchRaw } from './certifying/raw-search.ts';
import type { FoundRow, Sought } from './certifying/raw-search.ts';
import { prepareWeighing } from './erasing/prepare.ts';
import { readInquiry } from './inquiry.ts';
import { readConfirmed, readDecisions } from './locating/match-records.ts';
import { rowId } from './locating/weigh-matches.ts';
import { currentControl } from './packaging/control.ts';
import type { Control } from './packaging/control.ts';
import { Statements } from './searching/statements.ts';

export type RawSearchDeps = EvidenceDeps & IssueDeps;

export type RawSearchActivities = ReturnType<typeof createRawSearchActivities>;

export function createRawSearchActivities(deps: RawSearchDeps) {
  return {
    searchRaw: (): Promise<RawSearchResult> => searchAllWorkspaces(deps, currentControl()),
  };
}

/**
 * One workspace after the other; what was searched stays so. One that fails stops no other: the first failure is thrown when
 * all have had their turn. Throws Unavailable while the database or a source is away.
 */
export async function searchAllWorkspaces(deps: RawSearchDeps, control: Control): Promise<RawSearchResult> {
  const result = { erasures: 0, left: 0 };
  const failures: unknown[] = [];
  const stopBeating = control.beat(() => result);
  try {
    for (const workspaceId of await listWorkspaceIds(deps.db)) {
      try {
        for (;;) {
          const batch = await findUnsearched(deps.db, workspaceId);
          if (batch.length === 0) break;
          result.left += await searchBatch(deps, workspaceId, batch, control.signal);
          result.erasures += batch.length;
        }
      } catch (error) {
        control.signal.throwIfAborted();
        failures.push(error);
      }
    }
  } finally {
    stopBeating();
  }
  if (failures.length > 0) throw failures[0];
  return result;
}

/** Answers in how many of them something was left. */
async function searchBatch(
  deps: RawSearchDeps,
  workspaceId: string,
  batch: readonly UnsearchedErasure[],
  signal: AbortSignal,
): Promise<number> {
  const sought = await deps.db.withTenant(workspaceId, async (trx) => {
    const all: Sought[] = [];
    for (const each of batch) all.push(await readSought(trx, deps, each));
    return all;
  });
  const tenantKeys = new Map(sought.flatMap(({ inquiry }) => [...inquiry.tenantKeys]));
  const verifications = await searchRaw(deps, sought, tenantKeys, signal);
  let left = 0;
  for (const [index, each] of batch.entries()) {
    const verification = verifications[index];
    if (verification === undefined) throw new TypeError('Every erasure of a batch is searched for.');
    const { language, evidence } = await collectEvidence(deps, each, signal, { erasureId: each.erasureId });
    await issueCertificates(deps, each, { kind: 'supplement', language, evidence: { ...evidence, verification } });
    if (verification.result === 'passed') continue;
    left += 1;
    await deps.db.withTenant(workspaceId, (trx) =>
      trx('requests').where({ workspace_id: workspaceId, id: each.requestId }).update({ needs_attention: true }),
    );
  }
  return left;
}

async function readSought(trx: Transaction, deps: RawSearchDeps, ref: UnsearchedErasure): Promise<Sought> {
  return {
    inquiry: await readInquiry(trx, deps.ring, deps.map, ref),
    confirmed: await readConfirmed(trx, ref),
    decisions: await readDecisions(trx, ref),
    retained: (rows, signal) => retainedAmong(deps, ref, rows, signal),
  };
}

async function retainedAmong(
  deps: RawSearchDeps,
  ref: UnsearchedErasure,
  rows: readonly FoundRow[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const confirmed = rows.map(({ collection, key }) => ({ collection, key, mention: false }));
  const prepared = await prepareWeighing(deps, ref, ref.erasureId, confirmed);
  return prepared.weigh(async (weighed) => {
    const retained = new Set<string>();
    for (const { source, client, plan, groups } of weighed) {
      const statements = new Statements(client, source);
      for (const collection of plan.collections) {
        const keys = rows.filter((row) => row.source === source && row.collection === collection.ref);
        const kept = groups.filter((group) => group.collection === collection && group.decision.decision !== 'erase');
        if (keys.length === 0 || kept.length === 0) continue;
        const found = await statements.run(
          keysWith(
            collection,
            kept.map(({ combination }) => combination),
            keys.map(({ key }) => collection.key.map((name) => key[name] ?? '')),
          ),
        );
        for (const { key } of found.rows) {
          const values = key as readonly string[];
          const named = Object.fromEntries(collection.key.map((name, index) => [name, values[index] ?? '']));
          retained.add(rowId({ source, collection: collection.ref, key: named }));
        }
      }
    }
    return retained;
  }, signal);
}
