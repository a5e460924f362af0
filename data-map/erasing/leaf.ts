/**
 * The leaf of a record: HMAC-SHA256 of its collection and key under a secret of the workspace. The source makes it with its
 * own `sha256()`, so that keys need not leave it, and without an extension that somebody would have to install.
 */
import { quoteText } from '../sql-text.ts';

/** Placeholders of the two pads of HMAC, which are the secret; they are bound and never part of a statement's text. */
export interface PadPlaceholders {
  readonly inner: string;
  readonly outer: string;
}

/** SQL of type bytea; `keys` are the texts of the key columns, in the map's order. */
export function leafSql(collection: string, keys: readonly string[], { inner, outer }: PadPlaceholders): string {
  // The text of a jsonb array, put together: to build one takes PostgreSQL longer than to hash it twice.
  const values = keys.map((each) => `to_json(${each})::text`);
  const message = `${quoteText(`[${JSON.stringify(collection)}, `)} || ${values.join(` || ', ' || `)} || ']'`;
  return `sha256(${outer}::bytea || sha256(${inner}::bytea || convert_to(${message}, 'UTF8')))`;
}
