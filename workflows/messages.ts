/** Every signal, update and query of our workflows. */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import { SIGNALS } from '../domain/ids.ts';
import type { RequestStatus } from '../domain/request.ts';

/** The request has an instruction now; the workflow checks it in the database. */
export const instructionGiven = defineSignal(SIGNALS.instructionGiven);

/** Somebody who may do so has asked to cancel; who and why stands in the timeline. */
export const cancelRequested = defineSignal(SIGNALS.cancelRequested);

/** Matches, manual tasks or the release have news in the database. */
export const reviewed = defineSignal(SIGNALS.reviewed);

/** A source's snapshot can be read now. */
export const snapshotOpened = defineSignal(SIGNALS.snapshotOpened);

/** Where the run stands. */
export const currentStatus = defineQuery<RequestStatus>('currentStatus');
