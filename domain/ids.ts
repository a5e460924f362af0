/**
 * Names of workflow runs, queues and activities' owners. An id is a function of what it is about, so that whoever starts
 * a run twice, from wherever, starts the same run.
 */
export const TASK_QUEUES = {
  /** Workflows and short activities. */
  core: 'steward-core',
  /** Streaming and erasure: minutes to hours. */
  bulk: 'steward-bulk',
  /** Mail and calls to other parties, who may be slow. */
  outbound: 'steward-outbound',
  /** Snapshots held open: each takes its place for as long as a source is read, which must take none from the reading. */
  snapshots: 'steward-snapshots',
} as const;

/** `continues` counts the runs after a partial answer: one goes on where the one before has ended. */
export const dataSubjectRequestId = (requestId: string, continues = 0): string =>
  continues === 0 ? `dsr/${requestId}` : `dsr/${requestId}/continue/${continues}`;

export const exportPackagingId = (requestId: string): string => `dsr/${requestId}/export`;

export const workspaceExportId = (exportId: string): string => `export/${exportId}`;

/** By the source's place in the export, for ids are stored in the clear. */
export const exportPartsId = (exportId: string, source: number, generation: number, kind: 'rows' | 'files'): string =>
  `export/${exportId}/${source}/${generation}/${kind}`;

export const holdPlacementId = (holdId: string): string => `hold/${holdId}`;

export const holdReleaseId = (holdId: string): string => `hold/${holdId}/release`;

export const workspaceRetentionId = (workspaceId: string): string => `retention/${workspaceId}`;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export const isUuid = (text: string): boolean => UUID.test(text);

/** Workflow types by the name they are started with. */
export const WORKFLOWS = {
  dataSubjectRequest: 'dataSubjectRequest',
  exportPackaging: 'exportPackaging',
  workspaceExport: 'workspaceExport',
  holdPlacement: 'holdPlacement',
  holdRelease: 'holdRelease',
  mapCheck: 'mapCheck',
  packageExpiry: 'packageExpiry',
  storageSweep: 'storageSweep',
  tombstoneSweep: 'tombstoneSweep',
  rawSearch: 'rawSearch',
  retentionReview: 'retentionReview',
  workspaceRetention: 'workspaceRetention',
  backup: 'backup',
  backupDrill: 'backupDrill',
  restoreWatch: 'restoreWatch',
} as const;

/** Of schedules, and the beginnings of the ids of their runs. */
export const SCHEDULES = {
  mapCheck: 'map-check',
  packageExpiry: 'package-expiry',
  storageSweep: 'storage-sweep',
  tombstoneSweep: 'tombstone-sweep',
  rawSearch: 'raw-search',
  retentionReview: 'retention-review',
  backup: 'backup',
  backupDrill: 'backup-drill',
  restoreWatch: 'restore-watch',
} as const;

/**
 * Signals by name. They carry nothing: each says that the database has news, which the workflow then reads through an
 * activity, so that a signal sent twice, or late, does no harm.
 */
export const SIGNALS = {
  instructionGiven: 'instructionGiven',
  cancelRequested: 'cancelRequested',
  reviewed: 'reviewed',
  /** From the activity that holds it, to its own run. */
  snapshotOpened: 'snapshotOpened',
} as const;
