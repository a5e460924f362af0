/** `steward export`: starts the export of a workspace, follows it, saves all its parts in a folder and checks them. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { exportPartName } from '../domain/export-manifest.ts';
import { Conflict } from '../domain/errors.ts';
import { EXPORT_FORMATS } from '../domain/workspace-export.ts';
import type { ExportFormat } from '../domain/workspace-export.ts';
import { INSTRUCTION_SOURCES } from '../domain/parties.ts';
import { digestOf } from '../platform/export-verification.ts';
import { download } from './api-client.ts';
import type { ApiClient } from './api-client.ts';
import { apiClient } from './endpoints.ts';
import { reportExport } from './verify.ts';

interface ExportOptions {
  readonly workspace: string;
  readonly folder: string;
  readonly resume?: string;
  readonly formats: readonly ExportFormat[];
  readonly includeRedacted?: boolean;
  readonly instruction?: string;
  readonly source?: string;
  readonly attestation?: string;
  readonly attestedBy?: string;
  readonly recipient: string;
  readonly keys?: string;
}

interface ExportView {
  readonly id: string;
  readonly status: string;
  readonly restarts: number;
  readonly blockedBy: string | null;
  readonly progress: {
    readonly parts: number;
    readonly plannedParts: number;
    readonly rows: number;
    readonly plannedRows: number;
    readonly bytes: number;
  };
  readonly parts: readonly {
    readonly part: number;
    readonly packageId: string;
    readonly bytes: number;
    readonly sha256: string;
  }[];
}

export function exportCommand(program: Command): void {
  program
    .command('export')
    .description('export a whole workspace: start, follow, save all parts and check them')
    .addOption(new Option('-w, --workspace <id>', 'the workspace').env('STEWARD_WORKSPACE').makeOptionMandatory())
    .requiredOption(
      '-f, --folder <path>',
      'where to save the parts; those that are there already are not fetched again',
    )
    .option('--resume <export>', 'go on with an export that was started before, by its id')
    .option('--formats <list>', `any of ${EXPORT_FORMATS.join(', ')}, with commas between`, formats, ['jsonl'])
    .option('--include-redacted', 'also the columns that the data map redacts')
    .option('--instruction <id>', 'the standing instruction it is under')
    .addOption(new Option('--source <source>', 'where a one-off instruction comes from').choices(INSTRUCTION_SOURCES))
    .option('--attestation <text>', "the controller's words of a one-off instruction")
    .option('--attested-by <name>', 'who attests it')
    .option('--recipient <name>', 'who receives it, for the record of disclosures', 'the command line')
    .option('--keys <file>', "the processor's public keys; without it they are read from the running stack")
    .action(run);
}

function formats(text: string): readonly ExportFormat[] {
  const wanted = text.split(',').map((word) => word.trim());
  const found = EXPORT_FORMATS.filter((format) => wanted.includes(format));
  if (found.length === wanted.length) return found;
  throw new InvalidArgumentError(`Give any of ${EXPORT_FORMATS.join(', ')}, with commas between.`);
}

async function run(options: ExportOptions): Promise<void> {
  const client = await apiClient(options.workspace);
  const id = options.resume ?? (await start(client, options));
  console.log(`Export ${id} of the workspace ${options.workspace}`);
  const finished = await follow(client, `/v1/workspaces/${options.workspace}/exports/${id}`);
  await save(client, finished, options);
  const manifestFile = join(options.folder, exportPartName(id, 0));
  await reportExport(manifestFile, { ...(options.keys === undefined ? {} : { keys: options.keys }) });
}

async function start(client: ApiClient, options: ExportOptions): Promise<string> {
  const { instruction, source, attestation, attestedBy } = options;
  const body = {
    formats: options.formats,
    includeRedacted: options.includeRedacted ?? false,
    instruction:
      instruction === undefined ? { source, attestation: { text: attestation, attestedBy } } : { id: instruction },
  };
  const { id } = await client.post<ExportView>(`/v1/workspaces/${options.workspace}/export`, body, randomUUID());
  return id;
}

const ASK_EVERY_MS = 1_000;

/** Prints a line whenever something has changed. Throws Conflict when the export was cancelled. */
async function follow(client: ApiClient, address: string): Promise<ExportView> {
  let said = '';
  for (;;) {
    const view = await client.get<ExportView>(address);
    const line = inWords(view);
    if (line !== said) console.log(line);
    said = line;
    if (view.status === 'completed') return view;
    if (view.status === 'cancelled') throw new Conflict(`The export ${view.id} was cancelled.`);
    await delay(ASK_EVERY_MS);
  }
}

function inWords({ status, progress, restarts, blockedBy }: ExportView): string {
  const { parts, plannedParts, rows, plannedRows, bytes } = progress;
  return [
    `  ${status}: part ${parts} of ${plannedParts}, ${rows} of ${plannedRows} rows, ${bytes} bytes`,
    ...(restarts > 0 ? [`begun again ${restarts} times: a snapshot was lost`] : []),
    ...(blockedBy === null ? [] : [`waiting for: ${blockedBy}`]),
  ].join('; ');
}

async function save(client: ApiClient, { id, parts }: ExportView, options: ExportOptions): Promise<void> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  for (const { part, packageId, bytes, sha256 } of parts) {
    const file = join(options.folder, exportPartName(id, part));
    if (await isThere(file, bytes, sha256)) continue;
    const link = { recipient: options.recipient, maxDownloads: 1 };
    const { url } = await client.post<{ url: string }>(`/v1/packages/${packageId}/links`, link);
    // A download that breaks off leaves no file that looks like a part.
    await download(url, `${file}.incoming`);
    await rename(`${file}.incoming`, file);
    console.log(`  ${file}`);
  }
}

async function isThere(file: string, bytes: number, sha256: string): Promise<boolean> {
  const facts = await stat(file).catch(() => undefined);
  return facts?.size === bytes && (await digestOf(file)) === sha256;
}
