/** `steward certificate …`: certificates of erasure from a terminal. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { CERTIFICATE_ARCHIVE_SUFFIX } from '../domain/certificate/format.ts';
import { AUDIENCES } from '../domain/retention/words.ts';
import { apiClient } from './endpoints.ts';
import { print, workspaceOption } from './output.ts';
import type { WorkspaceOption } from './output.ts';

interface FetchOptions extends WorkspaceOption {
  readonly audience?: string;
  readonly id?: string;
  readonly file?: string;
}

export function certificateCommands(program: Command): void {
  const certificate = program.command('certificate').description('certificates of erasure');
  certificate
    .command('fetch')
    .description('save the certificate of a request, with its signature and in words')
    .argument('<request>', "the request's id")
    .addOption(
      new Option('--audience <audience>', "for whom; the key's own party, if left out").choices([...AUDIENCES]),
    )
    .option('--id <certificate>', 'an earlier one, or a supplement')
    .option('-f, --file <path>', `where to save it; by default <request>${CERTIFICATE_ARCHIVE_SUFFIX} here`)
    .addOption(workspaceOption())
    .addHelpText('after', '\nCheck it with: steward verify FILE')
    .action(fetchCertificate);
  certificate
    .command('list')
    .description('all certificates of a request, newest first')
    .argument('<request>', "the request's id")
    .addOption(workspaceOption())
    .action(async (request: string, options: WorkspaceOption) =>
      print(await (await apiClient(options.workspace)).get(`/v1/requests/${request}/certificates`)),
    );
}

async function fetchCertificate(request: string, options: FetchOptions): Promise<void> {
  const { audience, id, file = `${request}${CERTIFICATE_ARCHIVE_SUFFIX}` } = options;
  const query = new URLSearchParams({ ...(audience !== undefined && { audience }), ...(id !== undefined && { id }) });
  const client = await apiClient(options.workspace);
  await client.save(`/v1/requests/${request}/certificate?${query.toString()}`, 'application/zip', file);
  console.log(file);
}
