/** `steward map …`: compares, explains, draws and drafts the data map. Works on the sources directly, without the API. */
import type { Command } from 'commander';
import { checkCommand } from './map/check.ts';
import { drawCommand } from './map/draw.ts';
import { initCommand } from './map/init.ts';
import { planCommand } from './map/plan.ts';

export function mapCommands(program: Command): void {
  const map = program.command('map').description('check, explain, draw and draft the data map');
  for (const add of [checkCommand, planCommand, drawCommand, initCommand]) add(map);
}
