/** `steward schedule show`: what is in force, and by `--history` what was. */
import type { Command } from 'commander';
import { readScheduleInForce } from '../../activities/erasing/schedule-in-force.ts';
import type { ScheduledException, ScheduledRule } from '../../data-map/schedule/format.ts';
import type { ScheduleInForce } from '../../data-map/schedule/parse.ts';
import { listActivations } from '../../platform/records/retention-schedules.ts';
import type { Activation } from '../../platform/records/retention-schedules.ts';
import type { MapOptions } from '../map/setting.ts';
import { openMap, withMapOption } from '../map/setting.ts';
import { withDatabase } from './setting.ts';

interface ShowOptions extends MapOptions {
  readonly history?: boolean;
  readonly json?: boolean;
}

export function showCommand(parent: Command): void {
  withMapOption(parent.command('show'))
    .description('show the schedule that is in force')
    .option('--history', 'when which schedule came into force, the newest first')
    .option('--json', 'as JSON')
    .action(show);
}

async function show({ history, json, ...options }: ShowOptions): Promise<void> {
  const { config, map } = await openMap(options);
  await withDatabase(config, async (db) => {
    if (history) {
      const activations = await listActivations(db);
      return console.log(json ? JSON.stringify(activations, null, 2) : activations.map(activationLine).join('\n'));
    }
    const schedule = await readScheduleInForce(db, map);
    const plain = { ...schedule, ruleVersions: Object.fromEntries(schedule.ruleVersions) };
    console.log(json ? JSON.stringify(plain, null, 2) : inWords(schedule));
  });
}

function activationLine({ activatedAt, version, name, activatedBy }: Activation): string {
  return `${activatedAt.toISOString()}  ${version.slice(0, 12)}  ${name}, by ${activatedBy}`;
}

function inWords({ name, version, classes, rules, exceptions, ruleVersions }: ScheduleInForce): string {
  const sections = Object.keys(classes).map((recordClass) => {
    const own = rules.filter((rule) => rule.record_class === recordClass);
    const states = exceptions.filter((exception) => exception.record_class === recordClass);
    const lines = [...own.map((rule) => ruleLine(rule, ruleVersions.get(rule.id))), ...states.map(exceptionLine)];
    return [recordClass, ...(lines.length === 0 ? ['nothing keeps it'] : lines).map((line) => `    ${line}`)].join(
      '\n',
    );
  });
  return [`${name}, version ${version}`, ...sections].join('\n');
}

function ruleLine({ id, force, keep, source, jurisdictions }: ScheduledRule, version = 0): string {
  const from = keep.from_end_of_year ? 'the end of the year of ' : '';
  const where = jurisdictions === undefined ? '' : `, in ${jurisdictions.join(', ')}`;
  return `${id} ${version}: ${force}, ${keep.length} from ${from}${keep.event.column}${where} (${source})`;
}

function exceptionLine({ exception, force, source }: ScheduledException): string {
  return `${exception}: ${force}, while it lasts (${source})`;
}
