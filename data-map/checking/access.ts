/** What our role may see of the mapped tables. */
import { quoteName, tableName } from '../sql-text.ts';
import type { Report } from './report.ts';
import { nameOf } from './report.ts';
import type { Subject } from './subject.ts';
import { liveTables } from './subject.ts';

export function checkAccess(subject: Subject, report: Report): void {
  for (const { collection, table } of liveTables(subject)) {
    const denied = table.columns.filter(({ selectable }) => !selectable).map(({ name }) => name);
    if (denied.length > 0) {
      const all = denied.length === table.columns.length;
      const columns = all ? '' : ` (${denied.map(quoteName).join(', ')})`;
      report.add('select-denied', {
        table: nameOf(collection),
        ...(!all && { column: denied.join(', ') }),
        text: `Steward's role may not read ${all ? 'the table' : 'these columns'}; grant it SELECT.`,
        sql: `GRANT SELECT${columns} ON ${tableName(collection)} TO <role>;`,
      });
    }
    if (table.rowSecurity) {
      report.add('rows-hidden', {
        table: nameOf(collection),
        text: "Row-level security applies to Steward's role here, so a policy decides which rows a search sees; give the role BYPASSRLS, or a policy that shows it every row.",
      });
    }
  }
}
