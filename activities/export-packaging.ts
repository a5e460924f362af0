/** The steps of a package: built, verified as it is stored, delivered. */
import type { PackageResult, RequestRef } from '../domain/runs.ts';
import type { BuildDeps } from './packaging/build-package.ts';
import { buildPackage } from './packaging/build-package.ts';
import { currentControl } from './packaging/control.ts';
import type { DeliverDeps } from './packaging/deliver-package.ts';
import { deliverPackage } from './packaging/deliver-package.ts';
import { verifyPackage } from './packaging/verify-package.ts';

export type ExportPackagingDeps = BuildDeps & DeliverDeps;

export type ExportPackagingActivities = ReturnType<typeof createExportPackagingActivities>;

export function createExportPackagingActivities(deps: ExportPackagingDeps) {
  return {
    /**
     * Answers the request's package, or builds it. For the queue steward-bulk: minutes to hours, with heartbeats; a
     * cancellation stops the reading and the upload, and leaves nothing.
     */
    async buildPackage(ref: RequestRef): Promise<PackageResult> {
      return buildPackage(deps, ref, currentControl());
    },

    /** Throws PackageBroken: never to be repeated, but answered by `discardPackage` and another `buildPackage`. */
    async verifyPackage(ref: RequestRef): Promise<void> {
      await verifyPackage(deps, ref, currentControl());
    },

    /** Mails a link to the workspace's contact, once. For the queue steward-outbound; Unavailable while mail is away. */
    async deliverPackage(ref: RequestRef): Promise<void> {
      await deliverPackage(deps, ref);
    },
  };
}
