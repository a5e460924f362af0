/** The schedule by which is decided now, held against the data map that this process works with, and how it comes to be it. */
import type { DataMap } from '../../data-map/model.ts';
import type { ScheduledRule } from '../../data-map/schedule/format.ts';
import { parseSchedule } from '../../data-map/schedule/parse.ts';
import type { RetentionSchedule, ScheduleInForce, ScheduleText } from '../../data-map/schedule/parse.ts';
import { InvalidSchedule } from '../../domain/errors.ts';
import type { Database } from '../../platform/database.ts';
import { activateEdition, readEditionInForce } from '../../platform/records/retention-schedules.ts';
import type { ActivatedEdition, EditionInForce, EditionRule } from '../../platform/records/retention-schedules.ts';

/** Throws InvalidSchedule, which names the way out, when none is in force or it does not fit the map. */
export async function readScheduleInForce(db: Database, map: DataMap): Promise<ScheduleInForce> {
  const edition = await readEditionInForce(db);
  if (edition === undefined)
    throw new InvalidSchedule(
      'No retention schedule is in force. Put one into force: steward schedule activate <file>.',
    );
  const schedule = parsed(edition, map);
  // A newer Steward can read more into the same file; what was activated goes by the version that it was activated under.
  return { ...schedule, version: edition.version, ruleVersions: versionsOf(schedule, edition) };
}

function parsed({ name, document }: EditionInForce, map: DataMap): RetentionSchedule {
  try {
    return parseSchedule({ name: `The retention schedule in force (${name})`, text: document }, map);
  } catch (error) {
    if (!(error instanceof InvalidSchedule)) throw error;
    throw new InvalidSchedule(
      `${error.message}\nActivate a schedule that fits the data map (steward schedule activate <file>), or give the workers the data map that it was made for.`,
    );
  }
}

function versionsOf({ rules }: RetentionSchedule, { ruleVersions }: EditionInForce): ReadonlyMap<string, number> {
  return new Map(
    rules.map(({ id }) => {
      const version = ruleVersions.get(id);
      if (version === undefined) throw new InvalidSchedule(`The rule ${id} of the schedule in force has no version.`);
      return [id, version];
    }),
  );
}

/**
 * Puts a schedule into force, by the connection of the owner. Throws InvalidSchedule before anything has changed when it is
 * wrong in itself or does not fit the map.
 */
export async function activateSchedule(
  owner: Database,
  file: ScheduleText,
  map: DataMap,
  activatedBy: string,
): Promise<RetentionSchedule & ActivatedEdition> {
  const schedule = parseSchedule(file, map);
  const { version, name, rules } = schedule;
  const edition = { version, name, document: file.text, rules: rules.map(editionRule) };
  return { ...schedule, ...(await activateEdition(owner, edition, activatedBy)) };
}

function editionRule(rule: ScheduledRule): EditionRule {
  const { id, party, force, requirement, purpose, exemption, basis } = rule;
  return { id, recordClass: rule.record_class, party, force, requirement, purpose, exemption, basis, definition: rule };
}
