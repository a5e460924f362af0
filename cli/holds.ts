/** `steward hold …`: place, look at, change and release holds from a terminal. */
import { randomUUID } from 'node:crypto';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { HOLD_PURPOSES, HOLD_STATES } from '../domain/holds.ts';
import type { HeldRecord } from '../domain/holds.ts';
import type { Identity } from '../domain/identities.ts';
import { INSTRUCTION_SOURCES, PARTIES } from '../domain/parties.ts';
import { AUDIENCES } from '../domain/retention/words.ts';
import { apiClient } from './endpoints.ts';
import { print, workspaceOption } from './output.ts';
import type { WorkspaceOption } from './output.ts';
import { collectIdentity } from './requests.ts';

interface PlaceOptions extends WorkspaceOption {
  readonly everything?: boolean;
  readonly identity: readonly Identity[];
  readonly record: readonly HeldRecord[];
  readonly class: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly matter: string;
  readonly authority: string;
  readonly purpose: string;
  readonly party?: string;
  readonly visibility?: string;
  readonly reviewAt?: string;
  readonly notify?: string;
  readonly instruction?: string;
  readonly source?: string;
  readonly attestation?: string;
  readonly attestedBy?: string;
}

interface DecisionOptions extends WorkspaceOption {
  readonly reason: string;
  readonly instruction?: string;
}

export function holdCommands(program: Command): void {
  const hold = program.command('hold').description('preserve records, whatever else says that they may be erased');
  placeCommand(hold);
  hold
    .command('list')
    .description('the newest holds')
    .addOption(new Option('--state <state>', 'those alone').choices(HOLD_STATES))
    .option('--review-due', 'those alone whose day of review has passed')
    .addOption(workspaceOption())
    .action(list);
  hold
    .command('show')
    .description('what a hold covers, which sources know of it, and its journal')
    .argument('<id>')
    .addOption(workspaceOption())
    .action(async (id: string, options: WorkspaceOption) =>
      print(await (await apiClient(options.workspace)).get(`/v1/holds/${id}`)),
    );
  decisionCommand(hold, 'change', 'change its review date or matter')
    .option('--review-at <time>', 'when to look whether it is still needed (RFC 3339), or none')
    .option('--matter <text>', 'what it is for')
    .action(change);
  decisionCommand(hold, 'release', 'release a hold that somebody else placed').action(
    async (id: string, options: DecisionOptions) =>
      print(await (await apiClient(options.workspace)).post(`/v1/holds/${id}/release`, wordOn(options), randomUUID())),
  );
}

function placeCommand(hold: Command): void {
  hold
    .command('place')
    .description('place a hold; the parts that are given must all apply')
    .option('--everything', 'all of the workspace')
    .option('-i, --identity <type=value>', 'all that is found of this person; repeatable', collectIdentity, [])
    .option('--record <collection:column=value,…>', 'one record; repeatable', collectRecord, [])
    .option('--class <name>', 'a record class; repeatable', collectText, [])
    .option('--from <date>', 'records that arose on this day or later')
    .option('--to <date>', 'records that arose on this day or before')
    .requiredOption('--matter <text>', 'what it is for')
    .requiredOption('--authority <text>', 'on whose order or under which law')
    .addOption(new Option('--purpose <purpose>', 'why').choices(HOLD_PURPOSES).makeOptionMandatory())
    .addOption(new Option('--party <party>', 'whose it is').choices(PARTIES))
    .addOption(new Option('--visibility <audience>', 'who may know of it').choices(AUDIENCES))
    .option('--review-at <time>', 'when to look whether it is still needed (RFC 3339)')
    .option('--notify <address>', "who is told of its release, beside the workspace's contact")
    .option('--instruction <id>', "the controller's instruction that it is under")
    .addOption(new Option('--source <source>', 'where a one-off instruction comes from').choices(INSTRUCTION_SOURCES))
    .option('--attestation <text>', "the controller's words of a one-off instruction")
    .option('--attested-by <name>', 'who attests it')
    .addOption(workspaceOption())
    .action(place);
}

function decisionCommand(hold: Command, name: string, description: string): Command {
  return hold
    .command(name)
    .description(description)
    .argument('<id>')
    .requiredOption('--reason <text>', 'why, for the audit log')
    .option('--instruction <id>', "the controller's standing instruction, for a key of the processor")
    .addOption(workspaceOption());
}

async function place(options: PlaceOptions): Promise<void> {
  const { matter, authority, purpose, party, visibility, reviewAt, notify: notifyEmail } = options;
  const body = {
    scope: scopeOf(options),
    matter,
    authority,
    purpose,
    party,
    visibility,
    reviewAt,
    notifyEmail,
    instruction: instructionOf(options),
  };
  print(await (await apiClient(options.workspace)).post('/v1/holds', body, randomUUID()));
}

function scopeOf({ everything, identity, record, class: classes, from, to }: PlaceOptions): object {
  return {
    ...(everything === true ? { workspace: true } : {}),
    ...(identity.length > 0 ? { subject: identity } : {}),
    ...(record.length > 0 ? { records: record } : {}),
    ...(classes.length > 0 ? { classes } : {}),
    ...(from === undefined && to === undefined ? {} : { dates: { from, to } }),
  };
}

function instructionOf({ instruction, source, attestation, attestedBy }: PlaceOptions): object | undefined {
  if (instruction !== undefined) return { id: instruction };
  if (source === undefined && attestation === undefined && attestedBy === undefined) return undefined;
  return { source, attestation: { text: attestation, attestedBy } };
}

async function list(
  options: WorkspaceOption & { readonly state?: string; readonly reviewDue?: boolean },
): Promise<void> {
  const query = new URLSearchParams({
    ...(options.state === undefined ? {} : { state: options.state }),
    ...(options.reviewDue === true ? { reviewDue: 'true' } : {}),
  });
  print(await (await apiClient(options.workspace)).get(`/v1/holds?${query.toString()}`));
}

async function change(
  id: string,
  options: DecisionOptions & { readonly reviewAt?: string; readonly matter?: string },
): Promise<void> {
  const reviewAt = options.reviewAt === 'none' ? null : options.reviewAt;
  const body = { ...wordOn(options), reviewAt, matter: options.matter };
  print(await (await apiClient(options.workspace)).post(`/v1/holds/${id}/changes`, body, randomUUID()));
}

function wordOn({ reason, instruction }: DecisionOptions): object {
  return { reason, ...(instruction === undefined ? {} : { instruction: { id: instruction } }) };
}

const collectText = (text: string, earlier: readonly string[]): readonly string[] => [...earlier, text];

/** `crm.notes:contact_id=1,ordinal=2`; the API takes the values as text, and the source turns them into what they are. */
function collectRecord(text: string, earlier: readonly HeldRecord[]): readonly HeldRecord[] {
  const at = text.indexOf(':');
  const pairs = text
    .slice(at + 1)
    .split(',')
    .map((pair) => pair.split('='));
  if (at < 1 || pairs.some((pair) => pair.length !== 2 || pair.includes('')))
    throw new InvalidArgumentError('A record is written collection:column=value, such as crm.contacts:id=7.');
  const key = Object.fromEntries(pairs.map(([column = '', value = '']) => [column, value]));
  return [...earlier, { collection: text.slice(0, at), key }];
}
