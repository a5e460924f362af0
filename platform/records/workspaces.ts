/** Workspaces as the processor sees them, and one workspace as it sees itself. */
import { Conflict, NotFound } from '../../domain/errors.ts';
import type { Principal } from '../../domain/parties.ts';
import type { Release } from '../../domain/request.ts';
import { PLATFORM_CHAIN, appendAudit } from '../audit.ts';
import { DatabaseFailure } from '../database.ts';
import type { Database, Transaction } from '../database.ts';
import { createWorkspace } from './admin.ts';
import type { NewWorkspace } from './admin.ts';
import { readPage } from './paging.ts';
import type { Page, PageRequest } from './paging.ts';

export interface WorkspaceRecord {
  readonly id: string;
  readonly name: string;
  readonly contactEmail: string;
  /** IANA name; its days are the days of the deadlines. */
  readonly timeZone: string;
  /** Days in which the processor owes the controller its part. */
  readonly contractualDays: number;
  /** ISO 3166; empty when nobody has said where it is, so that every country's rules hold. */
  readonly jurisdictions: readonly string[];
  /** Days between the approval of an erasure and its beginning. */
  readonly coolingOffDays: number;
  /** Of requests that are filed without saying so. */
  readonly release: Release;
  /** Whom reminders about an approval go to as well, from the second on. */
  readonly reviewDelegateEmail: string | null;
  /** Source name to the value of the tenant column there. */
  readonly sources: Readonly<Record<string, string>>;
  readonly createdAt: Date;
}

interface WorkspaceRow {
  readonly id: string;
  readonly name: string;
  readonly contact_email: string;
  readonly time_zone: string;
  readonly contractual_days: number;
  readonly jurisdictions: readonly string[];
  readonly cooling_off_days: number;
  readonly release: Release;
  readonly review_delegate_email: string | null;
  readonly created_at: Date;
}

export async function workspaceExists(db: Database, id: string): Promise<boolean> {
  return db.withTenant(id, async (trx) => (await trx('workspaces').where({ id }).first('id')) !== undefined);
}

/** The settings that a request is filed by: what its deadlines are counted by, and whether its package is looked at. */
export async function readFilingSettings(
  trx: Transaction,
  id: string,
): Promise<Pick<WorkspaceRecord, 'timeZone' | 'contractualDays' | 'release'>> {
  const row = await trx('workspaces')
    .where({ id })
    .first<Pick<WorkspaceRecord, 'timeZone' | 'contractualDays' | 'release'> | undefined>({
      timeZone: 'time_zone',
      contractualDays: 'contractual_days',
      release: 'release',
    });
  if (!row) throw new NotFound(`There is no workspace ${id}.`);
  return row;
}

/** All workspaces for a processor's principal of none; for any other its own alone. */
export async function listWorkspaces(
  db: Database,
  principal: Principal,
  page: PageRequest,
): Promise<Page<WorkspaceRecord>> {
  return visibleTo(db, principal, async (trx) => {
    const { rows, last } = await readPage<WorkspaceRow>(trx('workspaces').select('workspaces.*'), 'workspaces', page);
    const sources = await readSources(
      trx,
      rows.map((row) => row.id),
    );
    return { rows: rows.map((row) => toRecord(row, sources)), last };
  });
}

/** Every workspace there is, by name: for the command line. */
export async function readWorkspaceSettings(db: Database): Promise<readonly WorkspaceRecord[]> {
  return db.withPlatform(async (trx) => {
    const rows = await trx('workspaces').orderBy(['name', 'id']).select<WorkspaceRow[]>();
    const sources = await readSources(
      trx,
      rows.map(({ id }) => id),
    );
    return rows.map((row) => toRecord(row, sources));
  });
}

/** Throws NotFound also for a workspace that is there but not the principal's to see. */
export async function readWorkspace(db: Database, principal: Principal, id: string): Promise<WorkspaceRecord> {
  return visibleTo(db, principal, (trx) => requireWorkspace(trx, id));
}

/** Throws NotFound. */
export async function requireWorkspace(trx: Transaction, id: string): Promise<WorkspaceRecord> {
  const row = await trx('workspaces').where({ id }).first<WorkspaceRow | undefined>();
  if (!row) throw new NotFound(`There is no workspace ${id}.`);
  return toRecord(row, await readSources(trx, [id]));
}

/** Makes a workspace. Throws Conflict when a source already knows another workspace by the same key. */
export async function addWorkspace(
  db: Database,
  principal: Principal,
  workspace: NewWorkspace,
): Promise<WorkspaceRecord> {
  try {
    return await db.withPlatform(async (trx) => {
      const id = await createWorkspace(trx, workspace);
      const record = await requireWorkspace(trx, id);
      await appendAudit(trx, PLATFORM_CHAIN, {
        actor: principal,
        action: 'workspace.created',
        subject: { kind: 'workspace', id },
      });
      return record;
    });
  } catch (error) {
    if (!(error instanceof DatabaseFailure) || error.code !== UNIQUE_VIOLATION) throw error;
    throw new Conflict('Another workspace has one of these source keys.');
  }
}

const UNIQUE_VIOLATION = '23505';

function visibleTo<T>(db: Database, { workspaceId }: Principal, work: (trx: Transaction) => Promise<T>): Promise<T> {
  return workspaceId === undefined ? db.withPlatform(work) : db.withTenant(workspaceId, work);
}

interface SourceRow {
  readonly workspace_id: string;
  readonly source: string;
  readonly tenant_key: string;
}

async function readSources(trx: Transaction, ids: readonly string[]): Promise<readonly SourceRow[]> {
  return trx('workspace_sources')
    .whereIn('workspace_id', [...ids])
    .orderBy('source')
    .select<SourceRow[]>();
}

function toRecord(row: WorkspaceRow, sources: readonly SourceRow[]): WorkspaceRecord {
  const own = sources.filter((source) => source.workspace_id === row.id);
  return {
    id: row.id,
    name: row.name,
    contactEmail: row.contact_email,
    timeZone: row.time_zone,
    contractualDays: row.contractual_days,
    jurisdictions: row.jurisdictions,
    coolingOffDays: row.cooling_off_days,
    release: row.release,
    reviewDelegateEmail: row.review_delegate_email,
    sources: Object.fromEntries(own.map(({ source, tenant_key }) => [source, tenant_key])),
    createdAt: row.created_at,
  };
}
