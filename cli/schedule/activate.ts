/** `steward schedule activate`: from the next plan on, everything is decided by this schedule. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { activateSchedule } from '../../activities/erasing/schedule-in-force.ts';
import type { MapOptions } from '../map/setting.ts';
import { openMap, withMapOption } from '../map/setting.ts';
import { scheduleFile, withOwner } from './setting.ts';

interface ActivateOptions extends MapOptions {
  readonly by?: string;
}

export function activateCommand(parent: Command): void {
  withMapOption(parent.command('activate [file]'))
    .description('put a schedule into force (setting retentionSchedule, if no file is named; needs database.ownerUrl)')
    .option('--by <name>', 'who decides it, for the record (your login name, if left out)')
    .action(activate);
}

async function activate(file: string | undefined, { by, ...options }: ActivateOptions): Promise<void> {
  const { config, map } = await openMap(options);
  const text = await scheduleFile(file, config);
  const { name, version, changed, ruleVersions } = await withOwner(config, (owner) =>
    activateSchedule(owner, text, map, by ?? userInfo().username),
  );
  const which = `${name}, version ${version.slice(0, 12)}`;
  if (!changed) return console.log(`${which}, is in force already. Nothing has changed.`);
  console.log(`${which}, is in force now. Reviews that are under way are planned again.`);
  for (const [rule, number] of ruleVersions) console.log(`  ${rule} ${number}`);
}
