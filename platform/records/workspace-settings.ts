/** What a workspace's parties set for it, each its own: how erasures are weighed, who is reminded, whether packages are looked at. */
import { NotFound, WrongParty } from '../../domain/errors.ts';
import type { Principal } from '../../domain/parties.ts';
import type { Release } from '../../domain/request.ts';
import { PLATFORM_CHAIN, appendAudit } from '../audit.ts';
import type { Database } from '../database.ts';
import { isControllers } from './authority.ts';
import type { Caller } from './caller.ts';
import { tellReviews } from './told-reviews.ts';
import { requireWorkspace } from './workspaces.ts';
import type { WorkspaceRecord } from './workspaces.ts';

/**
 * Names who is reminded of an approval when the workspace's contact has not been heard from; null for nobody. It gives no
 * right: who approves needs a key of the controller's with the scope. Throws what `setOwn` throws.
 */
export function setReviewDelegate(db: Database, caller: Caller, email: string | null): Promise<WorkspaceRecord> {
  return setOwn(db, caller, {
    columns: { review_delegate_email: email },
    action: 'workspace.review_delegate_set',
    details: { named: email !== null },
  });
}

/**
 * Says whether packages are looked at before they go out when a request does not say so itself: what goes out is the
 * controller's to decide. It counts for requests filed from now on. Throws what `setOwn` throws.
 */
export function setRelease(db: Database, caller: Caller, release: Release): Promise<WorkspaceRecord> {
  return setOwn(db, caller, { columns: { release }, action: 'workspace.release_set', details: { release } });
}

/** Throws WrongParty for the processor's principals, and NotFound for those of a team, who do not speak for the whole workspace. */
async function setOwn(
  db: Database,
  { workspaceId, principal }: Caller,
  setting: {
    readonly columns: Readonly<Record<string, string | null>>;
    readonly action: string;
    readonly details: Readonly<Record<string, string | boolean>>;
  },
): Promise<WorkspaceRecord> {
  if (!isControllers(principal)) throw new WrongParty('The controller sets this itself.');
  if (principal.teamId !== undefined) throw new NotFound(`There is no workspace ${workspaceId}.`);
  return db.withTenant(workspaceId, async (trx) => {
    await trx('workspaces')
      .where({ id: workspaceId })
      .update({ ...setting.columns });
    const record = await requireWorkspace(trx, workspaceId);
    const { action, details } = setting;
    await appendAudit(trx, workspaceId, {
      actor: principal,
      action,
      subject: { kind: 'workspace', id: workspaceId },
      details,
    });
    return record;
  });
}

export interface WeighingChange {
  readonly jurisdictions: readonly string[] | undefined;
  readonly coolingOffDays: number | undefined;
}

/**
 * Changes what an erasure is weighed and carried out by, from the next plan on; reviews look whether theirs was made under other
 * laws. Throws NotFound.
 */
export async function changeWeighing(
  db: Database,
  principal: Principal,
  id: string,
  change: WeighingChange,
): Promise<WorkspaceRecord> {
  const record = await applyWeighing(db, principal, id, change);
  if (change.jurisdictions) await db.withTenant(id, (trx) => tellReviews(trx, id));
  return record;
}

function applyWeighing(
  db: Database,
  principal: Principal,
  id: string,
  { jurisdictions, coolingOffDays }: WeighingChange,
): Promise<WorkspaceRecord> {
  return db.withPlatform(async (trx) => {
    await trx('workspaces')
      .where({ id })
      .update({
        id,
        ...(jurisdictions && { jurisdictions: [...jurisdictions] }),
        ...(coolingOffDays !== undefined && { cooling_off_days: coolingOffDays }),
      });
    const record = await requireWorkspace(trx, id);
    await appendAudit(trx, PLATFORM_CHAIN, {
      actor: principal,
      action: 'workspace.changed',
      subject: { kind: 'workspace', id },
      details: { jurisdictions: record.jurisdictions.join(','), coolingOffDays: record.coolingOffDays },
    });
    return record;
  });
}
