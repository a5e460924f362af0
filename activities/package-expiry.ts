/** Packages end: their objects are deleted when their time is over, unless a hold keeps them, and that is recorded. */
import { Context, metricMeter } from '@temporalio/activity';
import { StewardError, Unavailable } from '../domain/errors.ts';
import type { ExpiryResult } from '../domain/runs.ts';
import type { Database } from '../platform/database.ts';
import type { KeyRing } from '../platform/keys.ts';
import { shutOutHolds } from '../platform/records/hold-lock.ts';
import { keepPackage } from '../platform/records/kept-packages.ts';
import {
  expirePackage,
  findExpiredPackages,
  lockExpired,
  recordPackageDeleted,
} from '../platform/records/package-expiry.ts';
import type { PackageRef } from '../platform/records/package-expiry.ts';
import type { ObjectStorage } from '../platform/storage/storage.ts';
import { currentControl } from './packaging/control.ts';
import { holdsKeeping } from './packaging/package-holds.ts';

export interface PackageExpiryDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly storage: ObjectStorage;
}

export type PackageExpiryActivities = ReturnType<typeof createPackageExpiryActivities>;

export function createPackageExpiryActivities(deps: PackageExpiryDeps) {
  return {
    /**
     * Deletes every package whose time is over and that no hold keeps, of all workspaces. One that cannot be deleted is counted and left to the
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

/** False when there is nothing to delete, or a hold keeps it: then it comes up again with the next run. */
async function endPackage({ db, ring, storage }: PackageExpiryDeps, ref: PackageRef): Promise<boolean> {
  const storageKey = await expirePackage(db, ref);
  if (storageKey === undefined) return false;
  return db.withTenant(ref.workspaceId, async (trx) => {
    await shutOutHolds(trx, ref.workspaceId);
    const row = await lockExpired(trx, ref, storageKey);
    if (!row) return false;
    const holds = await holdsKeeping(trx, ring, row);
    // What a run deleted that died before it could say so is gone, whoever wants it kept.
    if (holds.length > 0 && (await storage.head(storageKey)) !== undefined) {
      await keepPackage(trx, row, holds);
      return false;
    }
    await storage.delete(storageKey);
    return recordPackageDeleted(trx, ref, storageKey);
  });
}
