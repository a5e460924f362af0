/** `steward retention …`: reviews of what is retained, what they propose, their reports and their forecast. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import { PROPOSAL_STATES } from '../domain/retention/review.ts';
import { apiClient } from './endpoints.ts';
import { instructionOption, print, under, workspaceOption } from './output.ts';
import type { UnderInstruction, WorkspaceOption } from './output.ts';

export function retentionCommands(program: Command): void {
  const retention = program.command('retention').description('what the retention schedule keeps no longer');
  reviewCommands(retention);
  proposalCommands(retention);
}

function reviewCommands(retention: Command): void {
  retention
    .command('run')
    .description('review now what is retained; without a workspace, all of them')
    .addOption(workspaceOption())
    .action(async ({ workspace }: WorkspaceOption) =>
      print(await (await apiClient(workspace)).post('/v1/retention/reviews', undefined)),
    );
  retention
    .command('reviews')
    .description('the newest reviews')
    .addOption(workspaceOption())
    .action(async ({ workspace }: WorkspaceOption) =>
      print(await (await apiClient(workspace)).get('/v1/retention/reviews')),
    );
  retention
    .command('report')
    .description('save the signed report of a review')
    .argument('<review>', "the review's id")
    .option('-f, --file <path>', 'where to save it; by default retention-report-<review>.json here')
    .addOption(workspaceOption())
    .addHelpText('after', '\nCheck it with: steward verify FILE')
    .action(saveReport);
  retention
    .command('forecast')
    .description('what comes due in the next twelve months, by class')
    .addOption(workspaceOption())
    .action(async ({ workspace }: WorkspaceOption) =>
      print(await (await apiClient(workspace)).get('/v1/retention/forecast')),
    );
}

async function saveReport(review: string, options: WorkspaceOption & { readonly file?: string }): Promise<void> {
  const { workspace, file = `retention-report-${review}.json` } = options;
  const report = await (await apiClient(workspace)).get(`/v1/retention/reviews/${review}/report`);
  await writeFile(file, JSON.stringify(report));
  console.log(file);
}

interface WordOptions extends UnderInstruction {
  readonly revision: string;
}

function proposalCommands(retention: Command): void {
  retention
    .command('proposals')
    .description('what reviews propose to erase')
    .addOption(new Option('--state <state>', 'those alone').choices(PROPOSAL_STATES))
    .addOption(workspaceOption())
    .action(async ({ workspace, state }: WorkspaceOption & { readonly state?: string }) => {
      const query = state === undefined ? '' : `?state=${state}`;
      print(await (await apiClient(workspace)).get(`/v1/retention/proposals${query}`));
    });
  wordCommand(retention, 'approve', 'approve that what was proposed is erased')
    .option('--note <text>', 'kept beside the audit log')
    .action((id: string, options: WordOptions & { readonly note?: string }) =>
      say('approve', id, options, { note: options.note }),
    );
  wordCommand(retention, 'reject', 'keep what was proposed')
    .requiredOption('--reason <text>', 'why, for the audit log')
    .option('--again-at <time>', 'when to propose it again (RFC 3339); by default in 90 days')
    .action((id: string, options: WordOptions & { readonly reason: string; readonly againAt?: string }) =>
      say('reject', id, options, { reason: options.reason, againAt: options.againAt }),
    );
}

function wordCommand(retention: Command, name: string, description: string): Command {
  return retention
    .command(name)
    .description(description)
    .argument('<proposal>')
    .requiredOption('--revision <number>', 'of the proposal that was looked at')
    .addOption(instructionOption())
    .addOption(workspaceOption());
}

async function say(word: 'approve' | 'reject', id: string, options: WordOptions, more: object): Promise<void> {
  const body = { revision: Number(options.revision), ...more, ...under(options) };
  const client = await apiClient(options.workspace);
  print(await client.post(`/v1/retention/proposals/${id}/${word}`, body, randomUUID()));
}
