/** What the worker's bundle registers. */
export { backup } from './backup.ts';
export { backupDrill } from './backup-drill.ts';
export { dataSubjectRequest } from './data-subject-request.ts';
export { exportPackaging } from './export-packaging.ts';
export { holdPlacement } from './hold-placement.ts';
export { holdRelease } from './hold-release.ts';
export { mapCheck } from './map-check.ts';
export { packageExpiry } from './package-expiry.ts';
export { retentionReview } from './retention-review.ts';
export { restoreWatch } from './restore-watch.ts';
export { storageSweep } from './storage-sweep.ts';
export { tombstoneSweep } from './tombstone-sweep.ts';
export { exportParts } from './export-parts.ts';
export { workspaceRetention } from './workspace-retention.ts';
export { workspaceExport } from './workspace-export.ts';
export { rawSearch } from './raw-search.ts';
