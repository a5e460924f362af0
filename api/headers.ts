/** Headers of ours that calls carry. */

/** Names a workspace for a key of the processor's that belongs to none. */
export const WORKSPACE_HEADER = 'Steward-Workspace';

/** Chosen by the caller; makes a repeat of a call recognisable. */
export const IDEMPOTENCY_HEADER = 'Idempotency-Key';

/** The name of a file that is sent as a body, percent-encoded. */
export const FILE_NAME_HEADER = 'Steward-File-Name';
