/** Builds a package, proves that it opens and is whole, and hands it over. */
import { ActivityFailure, ApplicationFailure, setCurrentDetails, sleep } from '@temporalio/workflow';
import type { PackageResult, RequestRef } from '../domain/runs.ts';
import * as summaries from '../domain/summaries.ts';
import { bulk, core, outbound } from './activity-proxies.ts';

export interface PackagingOptions {
  /** False when somebody looks at the package first. */
  readonly handOver: boolean;
}

export async function exportPackaging(
  ref: RequestRef,
  { handOver }: PackagingOptions = { handOver: true },
): Promise<PackageResult> {
  const result = await buildUntilSound(ref);
  if (!handOver) {
    setCurrentDetails(summaries.packageReady(result.rows, result.files, result.bytes));
    return result;
  }
  await core.beginDelivery(ref);
  setCurrentDetails(summaries.delivering());
  await outbound.deliverPackage(ref);
  setCurrentDetails(summaries.packageReady(result.rows, result.files, result.bytes));
  return result;
}

/** A package that does not verify is never handed over: it is thrown away and built again, and an operator is told. */
async function buildUntilSound(ref: RequestRef): Promise<PackageResult> {
  for (;;) {
    const built = await bulk.buildPackage(ref);
    setCurrentDetails(summaries.verifying(built.rows, built.files, built.bytes));
    try {
      await bulk.verifyPackage(ref);
      return built;
    } catch (error) {
      if (!isBroken(error)) throw error;
      await core.discardPackage(ref);
      await sleep('10 minutes');
    }
  }
}

function isBroken(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === 'package-broken'
  );
}
