/** What a draft has to ask, because no catalogue can answer it. */
import type { CatalogueColumn } from '../catalogue/model.ts';
import type { DraftLink, DraftTable } from './subject.ts';

export function questionsOfTable(
  { staff, tenant, key, guesses, walkable }: DraftTable,
  links: readonly DraftLink[],
  personal: boolean,
): readonly string[] {
  const texts: string[] = [];
  if (!personal) {
    texts.push('Does it hold personal data? If not, say why: fides_meta.steward.no_personal_data: "<reason>".');
  } else if (tenant === undefined) {
    texts.push(
      'It has no column for the workspace, to which every statement of a search is limited, so it is skipped. Name one, give the table or a view over it one, or say why it holds no personal data.',
    );
  } else if (key.length === 0) {
    texts.push('It has no key that tells its rows apart, so it is skipped. Give it one.');
  }
  if (staff && [...guesses.values()].some(({ identity }) => identity !== undefined))
    texts.push(
      "Are these the customer's own staff? If they are people whom requests are about, set identity on their fields.",
    );
  for (const { to, pairs, direction } of links)
    if (direction === 'to' && walkable)
      texts.push(
        `Is a row of ${to.table.name} (by ${pairs.map(({ from }) => from).join(', ')}) the person's alone? If others share it, turn the direction round, or mark it as not_followed.`,
      );
  return texts;
}

/** `contact_id` beside a table `contacts` whose one key column has the same type, and no foreign key between them. */
export function looksLikeReference(
  { name, family, list }: CatalogueColumn,
  draft: DraftTable,
  tables: readonly DraftTable[],
): readonly string[] {
  const [, stem] = /^(.+?)_id$/i.exec(name) ?? [];
  if (stem === undefined || name === draft.tenant || list) return [];
  const target = tables.find(({ table, key }) => {
    const [column] = table.columns.filter((each) => each.name === key[0]);
    return isPluralOf(table.name, stem) && key.length === 1 && column?.family === family;
  });
  if (target === undefined || target === draft) return [];
  return [
    `Does it refer to ${target.table.name}.${target.key[0]}? No foreign key says so. Add a reference, or fides_meta.steward.not_followed: "<reason>".`,
  ];
}

function isPluralOf(table: string, stem: string): boolean {
  const forms = [stem, `${stem}s`, `${stem}es`, stem.replace(/y$/, 'ies')];
  return forms.includes(table.toLowerCase());
}
