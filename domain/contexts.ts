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

/** Of what the parts of an export are to hold, and of what is missing in them. */
export const exportPartContext = (exportId: string): string => `export-part:${exportId}`;
