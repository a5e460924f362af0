/** Packages end: their objects are deleted when their time is over, and that is recorded. */
import { Context, metricMeter } from '@temporalio/activity';
import { StewardError, Unavailable } from '../domain/errors.ts';
import type { ExpiryResult } from '../domain/runs.ts';
import type { Database } from '../platform/database.ts';
import { expirePackage, findExpiredPackages, recordPackageDeleted } from '../platform/records/package-expiry.ts';
import type { PackageRef } from '../platform/records/package-expiry.ts';
import type { ObjectStorage } from '../platform/storage/storage.ts';
import { currentControl } from './packaging/control.ts';

export interface PackageExpiryDeps {
  readonly db: Database;
  readonly storage: ObjectStorage;
}

export type PackageExpiryActivities = ReturnType<typeof createPackageExpiryActivities>;

export function createPackageExpiryActivities(deps: PackageExpiryDeps) {
  return {
    /**
     * Deletes every package whose time is over, of all workspaces. One that cannot be deleted is counted and left to the
     * next run. Throws Unavailable while the database or the storage as a whole is away.
     */
    async expirePackages(): Promise<ExpiryResult> {
      const counter = metricMeter.createCounter('steward_packages_expired', '', 'Packages deleted as their time ended');
      const control = currentControl();
      const result = { deleted: 0, failed: 0 };
      const stopBeating = control.beat(() => result);
      try {
        for await (const { packageId, problem } of endExpiredPackages(deps)) {
          if (problem === undefined) counter.add(1);
          else Context.current().log.warn(`The package ${packageId} could not be deleted: ${problem}`);
          result[problem === undefined ? 'deleted' : 'failed'] += 1;
          control.signal.throwIfAborted();
        }
        return { ...result };
      } finally {
        stopBeating();
      }
    },
  };
}

export interface EndedPackage {
  readonly packageId: string;
  /** Why it is not deleted, without a word of anybody's data. */
  readonly problem?: string;
}

/** One after the other; those that another run has seen to meanwhile are passed over. */
export async function* endExpiredPackages(deps: PackageExpiryDeps): AsyncGenerator<EndedPackage> {
  for await (const ref of findExpiredPackages(deps.db)) {
    try {
      if (await endPackage(deps, ref)) yield { packageId: ref.packageId };
    } catch (error) {
      if (error instanceof Unavailable && error.extras.service === 'database') throw error;
      // One object that the storage refuses stops nobody; a storage that is away stops the run.
      await deps.storage.health();
      yield { packageId: ref.packageId, problem: error instanceof StewardError ? error.message : 'unexpected failure' };
    }
  }
}

async function endPackage({ db, storage }: PackageExpiryDeps, ref: PackageRef): Promise<boolean> {
  const storageKey = await expirePackage(db, ref);
  if (storageKey === undefined) return false;
  await storage.delete(storageKey);
  return recordPackageDeleted(db, ref, storageKey);
}
