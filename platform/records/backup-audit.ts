/** What happens to backups, in the platform's audit log. */
import { OWN_DATABASE } from '../../domain/backups.ts';
import { PLATFORM_CHAIN, STEWARD_ITSELF, appendAudit } from '../audit.ts';
import type { Transaction } from '../database.ts';

export const databaseOf = (source: string | null): string => source ?? OWN_DATABASE;

export async function note(
  trx: Transaction,
  action: string,
  id: string,
  details: Readonly<Record<string, string | number | boolean | null>>,
): Promise<void> {
  await appendAudit(trx, PLATFORM_CHAIN, { actor: STEWARD_ITSELF, action, subject: { kind: 'backup', id }, details });
}
