/** `steward map draw`: the graph of collections, for people to look at. */
import { writeFile } from 'node:fs/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import { mermaidOf } from '../../data-map/drawing/mermaid.ts';
import { svgOf } from '../../data-map/drawing/svg.ts';
import type { MapOptions } from './setting.ts';
import { openAnyMap, withMapOption } from './setting.ts';

interface DrawOptions extends MapOptions {
  readonly format: 'mermaid' | 'svg';
  readonly output?: string;
}

export function drawCommand(parent: Command): void {
  withMapOption(parent.command('draw'))
    .description('draw the map: collections, what identifies people, and which rows lead to which')
    .addOption(new Option('--format <format>', 'what to write').choices(['mermaid', 'svg']).default('mermaid'))
    .option('-o, --output <file>', 'where to write it (the terminal, if left out)')
    .action(draw);
}

async function draw(options: DrawOptions): Promise<void> {
  const { map } = await openAnyMap(options);
  const drawn = options.format === 'svg' ? await svgOf(map) : mermaidOf(map);
  if (options.output === undefined) process.stdout.write(drawn);
  else await writeFile(options.output, drawn);
}
