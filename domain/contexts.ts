/**
 * What sealed bytes are bound to. The text is authenticated with them, so that a seal lifted from one record and put into
 * another does not open; sealing and opening sides therefore take it from here.
 */

/** Of a package's stream in the object storage. */
export const packageContext = (packageId: string): string => `package:${packageId}`;

/** Of a wrapped data key. */
export const dataKeyContext = (dataKeyId: string): string => `data-key:${dataKeyId}`;

/** Of the identities that a request was filed with. */
export const identityContext = (requestId: string): string => `identity:${requestId}`;

/** Of what a reviewer sees of a row that may be somebody else's. */
export const hintContext = (requestId: string): string => `hint:${requestId}`;

/** Of what the parts of an export are to hold, and of what is missing in them. */
export const exportPartContext = (exportId: string): string => `export-part:${exportId}`;

/** Of a file that somebody attached to a search by hand, and of its name. */
export const attachmentContext = (attachmentId: string): string => `attachment:${attachmentId}`;

/** Of the reason why something is kept back. */
export const redactionContext = (redactionId: string): string => `redaction:${redactionId}`;

/** Of the reason why somebody overrides what the retention schedule says. */
export const overrideContext = (overrideId: string): string => `override:${overrideId}`;

/** Of a row that a decision of a review is about, masked. */
export const sampleContext = (decisionId: string): string => `sample:${decisionId}`;

/** Of what whoever searched a system by hand says for the person to read. */
export const statementContext = (taskId: string): string => `statement:${taskId}`;

/** Of a certificate's archive in the object storage. */
export const certificateContext = (certificateId: string): string => `certificate:${certificateId}`;

/** Of whom a hold is about. */
export const holdIdentityContext = (holdId: string): string => `hold-identity:${holdId}`;
