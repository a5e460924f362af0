/** What comes due in the months to come, as reviews have found it. */
import { NotFound } from '../../domain/errors.ts';
import type { ReviewRef } from '../../domain/retention/review.ts';
import type { Database, Transaction } from '../database.ts';
import type { Caller } from './caller.ts';
import { requireWhole } from './retention-reviews.ts';
import type { ReviewRow } from './retention-reviews.ts';

export interface ForecastMonth {
  readonly recordClass: string;
  /** `2026-12`. */
  readonly month: string;
  readonly rows: number;
}

/** A forecast looks at all that comes due in a year, which can be everything there is: a week's reviews share one. */
const FORECAST_STANDS = '6 days 12 hours';

/** Gives the review the forecast of an earlier one under the same schedule, if that is not too old; answers whether. */
export async function takeForecast(
  trx: Transaction,
  { workspaceId, reviewId }: ReviewRef,
  scheduleVersion: string,
): Promise<boolean> {
  const earlier = await trx('retention_reviews')
    .where({ workspace_id: workspaceId, schedule_version: scheduleVersion })
    .whereNot({ id: reviewId })
    .whereRaw(`forecast_at > now() - interval '${FORECAST_STANDS}'`)
    .orderBy('forecast_at', 'desc')
    .first<{ id: string; forecast_at: Date } | undefined>('id', 'forecast_at');
  if (earlier === undefined) return false;
  const months = await readForecast(trx, { workspaceId, reviewId: earlier.id });
  await saveForecast(trx, { workspaceId, reviewId }, months, earlier.forecast_at);
  return true;
}

/** In the place of what an earlier attempt found. */
export async function saveForecast(
  trx: Transaction,
  { workspaceId, reviewId }: ReviewRef,
  months: readonly ForecastMonth[],
  madeAt: Date,
): Promise<void> {
  const of = { workspace_id: workspaceId, review_id: reviewId };
  await trx('retention_forecasts').where(of).delete();
  await trx('retention_reviews').where({ workspace_id: workspaceId, id: reviewId }).update({ forecast_at: madeAt });
  const rows = months.map(({ recordClass, month, rows: count }) => ({
    ...of,
    record_class: recordClass,
    month: `${month}-01`,
    rows: count,
  }));
  if (rows.length > 0) await trx('retention_forecasts').insert(rows);
}

export async function readForecast(
  trx: Transaction,
  { workspaceId, reviewId }: ReviewRef,
): Promise<readonly ForecastMonth[]> {
  const rows = await trx('retention_forecasts')
    .where({ workspace_id: workspaceId, review_id: reviewId })
    .orderBy(['month', 'record_class'])
    .select<{ record_class: string; month: string; rows: string }[]>(
      'record_class',
      trx.raw(`to_char(month, 'YYYY-MM') AS month`),
      'rows',
    );
  return rows.map(({ record_class: recordClass, month, rows: count }) => ({ recordClass, month, rows: Number(count) }));
}

/** The forecast of the last run that has ended. Throws NotFound while there is none. */
export async function readLastForecast(
  db: Database,
  caller: Caller,
): Promise<{ readonly reviewId: string; readonly asOf: Date; readonly months: readonly ForecastMonth[] }> {
  requireWhole(caller);
  const { workspaceId } = caller;
  return db.withTenant(workspaceId, async (trx) => {
    const last = await trx('retention_reviews')
      .where({ workspace_id: workspaceId })
      .whereNotNull('finished_at')
      .whereNotNull('forecast_at')
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .first<ReviewRow | undefined>();
    if (!last) throw new NotFound('No retention review of this workspace has left a forecast yet.');
    const ref = { workspaceId, reviewId: last.id };
    return { reviewId: last.id, asOf: last.forecast_at ?? last.as_of, months: await readForecast(trx, ref) };
  });
}
