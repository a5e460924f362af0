/**
 * Editions of the retention schedule: one is in force at a time, for all workspaces. Every edition that ever was stays, and
 * so does every wording of a rule, because a decision names the rule and its version long after both were replaced.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Party } from '../../domain/parties.ts';
import type { Force, Requirement, RetentionPurpose } from '../../domain/retention/words.ts';
import { PLATFORM_CHAIN, STEWARD_ITSELF, appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';

interface Edition {
  /** SHA-256, in hex, over what the schedule says. */
  readonly version: string;
  readonly name: string;
  /** The file, as it was activated. */
  readonly document: string;
}

export interface EditionInForce extends Edition {
  readonly activatedAt: Date;
  readonly activatedBy: string;
  /** The newest version of every rule that any edition has had. */
  readonly ruleVersions: ReadonlyMap<string, number>;
}

/** One time at which an edition came into force. */
export interface Activation {
  readonly version: string;
  readonly name: string;
  readonly activatedAt: Date;
  readonly activatedBy: string;
}

export interface EditionRule {
  readonly id: string;
  readonly recordClass: string;
  readonly party: Party;
  readonly force: Force;
  readonly requirement: Requirement;
  readonly purpose: RetentionPurpose;
  readonly exemption: string | undefined;
  readonly basis: string;
  /** All that the schedule says of it; another definition is another version. */
  readonly definition: object;
}

export interface NewEdition extends Edition {
  readonly rules: readonly EditionRule[];
}

export interface ActivatedEdition {
  /** False when it was in force already. */
  readonly changed: boolean;
  /** By rule. */
  readonly ruleVersions: ReadonlyMap<string, number>;
}

interface RuleVersion {
  readonly id: string;
  readonly version: number;
  readonly definition: object;
}

/** Undefined when none was ever activated. */
export async function readEditionInForce(db: Database): Promise<EditionInForce | undefined> {
  return db.withPlatform(async (trx) => {
    const edition = await inForce(trx);
    if (edition === undefined) return undefined;
    const rules = await newestRules(trx);
    return { ...edition, ruleVersions: new Map([...rules].map(([id, { version }]) => [id, version])) };
  });
}

function inForce(trx: Transaction): Promise<Omit<EditionInForce, 'ruleVersions'> | undefined> {
  return trx('retention_schedules').whereNull('retired_at').first({
    version: 'version',
    name: 'name',
    document: 'document',
    activatedAt: 'activated_at',
    activatedBy: 'activated_by',
  });
}

/** The newest first. */
export async function listActivations(db: Database): Promise<readonly Activation[]> {
  return db.withPlatform((trx) =>
    trx('retention_activations as activation')
      .join('retention_schedules as schedule', 'schedule.version', 'activation.schedule_version')
      .orderBy('activation.id', 'desc')
      .select<Activation[]>({
        version: 'schedule.version',
        name: 'schedule.name',
        activatedAt: 'activation.activated_at',
        activatedBy: 'activation.activated_by',
      }),
  );
}

/**
 * Puts an edition into force in the place of the one before, all in one transaction. A rule whose definition is as it was
 * keeps its version. Of two activations at once one waits for the other. `db` is opened as the owner: neither API nor worker
 * may change what everything is decided by.
 */
export async function activateEdition(
  db: Database,
  edition: NewEdition,
  activatedBy: string,
): Promise<ActivatedEdition> {
  return db.withPlatform(async (trx) => {
    await trx.raw('LOCK TABLE retention_schedules IN SHARE ROW EXCLUSIVE MODE');
    const changed = (await inForce(trx))?.version !== edition.version;
    if (changed) await replaceEdition(trx, edition, activatedBy);
    const ruleVersions = await versionRules(trx, edition);
    if (changed) await auditActivation(trx, edition, activatedBy);
    return { changed, ruleVersions };
  });
}

async function replaceEdition(trx: Transaction, edition: NewEdition, activatedBy: string): Promise<void> {
  const { version, name, document } = edition;
  const now = new Date();
  await trx('retention_schedules').whereNull('retired_at').update({ retired_at: now });
  const activated = { activated_at: now, activated_by: activatedBy, retired_at: null };
  // An edition that was in force before comes back as itself.
  await trx('retention_schedules')
    .insert({ version, name, document, ...activated })
    .onConflict('version')
    .merge(activated);
  await trx('retention_activations').insert({
    schedule_version: version,
    activated_at: now,
    activated_by: activatedBy,
  });
}

async function versionRules(trx: Transaction, { version, rules }: NewEdition): Promise<ReadonlyMap<string, number>> {
  const newest = await newestRules(trx);
  const versioned = rules.map((rule) => {
    const known = newest.get(rule.id);
    const isAsBefore = known !== undefined && isDeepStrictEqual(known.definition, asStored(rule.definition));
    return { rule, isAsBefore, version: isAsBefore ? known.version : (known?.version ?? 0) + 1 };
  });
  const changed = versioned.filter(({ isAsBefore }) => !isAsBefore);
  const rows = changed.map(({ rule, version: number }) => ruleRow(rule, number, version));
  if (rows.length > 0) await trx('retention_rules').insert(rows);
  return new Map(versioned.map(({ rule, version: number }) => [rule.id, number]));
}

async function newestRules(trx: Transaction): Promise<ReadonlyMap<string, RuleVersion>> {
  const rows = await trx('retention_rules')
    .distinctOn('id')
    .orderBy([{ column: 'id' }, { column: 'version', order: 'desc' }])
    .select<RuleVersion[]>('id', 'version', 'definition');
  return new Map(rows.map((row) => [row.id, row]));
}

function ruleRow(rule: EditionRule, version: number, firstSchedule: string): object {
  const { id, recordClass, party, force, requirement, purpose, exemption, basis, definition } = rule;
  return {
    id,
    version,
    record_class: recordClass,
    party,
    force,
    requirement,
    purpose,
    exemption: exemption ?? null,
    basis,
    definition: JSON.stringify(definition),
    first_schedule: firstSchedule,
  };
}

/** As the database gives it back: without what is undefined. */
const asStored = (definition: object): unknown => JSON.parse(JSON.stringify(definition));

async function auditActivation(trx: Transaction, edition: NewEdition, activatedBy: string): Promise<void> {
  await appendAudit(trx, PLATFORM_CHAIN, {
    actor: STEWARD_ITSELF,
    action: 'retention_schedule.activated',
    subject: { kind: 'retention_schedule', id: edition.version },
    details: { rules: edition.rules.length },
    // Whoever it was is a person, and the chain is kept for long.
    note: `Activated by ${activatedBy}.`,
  });
}
