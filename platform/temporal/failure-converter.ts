/**
 * Puts messages and stack traces of failures into payloads, which the codec encrypts; otherwise Temporal stores them in
 * the clear. The SDK loads this file by its path, in the worker and into the workflow bundle.
 */
import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
