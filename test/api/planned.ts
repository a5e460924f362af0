/** A request whose erasure has been planned, as the plan leaves it in the database. */
import { randomUUID } from 'node:crypto';
import { decide } from '../../domain/retention/decide.ts';
import type { Decision } from '../../domain/retention/decide.ts';
import type { Ground, HoldGround } from '../../domain/retention/grounds.ts';
import { confidentialHold, launderingRule, leadsRule, taxRule } from '../domain/retention/grounds-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { ONE_OFF, accessRequest, move } from './filing.ts';

export const SCHEDULE = 'a'.repeat(64);

export const newHold = (more: Partial<HoldGround> = {}): HoldGround => ({
  ...confidentialHold,
  holdId: randomUUID(),
  ...more,
});

export interface PlannedDecision {
  readonly recordClass: string;
  readonly collection: string;
  readonly rows: number;
  readonly grounds: readonly Ground[];
  /** One when left out. */
  readonly approvals?: number;
}

export const CONTACTS: PlannedDecision = {
  recordClass: 'contact_record',
  collection: 'crm.contacts',
  rows: 3,
  grounds: [],
};
export const NOTES: PlannedDecision = {
  ...CONTACTS,
  recordClass: 'lead_record',
  collection: 'crm.notes',
  rows: 40,
  grounds: [leadsRule],
};
export const INVOICES: PlannedDecision = {
  recordClass: 'billing_record',
  collection: 'crm.invoices',
  rows: 12,
  grounds: [taxRule],
};

export interface Planned {
  readonly requestId: string;
  readonly erasureId: string;
  readonly generation: number;
}

/** Files a request, plans its erasure and lets it wait for approvals. */
export async function plannedErasure(
  api: TestApi,
  decisions: readonly PlannedDecision[] = [CONTACTS, NOTES, INVOICES],
  key: string = api.key,
): Promise<Planned> {
  const { body: request } = await api.call('POST', '/v1/requests', {
    key,
    body: accessRequest({ instruction: ONE_OFF }),
  });
  await api.database.pool.query(`UPDATE steward.requests SET type = 'erasure' WHERE id = $1`, [request.id]);
  await activateSchedule(api);
  const erasureId = randomUUID();
  await api.database.pool.query(
    `INSERT INTO steward.erasures (id, workspace_id, request_id, ordinal)
     SELECT $1, workspace_id, id, 1 FROM steward.requests WHERE id = $2`,
    [erasureId, request.id],
  );
  return plan(api, { requestId: request.id, erasureId, generation: 0 }, decisions);
}

/** Plans it, or plans it again; a decision that is there already is found again by its collection and grounds. */
export async function plan(api: TestApi, earlier: Planned, decisions: readonly PlannedDecision[]): Promise<Planned> {
  const generation = earlier.generation + 1;
  await api.database.pool.query(
    `UPDATE steward.erasures SET generation = $2, planned_at = clock_timestamp(), map_version = 'v1', schedule_version = $3,
            jurisdictions = (SELECT jurisdictions FROM steward.workspaces WHERE id = workspace_id)
      WHERE id = $1`,
    [earlier.erasureId, generation, SCHEDULE],
  );
  for (const each of decisions) await insertDecision(api, { ...earlier, generation }, each);
  await move(api, earlier.requestId, 'awaiting_approval');
  return { ...earlier, generation };
}

async function insertDecision(
  api: TestApi,
  { requestId, erasureId, generation }: Planned,
  { recordClass, collection, rows, grounds, approvals = 1 }: PlannedDecision,
): Promise<void> {
  const decision = decide(grounds, { askedBy: 'erasure_request', asOf: new Date(), overrides: [] });
  const end = endOf(decision);
  await api.database.pool.query(
    `INSERT INTO steward.decisions (id, workspace_id, request_id, record_class, decision, grounds, map_version, retain_until,
       erasure_id, source, collection, combination, rows, keeps, doubts, ends_first, ends_last, approvals_needed, generation)
     SELECT gen_random_uuid(), workspace_id, id, $2, $3, $4, 'v1', $5, $6, 'crm', $7, $8, $9, $10, $11, $5, $5, $12, $13
       FROM steward.requests WHERE id = $1
     ON CONFLICT (workspace_id, erasure_id, source, collection, combination)
       DO UPDATE SET generation = EXCLUDED.generation, rows = EXCLUDED.rows`,
    [
      requestId,
      recordClass,
      decision.decision,
      JSON.stringify(decision.grounds),
      end,
      erasureId,
      collection,
      decision.grounds.map(({ ground }) => JSON.stringify(ground)).join('+'),
      rows,
      decision.keeps,
      decision.doubts,
      approvals,
      generation,
    ],
  );
}

const endOf = ({ end }: Decision): Date | null => (end instanceof Date ? end : null);

async function activateSchedule({ database }: TestApi): Promise<void> {
  await database.pool.query(
    `INSERT INTO steward.retention_schedules (version, name, document, activated_by) VALUES ($1, 'A test', '', 'a test')
     ON CONFLICT DO NOTHING`,
    [SCHEDULE],
  );
  for (const rule of [taxRule, leadsRule, launderingRule])
    await database.pool.query(
      `INSERT INTO steward.retention_rules (id, version, record_class, party, force, requirement, purpose, exemption, basis,
         definition, first_schedule)
       VALUES ($1, $2, 'billing_record', $3, $4, $5, $6, $7, 'Invoices are kept.', '{"source": "§ 14b(1) UStG"}', $8)
       ON CONFLICT DO NOTHING`,
      [rule.ruleId, rule.version, rule.party, rule.force, rule.requirement, rule.purpose, rule.exemption, SCHEDULE],
    );
}

/** Places a hold on the workspace, as it stands in the register. */
export async function placeHold(api: TestApi): Promise<string> {
  const { rows } = await api.database.pool.query<{ id: string }>(
    `INSERT INTO steward.holds (id, workspace_id, party, visibility, matter, authority, purpose, scope, state, created_by, created_at)
     SELECT gen_random_uuid(), $1, 'processor', 'processor', 'Matter Nightjar', 'A court', 'legal', '{}', 'pending', id,
       clock_timestamp() FROM steward.principals WHERE workspace_id = $1 LIMIT 1 RETURNING id`,
    [api.workspaceId],
  );
  return rows[0]?.id ?? '';
}
