/** Steward's database with a schedule in force, the product beside it, and reviews of its workspace step by step. */
import { activateSchedule } from '../../../activities/erasing/schedule-in-force.ts';
import { createRetentionReviewActivities, surveyRetention } from '../../../activities/retention-review.ts';
import type { DisposeDeps } from '../../../activities/retention/dispose.ts';
import { reviewClass } from '../../../activities/retention/review-class.ts';
import type { Party } from '../../../domain/parties.ts';
import type { ReviewFinished, ReviewProblem, ReviewRef } from '../../../domain/retention/review.ts';
import { openDatabase } from '../../../platform/database.ts';
import type { Database } from '../../../platform/database.ts';
import { sourceSchema } from '../../../platform/erasure/source-schema.ts';
import { createApiKey } from '../../../platform/records/admin.ts';
import type { Caller } from '../../../platform/records/caller.ts';
import { placeHold } from '../../../platform/records/hold-placing.ts';
import type { NewHold } from '../../../platform/records/hold-placing.ts';
import { insertInstruction } from '../../../platform/records/instructions.ts';
import { openSources } from '../../../platform/sources.ts';
import { openStorage } from '../../../platform/storage/open.ts';
import { inRole } from '../../support/database.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import type { TestDatabase } from '../../support/database.ts';
import { openLocatingFixture } from '../locating/locating-fixture.ts';
import { quietControl } from '../packaging/packaging-fixture.ts';
import { DOCUMENT, MAP, SCHEMA } from './reviewed-product.ts';

export interface ReviewFixture {
  readonly own: TestDatabase;
  readonly source: TestDatabase;
  readonly app: Database;
  readonly deps: DisposeDeps;
  readonly workspaceId: string;
  /** Two people of the controller, and one of the processor. */
  readonly people: readonly [Caller, Caller, Caller];
  /** In order; each is written as its table's rows are. */
  insert(table: string, ...rows: readonly object[]): Promise<void>;
  /** The ids that are there, in their order. */
  ids(table: string): Promise<readonly number[]>;
  /** The controller instructs us to erase what is due. */
  instruct(): Promise<void>;
  hold(more?: Partial<NewHold>): Promise<string>;
  activate(document: object): Promise<void>;
  /** A whole run: its classes one after the other, as the workflow has them. */
  review(deps?: DisposeDeps): Promise<ReviewFinished & ReviewRef & { readonly problems: readonly ReviewProblem[] }>;
  /** Everything of the product, and every proposal, is gone. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

const HOLD: NewHold = {
  party: 'controller',
  visibility: 'controller',
  matter: 'A matter',
  authority: 'General counsel',
  purpose: 'legal',
  subject: [],
  scope: {},
};
const REPEAT = { operation: 'a test', key: undefined, digests: [Buffer.alloc(0)] as const };

export async function openReviewFixture(): Promise<ReviewFixture> {
  const base = await openLocatingFixture(MAP, SCHEMA);
  await base.source.pool.query(sourceSchema('postgres'));
  const { url } = base.source;
  const { workspaceId } = base.caller;
  const deps: DisposeDeps = {
    ...base.deps,
    sources: openSources([{ name: 'crm', kind: 'postgres', url, eraseUrl: url }]),
    storage: openStorage({ kind: 'folder', path: await temporaryHome() }),
  };
  const owner = openDatabase(inRole(base.own.url, 'steward_owner'));
  const caller = async (party: Party): Promise<Caller> => {
    const wish = { name: 'a test', party, workspaceId, scopes: ['retention:write' as const] };
    const { principalId: id } = await base.app.withTenant(workspaceId, (trx) => createApiKey(trx, deps.ring, wish));
    return { workspaceId, principal: { id, party, workspaceId, teamId: undefined, scopes: wish.scopes } };
  };
  const people = [await caller('controller'), await caller('controller'), await caller('processor')] as const;
  await base.own.pool.query("UPDATE steward.workspaces SET time_zone = 'Europe/Berlin' WHERE id = $1", [workspaceId]);
  const activate = async (document: object): Promise<void> => {
    await activateSchedule(owner, { name: 'a.yml', text: JSON.stringify(document) }, MAP, 'a test');
  };
  await activate(DOCUMENT);
  return {
    own: base.own,
    source: base.source,
    app: base.app,
    deps,
    workspaceId,
    people,
    activate,
    insert: async (table, ...rows) => {
      const own = rows.map((row) => ({ workspace_id: 'w', ...row }));
      await base.source.pool.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`, [
        JSON.stringify(own),
      ]);
    },
    ids: async (table) => {
      const { rows } = await base.source.pool.query<{ id: number }>(`SELECT id FROM ${table} ORDER BY id`);
      return rows.map(({ id }) => id);
    },
    instruct: async () => {
      const attestation = { text: 'Erase what is due.', attestedBy: 'Privacy desk', attestedAt: new Date() };
      const about = { source: 'terms', standing: true, requestTypes: ['retention_disposal'], attestation } as const;
      await base.app.withTenant(workspaceId, (trx) =>
        insertInstruction(trx, people[0], { ...about, validFrom: new Date(Date.now() - 1000), validUntil: null }),
      );
    },
    hold: (more = {}) => {
      const hold = { ...HOLD, ...more };
      return placeHold(base.app, deps.ring, people[hold.party === 'controller' ? 0 : 2], hold, REPEAT);
    },
    review: (other = deps) => review(other, workspaceId),
    clear: async () => {
      await base.source.pool.query('TRUNCATE contacts, events, consents, invoices, lines, settings');
      await base.own.pool.query('UPDATE steward.retention_reviews SET forecast_at = NULL');
      for (const table of ['proposal_words', 'retention_proposals', 'instructions', 'hold_sources', 'hold_identities'])
        await base.own.pool.query(`DELETE FROM steward.${table}`);
      await base.own.pool.query('DELETE FROM steward.hold_journal');
      await base.own.pool.query('DELETE FROM steward.outbox');
      await base.own.pool.query('DELETE FROM steward.holds');
    },
    close: async () => {
      await Promise.all([owner.close(), deps.sources.close()]);
      await base.close();
    },
  };
}

async function review(deps: DisposeDeps, workspaceId: string) {
  const activities = createRetentionReviewActivities(deps);
  const { reviewId } = await activities.openRetentionReview({ workspaceId });
  const ref = { workspaceId, reviewId };
  const { classes } = await surveyRetention(deps, ref, quietControl());
  const problems: ReviewProblem[] = [];
  for (const recordClass of classes)
    await reviewClass(deps, { ...ref, recordClass }, quietControl()).catch((error: unknown) => {
      if (!(error instanceof Error)) throw error;
      problems.push({ recordClass, problem: error.name });
    });
  return { ...(await activities.finishRetentionReview(ref, problems)), ...ref, problems };
}
