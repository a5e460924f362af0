/** Whether an erasure can be carried out at all, before one is filed; what is missing is an operator's to set. */
import { Conflict } from '../../domain/errors.ts';
import type { SourceSettings } from '../config.ts';
import type { Transaction } from '../database.ts';

/** Throws Conflict, which names the way out. */
export async function requireErasable(trx: Transaction, sources: readonly SourceSettings[]): Promise<void> {
  if (!sources.some((source) => source.kind === 'postgres' && source.eraseUrl !== undefined)) {
    throw new Conflict(
      'No data source is connected for erasure: run `steward source install` for it and set its eraseUrl.',
    );
  }
  const schedule = await trx('retention_schedules').whereNull('retired_at').first('version');
  if (!schedule)
    throw new Conflict('No retention schedule is in force: `steward schedule activate` puts one into force.');
}
