/** `steward request matches|decide-matches`: which rows that may be somebody else's are the person. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { InvalidInput } from '../domain/errors.ts';
import { MATCH_REVIEWS } from '../platform/records/match-review.ts';
import { apiClient } from './endpoints.ts';
import { print, workspaceOption } from './output.ts';
import type { WorkspaceOption } from './output.ts';

export function matchCommands(request: Command): void {
  request
    .command('matches')
    .description(
      'the rows that the identities of a request point at, masked where they are uncertain; each look is recorded',
    )
    .argument('<request>')
    .addOption(new Option('--review <state>', 'those alone').choices(MATCH_REVIEWS))
    .option('--cursor <next>', 'the next of the page before')
    .addOption(workspaceOption())
    .action(showMatches);
  request
    .command('decide-matches')
    .description('say which uncertain rows are the person: all of it is taken, or none')
    .argument('<request>')
    .option('--accept <match>', 'is the person; repeatable', collect, [])
    .option('--reject <match>', 'is somebody else; repeatable', collect, [])
    .addOption(workspaceOption())
    .action(decide);
}

interface MatchOptions extends WorkspaceOption {
  readonly review?: string;
  readonly cursor?: string;
}

async function showMatches(id: string, { workspace, ...filters }: MatchOptions): Promise<void> {
  const query = new URLSearchParams(Object.entries(filters));
  print(await (await apiClient(workspace)).get(`/v1/requests/${id}/matches?${query.toString()}`));
}

interface DecideOptions extends WorkspaceOption {
  readonly accept: readonly string[];
  readonly reject: readonly string[];
}

async function decide(id: string, { workspace, accept, reject }: DecideOptions): Promise<void> {
  const decisions = [
    ...accept.map((matchId) => ({ matchId, decision: 'accepted' })),
    ...reject.map((matchId) => ({ matchId, decision: 'rejected' })),
  ];
  if (decisions.length === 0) throw new InvalidInput('Name matches by --accept and --reject.');
  print(await (await apiClient(workspace)).post(`/v1/requests/${id}/matches/decisions`, { decisions }));
}

const collect = (value: string, earlier: readonly string[]): readonly string[] => [...earlier, value];
