/** `steward request tasks|reveal|attach|close-task|review|redact|withdraw-redaction|exemptions|release`: what people decide. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import { NotFound } from '../domain/errors.ts';
import { EXEMPTIONS, RELEASE_DECISIONS } from '../domain/release.ts';
import { apiClient } from './endpoints.ts';
import { collectKey, instructionOption, print, under, workspaceOption } from './output.ts';
import type { RowKey, UnderInstruction, WorkspaceOption } from './output.ts';

export function reviewCommands(request: Command): void {
  taskCommands(request);
  releaseCommands(request);
}

function taskCommands(request: Command): void {
  request
    .command('tasks')
    .description('the searches by hand that a request asks for')
    .argument('<request>')
    .addOption(workspaceOption())
    .action(async (id: string, { workspace }: WorkspaceOption) =>
      print(await (await apiClient(workspace)).get(`/v1/requests/${id}/tasks`)),
    );
  request
    .command('reveal')
    .description('the identifiers to search a system by; each look is recorded')
    .arguments('<request> <task>')
    .addOption(workspaceOption())
    .action(async (id: string, task: string, { workspace }: WorkspaceOption) =>
      print(await (await apiClient(workspace)).post(`/v1/requests/${id}/tasks/${task}/reveal`, undefined)),
    );
  request
    .command('attach')
    .description('attach a file that a search by hand has found')
    .arguments('<request> <task> <file>')
    .requiredOption('--type <media type>', 'such as application/pdf, image/png, text/plain')
    .option('--name <name>', "the file's name in the package, when it is to be another")
    .addOption(workspaceOption())
    .action(attach);
  request
    .command('close-task')
    .description('say what a search by hand has found')
    .arguments('<request> <task>')
    .addArgument(new Argument('<outcome>').choices(['found', 'nothing_found']))
    .option('--statement <text>', 'for the person to read in the package')
    .option('--note <text>', 'kept beside the audit log')
    .addOption(workspaceOption())
    .action(closeTask);
}

interface AttachOptions extends WorkspaceOption {
  readonly type: string;
  readonly name?: string;
}

async function attach(id: string, task: string, file: string, options: AttachOptions): Promise<void> {
  const facts = await stat(file).catch(() => undefined);
  if (!facts?.isFile()) throw new NotFound(`The file ${file} cannot be read.`);
  const upload = {
    name: options.name ?? basename(file),
    type: options.type,
    bytes: facts.size,
    content: createReadStream(file),
  };
  const client = await apiClient(options.workspace);
  print(await client.upload(`/v1/requests/${id}/tasks/${task}/attachments`, upload, randomUUID()));
}

async function closeTask(
  id: string,
  task: string,
  outcome: string,
  { workspace, statement, note }: WorkspaceOption & { readonly statement?: string; readonly note?: string },
): Promise<void> {
  const client = await apiClient(workspace);
  print(await client.post(`/v1/requests/${id}/tasks/${task}/close`, { outcome, statement, note }, randomUUID()));
}

function releaseCommands(request: Command): void {
  request
    .command('review')
    .description('what a package holds before it goes out')
    .argument('<request>')
    .addOption(workspaceOption())
    .action(async (id: string, { workspace }: WorkspaceOption) =>
      print(await (await apiClient(workspace)).get(`/v1/requests/${id}/release`)),
    );
  request
    .command('redact')
    .description('keep something back of a package; it takes effect when the package is rebuilt')
    .argument('<request>')
    .requiredOption('--collection <dataset.collection>', 'of the data map')
    .option('--row <column=value>', 'a key column of one row; repeatable', collectKey, {})
    .option('--column <name>', 'one column; the whole row or collection, if left out')
    .addOption(new Option('--exemption <ground>', 'the ground').choices(EXEMPTIONS).makeOptionMandatory())
    .requiredOption('--reason <text>', 'why')
    .addOption(instructionOption())
    .addOption(workspaceOption())
    .action(redact);
  request
    .command('withdraw-redaction')
    .description('take a redaction back; it stays in the log')
    .arguments('<request> <redaction>')
    .addOption(instructionOption())
    .addOption(workspaceOption())
    .action(async (id: string, redaction: string, { workspace, instruction }: UnderInstruction) => {
      const query = instruction === undefined ? '' : `?instructionId=${encodeURIComponent(instruction)}`;
      await (await apiClient(workspace)).delete(`/v1/requests/${id}/release/redactions/${redaction}${query}`);
    });
  request
    .command('exemptions')
    .description('what was kept back of a request, by whom, when and on which ground')
    .argument('<request>')
    .addOption(workspaceOption())
    .action(async (id: string, { workspace }: WorkspaceOption) =>
      print(await (await apiClient(workspace)).get(`/v1/requests/${id}/release/exemptions`)),
    );
  request
    .command('release')
    .description('hand a package over as it is, or have it built again with what is to be kept back')
    .argument('<request>')
    .addArgument(new Argument('<decision>').choices(RELEASE_DECISIONS))
    .option('--manifest <sha256>', 'the package that you have looked at (manifestSha256 of `review`)')
    .option('--note <text>', 'kept beside the audit log')
    .addOption(instructionOption())
    .addOption(workspaceOption())
    .action(release);
}

interface RedactOptions extends UnderInstruction {
  readonly collection: string;
  readonly row: RowKey;
  readonly column?: string;
  readonly exemption: string;
  readonly reason: string;
}

async function redact(id: string, options: RedactOptions): Promise<void> {
  const { collection, row, column, exemption, reason } = options;
  const redaction = {
    collection,
    ...(Object.keys(row).length > 0 ? { rowKey: row } : {}),
    ...(column === undefined ? {} : { column }),
    exemption,
    reason,
  };
  const body = { redactions: [redaction], ...under(options) };
  print(await (await apiClient(options.workspace)).post(`/v1/requests/${id}/release/redactions`, body, randomUUID()));
}

interface ReleaseOptions extends UnderInstruction {
  readonly manifest?: string;
  readonly note?: string;
}

async function release(id: string, decision: string, options: ReleaseOptions): Promise<void> {
  const body = { decision, manifestSha256: options.manifest, note: options.note, ...under(options) };
  print(await (await apiClient(options.workspace)).post(`/v1/requests/${id}/release`, body, randomUUID()));
}
