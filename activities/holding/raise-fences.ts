/**
 * Raises the fence of a hold in its sources (design rule 3). Each source is told by itself: one that is away keeps none of
 * the others from being told.
 */
import type { HoldRef } from '../../domain/holds.ts';
import { SourceFailed, Unavailable } from '../../domain/errors.ts';
import type { StewardError } from '../../domain/errors.ts';
import type { Database } from '../../platform/database.ts';
import { raiseInSource } from '../../platform/erasure/raise.ts';
import { readUntoldSources, recordRaised } from '../../platform/records/hold-fences.ts';
import type { FenceRaising, UntoldSource } from '../../platform/records/hold-fences.ts';
import type { Sources } from '../../platform/sources.ts';

export interface FenceDeps {
  readonly db: Database;
  readonly sources: Sources;
}

/** A source that could not be told, in words without anybody's data. */
export interface UnraisedFence {
  readonly source: string;
  readonly problem: string;
}

/** Answers the sources that could not be told. Throws what is neither a source's absence nor its refusal. */
export async function raiseFences(deps: FenceDeps, ref: HoldRef): Promise<readonly UnraisedFence[]> {
  const untold = await deps.db.withTenant(ref.workspaceId, (trx) => readUntoldSources(trx, ref));
  const failed = await Promise.all(untold.map((source) => raiseIn(deps, ref, source)));
  return failed.flatMap((each) => each ?? []);
}

async function raiseIn(
  { db, sources }: FenceDeps,
  ref: HoldRef,
  untold: UntoldSource,
): Promise<UnraisedFence | undefined> {
  const { source } = untold;
  try {
    const raised = await raise(sources, untold);
    await db.withTenant(ref.workspaceId, (trx) => recordRaised(trx, ref, source, raised));
    return undefined;
  } catch (error) {
    if (isOfSource(error)) return { source, problem: error.message };
    throw error;
  }
}

/** Where nothing is erased there is nothing to turn back. */
async function raise(sources: Sources, { source, tenantKey, placedAt }: UntoldSource): Promise<FenceRaising> {
  if (!sources.canErase(source)) return { epoch: undefined, erasuresUnderWay: [], erasedBefore: [] };
  return sources.withEraser(source, (client) => raiseInSource(client, tenantKey, placedAt));
}

function isOfSource(error: unknown): error is StewardError {
  return error instanceof SourceFailed || (error instanceof Unavailable && error.extras.service === 'source');
}
