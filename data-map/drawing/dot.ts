/** A picture of the map in Graphviz' language. Colour never says anything that form or words do not say as well. */
import type { Picture, PictureArrow, PictureNode } from './picture.ts';

const FONT = 'fontname="Helvetica,Arial,sans-serif"';

export function dotOf(picture: Picture): string {
  return [
    'digraph map {',
    `  graph [rankdir=LR, ranksep=0.9, nodesep=0.16, pad=0.3, bgcolor="white", tooltip="The data map", ${FONT}, fontsize=13]`,
    `  node [shape=box, style="filled,rounded", fillcolor="white", color="#3b4a5e", fontcolor="#10233c", ${FONT}, fontsize=12, margin="0.22,0.08"]`,
    `  edge [color="#5b6b80", arrowsize=0.7, ${FONT}, fontsize=9, fontcolor="#3b4a5e"]`,
    ...clusterLines(picture),
    ...picture.arrows.map(arrowLine),
    ...[...picture.stores].flatMap(([store, users], index) => [
      `  s${index} [shape=cylinder, label=${quoted(store)}, tooltip=${quoted(`object store ${store}`)}]`,
      ...users.map((user) => `  ${user} -> s${index} [style=dotted, arrowhead=open, tooltip="objects"]`),
    ]),
    ...legendLines(picture),
    '}',
  ].join('\n');
}

function clusterLines({ groups }: Picture): readonly string[] {
  const datasets = Map.groupBy(groups, ({ dataset }) => dataset);
  return [...datasets].flatMap(([dataset, own], d) => [
    `  subgraph cluster_d${d} {`,
    `    graph [label=${quoted(dataset)}, labeljust=l, style="rounded", color="#9aa7b8", fontsize=15]`,
    ...own.flatMap(({ kind, nodes }, k) => [
      `    subgraph cluster_d${d}k${k} {`,
      `      graph [label=${quoted(kind)}, style="rounded,filled", color="#c9d2dd", fillcolor="#f6f8fa", fontsize=12]`,
      ...nodes.map((node) => `      ${nodeText(node)}`),
      '    }',
    ]),
    '  }',
  ]);
}

function nodeText({ id, name, identities, aside }: PictureNode): string {
  if (aside !== undefined) {
    const grey = 'style="filled,rounded,dashed", fillcolor="#eeeeee", color="#767676", fontcolor="#555555"';
    return `${id} [label=${quoted(`${name}\n${aside}`)}, tooltip=${quoted(`${name}: ${aside}`)}, ${grey}]`;
  }
  if (identities.length === 0) return `${id} [label=${quoted(name)}, tooltip=${quoted(name)}]`;
  const label = quoted(`${name}\n◆ ${identities.join(', ')}`);
  const tooltip = quoted(`${name}: people are found by ${identities.join(', ')}`);
  return `${id} [label=${label}, tooltip=${tooltip}, penwidth=2, color="#1d5fa8", fillcolor="#e3eefb"]`;
}

function arrowLine({ from, to, bothWays, crossesSources, label }: PictureArrow): string {
  const parts = [
    `tooltip=${quoted(label)}`,
    `label=${quoted(label)}`,
    ...(bothWays ? ['dir=both'] : []),
    ...(crossesSources ? ['style=dashed', 'color="#9a3412"', 'fontcolor="#9a3412"', 'penwidth=1.6'] : []),
  ];
  return `  ${from} -> ${to} [${parts.join(', ')}]`;
}

/** Says what the signs mean, for whoever gets the picture without the text. */
function legendLines({ crosses }: Picture): readonly string[] {
  const words = [
    '◆ people are found here',
    'arrow: rows lead to rows, by the column named',
    ...(crosses ? ['dashed arrow: into another source'] : []),
    'dotted arrow: objects in a store',
    'dashed grey box: not searched by machine',
  ];
  return [`  legend [shape=plaintext, style="", margin=0, label=${quoted(`${words.join('\n')}\n`)}]`];
}

/** Graphviz reads `\n` and `\l` in a label, and a few escapes more; text is to stand as it is. */
function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return `"${escaped.replaceAll('\n', '\\n')}"`;
}
