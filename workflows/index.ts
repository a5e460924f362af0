/** What the worker's bundle registers. */
export { dataSubjectRequest } from './data-subject-request.ts';
export { exportPackaging } from './export-packaging.ts';
export { exportParts } from './export-parts.ts';
export { workspaceExport } from './workspace-export.ts';
