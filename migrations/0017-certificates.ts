/**
 * Certificates get what their first use needs: their result, who signed, and a data key of their own, for they are to be
 * read when the request's own key is destroyed. Neither table was ever written before, so no row waits for these.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  for (const statement of [
    `ALTER TABLE steward.certificates
       ADD COLUMN result text NOT NULL CHECK (result IN ('erased', 'partially_erased', 'nothing_erased', 'nothing_found',
         'failed')),
       ADD COLUMN signing_key_id text NOT NULL,
       ADD COLUMN data_key_id uuid NOT NULL,
       -- Of the archive, which has the certificate, its signature and the printed one; unsealed.
       ADD COLUMN bytes bigint NOT NULL CHECK (bytes > 0),
       ADD CONSTRAINT certificates_data_key FOREIGN KEY (workspace_id, data_key_id)
         REFERENCES keys.data_keys (workspace_id, id)`,
    `CREATE INDEX ON steward.certificates (workspace_id, request_id, audience, issued_at DESC)`,
    // When every text was searched for what the map's search does not look into.
    `ALTER TABLE steward.erasures ADD COLUMN raw_searched_at timestamptz`,
    `CREATE INDEX erasures_unsearched ON steward.erasures (workspace_id, certified_at)
       WHERE raw_searched_at IS NULL AND certified_at IS NOT NULL`,
    // The worker makes a key for what it writes when no request is at hand whose key it could be.
    `GRANT INSERT ON keys.data_keys TO steward_worker`,
  ]) {
    await knex.raw(statement);
  }
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
