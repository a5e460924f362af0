/** Indexes of trigrams over what people write, so that a mention of somebody is found without reading all of it. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
    CREATE INDEX notes_body_trigrams ON app.notes USING gin (body public.gin_trgm_ops);
    CREATE INDEX messages_body_trigrams ON app.messages USING gin (body public.gin_trgm_ops);
    CREATE INDEX showings_feedback_trigrams ON app.showings USING gin (feedback public.gin_trgm_ops);
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
