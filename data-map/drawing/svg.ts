/** The map as SVG, laid out by Graphviz (as WebAssembly, so that nothing has to be installed). */
import { instance } from '@viz-js/viz';
import { escapeHtml } from '../../domain/html.ts';
import type { DataMap } from '../model.ts';
import { dotOf } from './dot.ts';
import { pictureOf } from './picture.ts';
import type { Picture } from './picture.ts';

/** A document of its own: `viewBox`, a title, and a description for those who do not see it. */
export async function svgOf(map: DataMap): Promise<string> {
  const picture = pictureOf(map);
  const viz = await instance();
  const drawn = viz.renderString(dotOf(picture), { format: 'svg', engine: 'dot' });
  const start = drawn.indexOf('<svg');
  const svg = drawn
    .slice(start)
    .replace(/^<svg/, '<svg role="img" aria-labelledby="map-title map-description"')
    .replace(
      '>',
      `>\n<title id="map-title">The data map</title>\n<desc id="map-description">${inWords(picture)}</desc>`,
    );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${svg}`;
}

function inWords({ groups, arrows, stores }: Picture): string {
  const nodes = groups.flatMap((group) => group.nodes);
  const name = new Map(nodes.map(({ id, name: table }) => [id, table]));
  const sentences = [
    ...groups.map(
      ({ dataset, kind, nodes: own }) => `${dataset}, ${kind}: ${own.map((node) => node.name).join(', ')}.`,
    ),
    `People are found in ${nodes
      .filter(({ aside, identities }) => aside === undefined && identities.length > 0)
      .map((node) => `${node.name} (${node.identities.join(', ')})`)
      .join(', ')}.`,
    `Not searched by machine: ${nodes
      .filter(({ aside }) => aside !== undefined)
      .map((node) => `${node.name} (${node.aside})`)
      .join(', ')}.`,
    ...arrows.map(
      ({ from, to, bothWays }) => `${name.get(from)} leads to ${name.get(to)}${bothWays ? ' and back' : ''}.`,
    ),
    ...[...stores].map(([store, users]) => `Objects in ${store}: of ${users.map((id) => name.get(id)).join(', ')}.`),
  ];
  return escapeHtml(sentences.join(' '));
}
