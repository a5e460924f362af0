/** What a retention review has to look at in a workspace, and what comes due there in the twelve months to come. */
import { DateTime } from 'luxon';
import { anyDue, forecastDue } from '../../data-map/retention/due.ts';
import type { RuledCollection } from '../../data-map/retention/review-plan.ts';
import type { WeighingScope } from '../../data-map/erasing/row-grounds.ts';
import type { ForecastMonth } from '../../platform/records/retention-forecasts.ts';
import { Statements } from '../searching/statements.ts';
import { scopeOf } from './weigh-due.ts';
import type { ReviewDeps, Surroundings } from './prepare.ts';

const MONTHS = 12;

export interface Survey {
  /** Of which something is due by the schedule. */
  readonly due: ReadonlySet<string>;
  readonly forecast: readonly ForecastMonth[];
}

/** Reads by indexes over the events, where the source has them. Throws what `withEraser` throws. */
export async function surveyDue(
  deps: ReviewDeps,
  surroundings: Surroundings,
  { asOf, isForecast }: { readonly asOf: Date; readonly isForecast: boolean },
  signal: AbortSignal,
): Promise<Survey> {
  const due = new Set<string>();
  const forecast = new Map<string, ForecastMonth>();
  const until = forecastEnd(asOf, surroundings.place.zone);
  for (const reviewed of surroundings.reviewed) {
    await deps.sources.withEraser(
      reviewed.source,
      async (client) => {
        const statements = new Statements(client, reviewed.source);
        await statements.command('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        const scope = await scopeOf(statements, { ...surroundings, reviewed, map: deps.map, asOf });
        for (const ruled of reviewed.ruled) {
          if (!due.has(ruled.recordClass) && (await isAnyDue(statements, ruled, scope))) due.add(ruled.recordClass);
          if (isForecast) await addForecast(statements, ruled, scope, until, forecast);
        }
        await statements.command('COMMIT');
      },
      signal,
    );
  }
  return { due, forecast: [...forecast.values()] };
}

/** The beginning of the month after the last one that is forecast. */
function forecastEnd(asOf: Date, zone: string): Date {
  return DateTime.fromJSDate(asOf, { zone }).startOf('month').plus({ months: MONTHS }).toJSDate();
}

async function isAnyDue(statements: Statements, ruled: RuledCollection, scope: WeighingScope): Promise<boolean> {
  for (const statement of anyDue(ruled, scope)) {
    const { rows } = await statements.run(statement);
    if (rows[0]?.['due'] === true) return true;
  }
  return false;
}

async function addForecast(
  statements: Statements,
  ruled: RuledCollection,
  scope: WeighingScope,
  until: Date,
  forecast: Map<string, ForecastMonth>,
): Promise<void> {
  const statement = forecastDue(ruled, scope, until);
  if (statement === undefined) return;
  const { recordClass } = ruled;
  for (const row of (await statements.run(statement)).rows) {
    const month = String(row['month']).slice(0, 7);
    const earlier = forecast.get(`${recordClass} ${month}`)?.rows ?? 0;
    forecast.set(`${recordClass} ${month}`, { recordClass, month, rows: earlier + Number(row['rows']) });
  }
}
