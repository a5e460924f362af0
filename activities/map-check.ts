/** The daily comparison of the data map with the live sources. */
import type { DataMap } from '../data-map/model.ts';
import type { MapCheckSummary } from '../domain/map-check.ts';
import type { SourceSettings } from '../platform/config.ts';
import type { Database } from '../platform/database.ts';
import { readTenantKeys, saveMapCheck } from '../platform/records/map-checks.ts';
import type { Sources } from '../platform/sources.ts';
import { compareWithSources } from './map-checking/compare.ts';
import { currentControl } from './packaging/control.ts';

export interface MapCheckDeps {
  readonly db: Database;
  readonly map: DataMap;
  readonly sources: Sources;
  readonly sourceSettings: readonly SourceSettings[];
}

export type MapCheckActivities = ReturnType<typeof createMapCheckActivities>;

export function createMapCheckActivities({ db, map, sources, sourceSettings }: MapCheckDeps) {
  return {
    /** With the map that this worker has. Throws Unavailable when a source is away: a check that could not look is none. */
    async checkDataMap(): Promise<MapCheckSummary> {
      const stopBeating = currentControl().beat(() => undefined);
      try {
        const tenantKeys = await readTenantKeys(db);
        return await saveMapCheck(db, await compareWithSources({ map, sources, settings: sourceSettings, tenantKeys }));
      } finally {
        stopBeating();
      }
    },
  };
}
