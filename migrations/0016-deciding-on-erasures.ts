/**
 * What deciding on an erasure needs beside the tables of 0012: in whose right somebody overrides, masked samples of the rows
 * that a decision is about, and to whom a reminder goes when the first one was not heard. The tables of overrides and
 * approvals have never been written, so no row waits for a value.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  for (const statement of [
    `ALTER TABLE steward.workspaces ADD COLUMN review_delegate_email text`,
    // A workspace sets who stands in for its reviewers itself.
    `CREATE POLICY own_settings ON steward.workspaces FOR UPDATE USING (id = steward.current_workspace())
       WITH CHECK (id = steward.current_workspace())`,
    `ALTER TABLE steward.erasure_overrides
       -- Not always the party of who made it: the processor's people can act for the controller, under an instruction.
       ADD COLUMN in_right_of text NOT NULL CHECK (in_right_of IN ('controller', 'processor')),
       -- Of the ground that it is about: to name a ground is to tell of it.
       ADD COLUMN visibility text NOT NULL CHECK (visibility IN ('processor', 'controller', 'subject')),
       ADD COLUMN withdrawn_by uuid REFERENCES steward.principals (id),
       ADD CONSTRAINT erasure_overrides_withdrawal CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))`,
    `GRANT UPDATE (withdrawn_by) ON steward.erasure_overrides TO steward_app`,
    // Who rejects takes back what they had approved.
    `GRANT UPDATE (voided_at) ON steward.decision_approvals TO steward_app`,
    `CREATE TABLE steward.decision_samples (
       workspace_id uuid NOT NULL,
       request_id uuid NOT NULL,
       decision_id uuid NOT NULL,
       ordinal integer NOT NULL CHECK (ordinal >= 0),
       sealed_row bytea NOT NULL,
       PRIMARY KEY (workspace_id, decision_id, ordinal),
       FOREIGN KEY (workspace_id, request_id, decision_id) REFERENCES steward.decisions (workspace_id, request_id, id)
     )`,
    `CALL steward.isolate('steward.decision_samples')`,
    `GRANT SELECT ON steward.decision_samples TO steward_app`,
    `GRANT SELECT, INSERT, DELETE ON steward.decision_samples TO steward_worker`,
  ]) {
    await knex.raw(statement);
  }
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
