/** `steward erasure show|decisions|approve|reject|keep|set-aside|withdraw`: what people decide on what is to be erased. */
import { randomUUID } from 'node:crypto';
import { Option } from 'commander';
import type { Command } from 'commander';
import { ERASURE_ACTIONS } from '../domain/erasure.ts';
import { InvalidInput } from '../domain/errors.ts';
import { apiClient } from './endpoints.ts';
import { collectKey, instructionOption, print, under, workspaceOption } from './output.ts';
import type { RowKey, UnderInstruction, WorkspaceOption } from './output.ts';

export function erasureCommands(program: Command): void {
  const erasure = program.command('erasure').description('review what is to be erased, and say a word on it');
  lookCommands(erasure);
  wordCommands(erasure);
  overrideCommands(erasure);
}

interface DecisionOptions extends WorkspaceOption {
  readonly decision?: string;
  readonly recordClass?: string;
  readonly pending?: boolean;
  readonly cursor?: string;
}

function lookCommands(erasure: Command): void {
  erasure
    .command('show')
    .description('what is to be erased and what is kept, by class of records, and what is waited for')
    .argument('<request>')
    .addOption(workspaceOption())
    .action(async (id: string, { workspace }: WorkspaceOption) =>
      print(await (await apiClient(workspace)).get(`/v1/requests/${id}/review`)),
    );
  erasure
    .command('decisions')
    .description('each decision with its grounds')
    .argument('<request>')
    .addOption(new Option('--decision <decision>', 'those alone').choices(ERASURE_ACTIONS))
    .option('--record-class <class>', 'of this class alone')
    .option('--pending', 'those alone that wait for an approval')
    .option('--cursor <next>', 'the next of the page before')
    .addOption(workspaceOption())
    .action(showDecisions);
}

async function showDecisions(id: string, { workspace, ...filters }: DecisionOptions): Promise<void> {
  const query = new URLSearchParams(
    Object.entries(filters).map(([name, value]): [string, string] => [name, String(value)]),
  );
  print(await (await apiClient(workspace)).get(`/v1/requests/${id}/review/decisions?${query.toString()}`));
}

interface WordOptions extends UnderInstruction {
  readonly generation: string;
  readonly note?: string;
  readonly reason?: string;
}

function wordCommands(erasure: Command): void {
  const saying = (word: string, description: string) =>
    erasure
      .command(word)
      .description(description)
      .argument('<request>')
      .requiredOption('--generation <number>', 'the plan that you have looked at (generation of `show`)')
      .addOption(instructionOption())
      .addOption(workspaceOption())
      .action((id: string, options: WordOptions) => say(id, word, options));
  saying('approve', 'approve everything that waits for an approval').option(
    '--note <text>',
    'kept beside the audit log',
  );
  saying('reject', 'refuse the erasure as a whole: the request ends').requiredOption('--reason <text>', 'why');
}

async function say(id: string, word: string, options: WordOptions): Promise<void> {
  const { note, reason } = options;
  const body = { generation: Number(options.generation), note, reason, ...under(options) };
  print(await (await apiClient(options.workspace)).post(`/v1/requests/${id}/review/${word}`, body, randomUUID()));
}

interface OverrideOptions extends UnderInstruction {
  readonly ground?: string;
  readonly collection?: string;
  readonly row?: RowKey;
  readonly reason: string;
}

function overrideCommands(erasure: Command): void {
  erasure
    .command('keep')
    .description('decide that a business default stands against the request, or that one record is kept')
    .argument('<request>')
    .option('--ground <name>', "a rule's id or an exception's name")
    .option('--collection <dataset.collection>', 'of one record that is kept')
    .option('--row <column=value>', 'a key column of that record; repeatable', collectKey, {})
    .requiredOption('--reason <text>', 'why')
    .addOption(instructionOption())
    .addOption(workspaceOption())
    .action((id: string, options: OverrideOptions) => override(id, { kind: 'keep', ...targetOf(options) }, options));
  erasure
    .command('set-aside')
    .description('decide that a rule or an exception does not stand in this case; never against a hold')
    .argument('<request>')
    .requiredOption('--ground <name>', "a rule's id or an exception's name")
    .requiredOption('--reason <text>', 'why')
    .addOption(instructionOption())
    .addOption(workspaceOption())
    .action((id: string, options: OverrideOptions) =>
      override(id, { kind: 'set_aside', ground: options.ground }, options),
    );
  erasure
    .command('withdraw')
    .description('take back a decision made by keep or set-aside; it stays in the review')
    .arguments('<request> <override>')
    .addOption(instructionOption())
    .addOption(workspaceOption())
    .action(async (id: string, of: string, { workspace, instruction }: UnderInstruction) => {
      const query = instruction === undefined ? '' : `?instructionId=${encodeURIComponent(instruction)}`;
      await (await apiClient(workspace)).delete(`/v1/requests/${id}/review/decisions/${of}${query}`);
    });
}

function targetOf({ ground, collection, row = {} }: OverrideOptions): object {
  const isRecord = collection !== undefined && Object.keys(row).length > 0;
  if (isRecord === (ground !== undefined))
    throw new InvalidInput('Name either --ground, or a record by --collection and --row.');
  return isRecord ? { record: { collection, key: row } } : { ground };
}

async function override(id: string, decision: object, options: OverrideOptions): Promise<void> {
  const body = { ...decision, reason: options.reason, ...under(options) };
  print(await (await apiClient(options.workspace)).post(`/v1/requests/${id}/review/decisions`, body, randomUUID()));
}
