/** `steward request …` and `steward package …`: the API's requests and packages from a terminal. */
import { randomUUID } from 'node:crypto';
import { Option } from 'commander';
import type { Command } from 'commander';
import { REGIMES } from '../domain/deadlines.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { Identity } from '../domain/identities.ts';
import { INSTRUCTION_SOURCES } from '../domain/parties.ts';
import { OFFERED_TYPES, RELEASES } from '../domain/request.ts';
import { download } from './api-client.ts';
import { apiClient } from './endpoints.ts';
import { matchCommands } from './matches.ts';
import { print, workspaceOption } from './output.ts';
import type { WorkspaceOption } from './output.ts';
import { reviewCommands } from './review.ts';

interface FileOptions extends WorkspaceOption {
  readonly identity: readonly Identity[];
  readonly type: string;
  readonly regime: string;
  readonly release?: string;
  readonly received?: string;
  readonly instruction?: string;
  readonly source?: string;
  readonly attestation?: string;
  readonly attestedBy?: string;
  readonly ageRecipient?: string;
}

export function requestCommands(program: Command): void {
  const request = program.command('request').description('file, follow, review and cancel requests');
  request
    .command('file')
    .description('file a request')
    .addOption(new Option('--type <type>', 'the right it is about').choices(OFFERED_TYPES).default('access'))
    .requiredOption(
      '-i, --identity <type=value>',
      'an identifier of the person, e.g. email=…; repeatable',
      collectIdentity,
      [],
    )
    .addOption(new Option('--regime <regime>', 'the law it is made under').choices(REGIMES).default('gdpr'))
    .option('--received <time>', 'when the controller received it (RFC 3339; now, if left out)')
    .option('--instruction <id>', 'the standing instruction it is under')
    .addOption(new Option('--source <source>', 'where a one-off instruction comes from').choices(INSTRUCTION_SOURCES))
    .option('--attestation <text>', "the controller's words of a one-off instruction")
    .option('--attested-by <name>', 'who attests it')
    .addOption(new Option('--release <when>', 'whether somebody looks at the package first').choices(RELEASES))
    .option('--age-recipient <age1…>', "encrypt the download to the controller's age key")
    .addOption(workspaceOption())
    .action(fileRequest);
  showCommands(request);
  matchCommands(request);
  reviewCommands(request);
  program
    .command('package')
    .description('save the package of a request')
    .argument('<request>', "the request's id")
    .argument('<file>', 'where to save it')
    .option('--recipient <name>', 'who receives it, for the record of disclosures', 'the command line')
    .addOption(workspaceOption())
    .action(savePackage);
}

function showCommands(request: Command): void {
  const reading = (name: string, description: string, path: (id: string) => string) =>
    request
      .command(name)
      .description(description)
      .argument('<id>')
      .addOption(workspaceOption())
      .action(async (id: string, options: WorkspaceOption) =>
        print(await (await apiClient(options.workspace)).get(path(id))),
      );
  reading('show', 'where a request stands', (id) => `/v1/requests/${id}`);
  reading('timeline', 'what has happened to a request', (id) => `/v1/requests/${id}/timeline`);
  request
    .command('list')
    .description('the newest requests')
    .addOption(workspaceOption())
    .action(async (options: WorkspaceOption) => print(await (await apiClient(options.workspace)).get('/v1/requests')));
  request
    .command('cancel')
    .description('cancel a request')
    .argument('<id>')
    .addOption(workspaceOption())
    .action(async (id: string, options: WorkspaceOption) =>
      print(await (await apiClient(options.workspace)).post(`/v1/requests/${id}/cancel`, {}, randomUUID())),
    );
}

async function fileRequest(options: FileOptions): Promise<void> {
  const client = await apiClient(options.workspace);
  const body = {
    type: options.type,
    regime: options.regime,
    receivedByControllerAt: options.received ?? new Date().toISOString(),
    identities: options.identity,
    ...instructionOf(options),
    ...(options.release === undefined ? {} : { release: options.release }),
    ...(options.ageRecipient === undefined ? {} : { ageRecipient: options.ageRecipient }),
  };
  print(await client.post('/v1/requests', body, randomUUID()));
}

function instructionOf({ instruction, source, attestation, attestedBy }: FileOptions): object {
  if (instruction !== undefined) return { instruction: { id: instruction } };
  if (source === undefined && attestation === undefined && attestedBy === undefined) return {};
  return { instruction: { source, attestation: { text: attestation, attestedBy } } };
}

async function savePackage(
  request: string,
  file: string,
  options: WorkspaceOption & { readonly recipient: string },
): Promise<void> {
  const client = await apiClient(options.workspace);
  const { id } = await client.get<{ id: string }>(`/v1/requests/${request}/package`);
  const { url } = await client.post<{ url: string }>(`/v1/packages/${id}/links`, {
    recipient: options.recipient,
    maxDownloads: 1,
  });
  await download(url, file);
  console.log(file);
}

export function collectIdentity(text: string, earlier: readonly Identity[]): readonly Identity[] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidInput('An identity is written type=value, such as email=somebody@example.com.');
  return [...earlier, { type: text.slice(0, at), value: text.slice(at + 1) }];
}
