/** The map as a Mermaid flowchart, which code hosts and many editors draw by themselves. */
import type { DataMap } from '../model.ts';
import type { Picture, PictureArrow, PictureNode } from './picture.ts';
import { pictureOf } from './picture.ts';

export function mermaidOf(map: DataMap): string {
  const picture = pictureOf(map);
  return [
    'flowchart LR',
    '  accTitle: The data map',
    '  accDescr: Collections by dataset and kind; an arrow says that rows of one lead to rows of the other.',
    ...groupLines(picture),
    ...[...picture.stores.keys()].map((store, index) => `  s${index}[(${quoted(store)})]`),
    ...picture.arrows.map(arrowLine),
    ...[...picture.stores.values()].flatMap((users, index) =>
      users.map((user) => `  ${user} -. objects .-> s${index}`),
    ),
    '  classDef identity stroke-width:3px,stroke:#1d5fa8,fill:#e3eefb,color:#10233c',
    '  classDef skipped stroke-dasharray:4 3,stroke:#767676,fill:#eeeeee,color:#555555',
    '',
  ].join('\n');
}

function groupLines({ groups }: Picture): readonly string[] {
  const datasets = Map.groupBy(groups, ({ dataset }) => dataset);
  return [...datasets].flatMap(([dataset, own], d) => [
    `  subgraph d${d} [${quoted(dataset)}]`,
    ...own.flatMap(({ kind, nodes }, k) => [
      `    subgraph d${d}k${k} [${quoted(kind)}]`,
      ...nodes.map((node) => `      ${nodeText(node)}`),
      '    end',
    ]),
    '  end',
  ]);
}

function nodeText({ id, name, identities, aside }: PictureNode): string {
  if (aside !== undefined) return `${id}[${quoted(`${name}\n${aside}`)}]:::skipped`;
  if (identities.length === 0) return `${id}[${quoted(name)}]`;
  return `${id}([${quoted(`${name}\n${identities.join(', ')}`)}]):::identity`;
}

function arrowLine({ from, to, bothWays, crossesSources, label }: PictureArrow): string {
  const line = crossesSources ? `${bothWays ? '<' : ''}-.->` : `${bothWays ? '<' : ''}-->`;
  return `  ${from} ${line}|${quoted(label)}| ${to}`;
}

/** Mermaid's own escapes are HTML's with a number sign (manual, "Entity codes to escape characters"). */
function quoted(text: string): string {
  const escaped = text.replaceAll(/["#&<>;]/g, (character) => `#${character.charCodeAt(0)};`);
  return `"${escaped.replaceAll('\n', '<br/>')}"`;
}
