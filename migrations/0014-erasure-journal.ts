/** Where the journal of an erasure lies, with the Merkle root over the keyed hashes of what was erased. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  // {key, root, leaves}: ids, a digest and a count.
  await knex.raw('ALTER TABLE steward.erasures ADD COLUMN journal jsonb');
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
