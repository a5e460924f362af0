/** How far the data map and the sources are apart, as a figure to raise an alarm by. */
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Database } from '../../platform/database.ts';
import { listMapChecks } from '../../platform/records/map-checks.ts';

/** Read at each scrape, so that every worker shows the latest check, whichever of them made it. Absent before the first. */
export function measureDrift(registry: Registry, db: Database): void {
  const gauge: Gauge<'gravity'> = new Gauge({
    name: 'steward_map_drift_findings',
    help: 'Findings of the latest comparison of the data map with the sources.',
    labelNames: ['gravity'],
    registers: [registry],
    collect: async () => {
      // A database that is away has figures and alarms of its own; the last value stands.
      const latest = await listMapChecks(db, { limit: 1, after: undefined }).catch(() => undefined);
      const [check] = latest?.rows ?? [];
      if (check === undefined) return;
      gauge.set({ gravity: 'error' }, check.errors);
      gauge.set({ gravity: 'warning' }, check.warnings);
    },
  });
}
