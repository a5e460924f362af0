/** Compares the data map with every source of the settings: catalogues, the statements of a search, and stores of objects. */
import { checkSearches } from '../../data-map/checking/search-indexes.ts';
import { checkSource } from '../../data-map/checking/check-source.ts';
import { Report } from '../../data-map/checking/report.ts';
import { schemasOf } from '../../data-map/checking/subject.ts';
import { tableOf } from '../../data-map/catalogue/model.ts';
import type { Catalogue, CatalogueTable } from '../../data-map/catalogue/model.ts';
import { readCatalogue } from '../../data-map/catalogue/read.ts';
import { collectionsOf } from '../../data-map/model.ts';
import type { DataMap } from '../../data-map/model.ts';
import type { MapCheck, MapFinding } from '../../domain/map-check.ts';
import type { SourceSettings } from '../../platform/config.ts';
import type { Sources } from '../../platform/sources.ts';
import { checkMedia } from './media.ts';

export interface Comparison {
  readonly map: DataMap;
  readonly sources: Sources;
  readonly settings: readonly SourceSettings[];
  /** Source name to the keys by which workspaces are known there; without an entry none are known. */
  readonly tenantKeys: ReadonlyMap<string, readonly string[]>;
  /** One source alone. */
  readonly only?: string | undefined;
}

/** Throws Unavailable when a source is away: a check that could not look is none. */
export async function compareWithSources(comparison: Comparison): Promise<MapCheck> {
  const { map, settings, only } = comparison;
  const mapped = map.datasets.filter(({ manual }) => !manual).map(({ source }) => source);
  const configured = settings.filter(({ kind }) => kind === 'postgres').map(({ name }) => name);
  const findings: MapFinding[] = map.gaps.map((text) => ({ code: 'map-gap', gravity: 'error', text }));
  let tables = 0;
  let columns = 0;
  for (const source of new Set([...mapped, ...configured])) {
    if (only !== undefined && source !== only) continue;
    const missing = reportMissing(source, mapped, settings);
    findings.push(...missing);
    if (missing.length > 0) continue;
    const checked = await checkOne(comparison, source);
    findings.push(...checked.findings);
    tables += checked.catalogue.tables.length;
    columns += checked.catalogue.tables.reduce((sum, table) => sum + table.columns.length, 0);
  }
  return { mapVersion: map.version, tables, columns, findings };
}

function reportMissing(source: string, mapped: readonly string[], settings: readonly SourceSettings[]) {
  const report = new Report(source);
  const setting = settings.find(({ name }) => name === source);
  if (setting?.kind !== 'postgres') {
    report.add('source-missing', {
      text: 'The map names this source, and the settings (sources) have none of kind postgres by this name.',
    });
  } else if (!mapped.includes(source) && setting.schemas === undefined) {
    report.add('source-unmapped', {
      text: `The settings have this source, and the map says nothing of it. Draft a map (steward map init --source ${source}), or take the source out of the settings.`,
    });
  }
  return report.findings;
}

async function checkOne(
  { map, sources, settings, tenantKeys }: Comparison,
  source: string,
): Promise<{ readonly catalogue: Catalogue; readonly findings: readonly MapFinding[] }> {
  const setting = settings.find(({ name }) => name === source);
  const listed = setting?.kind === 'postgres' ? setting.schemas : undefined;
  return sources.withSource(source, async (client) => {
    const catalogue = await readCatalogue(client, schemasOf(map, source, listed));
    const findings = checkSource(map, source, catalogue, tenantKeys.get(source));
    const sound = soundTables(map, source, catalogue, findings);
    return {
      catalogue,
      findings: [
        ...findings,
        // A map with gaps cannot be searched with; they are told.
        ...(map.gaps.length > 0 ? [] : await checkSearches(client, map, source, sound)),
        ...(await checkMedia(client, map, source, sound, sources)),
      ],
    };
  });
}

/** Faults for which a statement over the table would fail as well. */
const UNREADABLE = new Set(['column-missing', 'select-denied']);

function soundTables(
  map: DataMap,
  source: string,
  catalogue: Catalogue,
  findings: readonly MapFinding[],
): ReadonlyMap<string, CatalogueTable> {
  const broken = new Set(findings.filter(({ code }) => UNREADABLE.has(code)).map(({ table }) => table));
  const own = collectionsOf(map).filter((each) => each.source === source && !each.skipped);
  return new Map(
    own.flatMap((collection) => {
      const table = tableOf(catalogue, collection);
      return table && !broken.has(`${table.schema}.${table.name}`) ? [[collection.ref, table] as const] : [];
    }),
  );
}
