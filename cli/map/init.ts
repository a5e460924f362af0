import type { Command } from 'commander';
export function initCommand(parent: Command): void {
  parent.command('init');
}
