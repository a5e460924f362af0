/** Compares the map with the catalogue of one PostgreSQL source. Pure: whoever calls has read the catalogue. */
import type { MapFinding } from '../../domain/map-check.ts';
import type { Catalogue } from '../catalogue/model.ts';
import type { DataMap } from '../model.ts';
import { checkAccess } from './access.ts';
import { checkCoverage } from './coverage.ts';
import { checkForeignKeys } from './foreign-keys.ts';
import { checkReferenceIndexes } from './indexes.ts';
import { checkKeys } from './keys.ts';
import { checkSideEffects } from './side-effects.ts';
import { Report } from './report.ts';
import { mappedTables } from './subject.ts';
import { checkTypes } from './types.ts';

/** `tenantKeys` are the workspaces' keys in this source, as far as they are known. */
export function checkSource(
  map: DataMap,
  source: string,
  catalogue: Catalogue,
  tenantKeys: readonly string[] = [],
): readonly MapFinding[] {
  const report = new Report(source);
  const subject = { map, catalogue, mapped: mappedTables(map, source, catalogue) };
  checkCoverage(subject, report);
  checkTypes(subject, tenantKeys, report);
  checkKeys(subject, report);
  checkForeignKeys(subject, report);
  checkSideEffects(subject, report);
  checkAccess(subject, report);
  checkReferenceIndexes(subject, report);
  return report.findings;
}
