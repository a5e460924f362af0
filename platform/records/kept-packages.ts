/**
 * Packages whose time is over and that a hold keeps. Nobody can download them any more, and they are deleted once no hold keeps
 * them. Who may not know of a hold gets to know that a legal duty does, and no more (design rule 11).
 */
import { maySee } from '../../domain/retention/rendering.ts';
import type { Audience } from '../../domain/retention/words.ts';
import { STEWARD_ITSELF, appendAudit } from '../audit.ts';
import type { Transaction } from '../database.ts';
import type { Caller } from './caller.ts';
import { recordExportEvent } from './export-progress.ts';
import { recordEvent } from './request-progress.ts';

export interface KeptPackage {
  /** Ids of the holds that keep it and that the caller may know of. */
  readonly holds: readonly string[];
  /** Whether a duty of the processor's does, of which the caller may not know more. */
  readonly legalDuty: boolean;
}

export interface EndedPackageRow {
  readonly workspace_id: string;
  readonly id: string;
  readonly request_id: string | null;
  readonly export_id: string | null;
  readonly storage_key: string;
  readonly kept_by: readonly string[];
}

/** Writes down what keeps a package; the first time its timeline and the audit log say that something does. */
export async function keepPackage(trx: Transaction, row: EndedPackageRow, holdIds: readonly string[]): Promise<void> {
  const { workspace_id: workspaceId, id: packageId, request_id: requestId, export_id: exportId } = row;
  await trx('packages')
    .where({ workspace_id: workspaceId, id: packageId })
    .update({ kept_by: [...holdIds] });
  if (row.kept_by.length > 0) return;
  // Whoever reads these may not know of every hold.
  const details = { packageId, reason: 'preserved' };
  const event = { kind: 'package_kept', details, dedupe: `package_kept:${row.storage_key}` };
  if (requestId !== null) await recordEvent(trx, { workspaceId, requestId }, event);
  if (exportId !== null) await recordExportEvent(trx, { workspaceId, exportId }, event);
  await appendAudit(trx, workspaceId, {
    actor: STEWARD_ITSELF,
    action: 'package.kept',
    subject: { kind: 'package', id: packageId },
    details: { reason: 'preserved' },
  });
}

/** Null when nothing does any more, and for the key of a team, which sees no holds. */
export async function readKept(
  trx: Transaction,
  { principal }: Caller,
  { workspace_id, kept_by: ids }: Pick<EndedPackageRow, 'workspace_id' | 'kept_by'>,
): Promise<KeptPackage | null> {
  if (ids.length === 0 || principal.teamId !== undefined) return null;
  const keeping = await trx('holds')
    .where({ workspace_id })
    .whereIn('id', [...ids])
    .whereNot({ state: 'released' })
    .orderBy(['created_at', 'id'])
    .select<{ id: string; visibility: Audience }[]>('id', 'visibility');
  const seen = keeping.filter(({ visibility }) => maySee(principal.party, visibility));
  if (keeping.length === 0) return null;
  return { holds: seen.map(({ id }) => id), legalDuty: seen.length < keeping.length };
}
