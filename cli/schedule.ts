/** `steward schedule …`: checks, shows, simulates and activates the retention schedule. Works without the API. */
import type { Command } from 'commander';
import { activateCommand } from './schedule/activate.ts';
import { checkCommand } from './schedule/check.ts';
import { showCommand } from './schedule/show.ts';
import { simulateCommand } from './schedule/simulate.ts';

export function scheduleCommands(program: Command): void {
  const schedule = program.command('schedule').description('check, show, simulate and activate the retention schedule');
  for (const add of [checkCommand, showCommand, simulateCommand, activateCommand]) add(schedule);
}
