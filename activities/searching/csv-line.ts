/** A line of CSV with the very text that COPY gives (PostgreSQL's manual, COPY, "CSV Format"): null is nothing, '' is quoted. */
export function csvLine(row: readonly (string | null)[]): string {
  const isAlone = row.length === 1;
  return `${row.map((value) => cell(value, isAlone)).join(',')}\n`;
}

function cell(value: string | null, isAlone: boolean): string {
  if (value === null) return '';
  // Alone on its line, the mark for the end of data would be taken for one.
  const isQuoted = value === '' || /[",\r\n]/.test(value) || (isAlone && value === String.raw`\.`);
  return isQuoted ? `"${value.replaceAll('"', '""')}"` : value;
}
