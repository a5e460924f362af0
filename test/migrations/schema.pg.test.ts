import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKUP_FAILURES, BACKUP_STATUSES, BACKUP_WAYS, DRILL_RESULTS } from '../../domain/backups.ts';
import { REGIMES } from '../../domain/deadlines.ts';
import { JOURNAL_KINDS } from '../../domain/journal.ts';
import { HOLD_PURPOSES, HOLD_STATES } from '../../domain/holds.ts';
import { DISCLOSURE_PURPOSES, INSTRUCTION_SOURCES, PARTIES } from '../../domain/parties.ts';
import { EXEMPTIONS, RELEASE_DECISIONS, TASK_STATUSES } from '../../domain/release.ts';
import { RELEASES, REQUEST_OUTCOMES, REQUEST_STATUSES, REQUEST_TYPES } from '../../domain/request.ts';
import { OVERRIDE_KINDS } from '../../domain/retention/grounds.ts';
import { REPORT_AUDIENCES } from '../../domain/retention/report.ts';
import { FINDING_OUTCOMES, PROPOSAL_STATES } from '../../domain/retention/review.ts';
import { AUDIENCES, FORCES, REQUIREMENTS, RETENTION_PURPOSES } from '../../domain/retention/words.ts';
import { migrate } from '../../platform/migrate.ts';
import { VERDICTS } from '../../platform/records/erasure-approvals.ts';
import { testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});

afterAll(() => database.drop());

/** The words that a column's check constraint accepts. */
async function acceptedBy(table: string, column: string): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ definition: string }>(
    `SELECT pg_get_constraintdef(c.oid) AS definition FROM pg_constraint c
       JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
      WHERE c.conrelid = $1::regclass AND c.contype = 'c' AND cardinality(c.conkey) = 1 AND a.attname = $2`,
    [table, column],
  );
  const words = rows.flatMap(({ definition }) =>
    [...definition.matchAll(/'([^']+)'::text/g)].map(([, word]) => word ?? ''),
  );
  return words.sort();
}

describe('the migrations', () => {
  it('bring an empty database to this version, and a second run has nothing to do', async () => {
    const done = await migrate(database.url);
    expect(done.length).toBeGreaterThanOrEqual(4);
    expect(await migrate(database.url)).toEqual([]);
  });

  it.each([
    ['steward.requests', 'type', REQUEST_TYPES],
    ['steward.requests', 'regime', REGIMES],
    ['steward.requests', 'status', REQUEST_STATUSES],
    ['steward.requests', 'outcome', REQUEST_OUTCOMES],
    ['steward.principals', 'party', PARTIES],
    ['steward.instructions', 'source', INSTRUCTION_SOURCES],
    ['steward.disclosures', 'purpose', DISCLOSURE_PURPOSES],
    ['steward.retention_rules', 'requirement', REQUIREMENTS],
    ['steward.retention_rules', 'purpose', RETENTION_PURPOSES],
    ['steward.retention_rules', 'force', FORCES],
    ['steward.holds', 'visibility', AUDIENCES],
    ['steward.holds', 'purpose', HOLD_PURPOSES],
    ['steward.holds', 'state', HOLD_STATES],
    ['steward.certificates', 'audience', AUDIENCES],
    ['steward.decision_approvals', 'verdict', VERDICTS],
    ['steward.erasure_overrides', 'kind', OVERRIDE_KINDS],
    ['steward.retention_findings', 'outcome', FINDING_OUTCOMES],
    ['steward.retention_proposals', 'state', PROPOSAL_STATES],
    ['steward.retention_reports', 'audience', REPORT_AUDIENCES],
    ['steward.proposal_words', 'verdict', VERDICTS],
    ['steward.proposal_words', 'party', PARTIES],
    ['steward.erasure_overrides', 'in_right_of', PARTIES],
    ['steward.erasure_overrides', 'visibility', AUDIENCES],
    ['steward.links', 'purpose', DISCLOSURE_PURPOSES],
    ['steward.requests', 'release', RELEASES],
    ['steward.redactions', 'exemption', EXEMPTIONS],
    ['steward.releases', 'decision', RELEASE_DECISIONS],
    ['steward.manual_tasks', 'status', TASK_STATUSES],
    ['steward.backups', 'way', BACKUP_WAYS],
    ['steward.backups', 'status', BACKUP_STATUSES],
    ['steward.backups', 'failure', BACKUP_FAILURES],
    ['steward.backup_drills', 'result', DRILL_RESULTS],
    ['steward.journal_notes', 'kind', JOURNAL_KINDS],
  ])('let %s.%s hold exactly the words of the domain', async (table, column, words) => {
    expect(await acceptedBy(table, column)).toEqual([...words].sort());
  });

  it.each(['sale', 'model_training'])('let no disclosure be recorded for %s', async (purpose) => {
    expect(await acceptedBy('steward.disclosures', 'purpose')).not.toContain(purpose);
  });

  it("give the API's role no way to change or remove what the audit log holds", async () => {
    const { rows } = await database.pool.query<{ privilege: string }>(
      `SELECT privilege FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS privilege, unnest(ARRAY['steward_app', 'steward_worker']) AS role
        WHERE has_table_privilege(role, 'steward.audit_events', privilege)`,
    );
    expect(rows).toEqual([]);
  });

  it('put row-level security on every table of a workspace', async () => {
    const { rows } = await database.pool.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('steward', 'keys') AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT c.relrowsecurity`,
    );
    expect(rows).toEqual([]);
  });
});
