/** `steward schedule check`: whether a schedule is sound and fits the data map. Exit code 1 when it does not. */
import type { Command } from 'commander';
import { parseSchedule } from '../../data-map/schedule/parse.ts';
import type { MapOptions } from '../map/setting.ts';
import { openAnyMap, withMapOption } from '../map/setting.ts';
import { scheduleFile } from './setting.ts';

export function checkCommand(parent: Command): void {
  withMapOption(parent.command('check [file]'))
    .description('check a schedule against the data map (setting retentionSchedule, if no file is named)')
    .action(check);
}

async function check(file: string | undefined, options: MapOptions): Promise<void> {
  const { config, map } = await openAnyMap(options);
  const { name, version, classes, rules, exceptions } = parseSchedule(await scheduleFile(file, config), map);
  const sizes = [
    `${Object.keys(classes).length} classes`,
    `${rules.length} rules`,
    `${exceptions.length} business exceptions`,
  ];
  console.log(`${name} is sound and fits the data map: ${sizes.join(', ')}, version ${version.slice(0, 12)}.`);
}
