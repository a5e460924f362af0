/** `steward backup …`: what is backed up and whether it can be restored, through the API; and restoring, without it. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { OWN_DATABASE } from '../domain/backups.ts';
import type { BackupManifest } from '../domain/backups.ts';
import { InvalidConfiguration, NotFound } from '../domain/errors.ts';
import { listBackups, readManifest } from '../platform/backups/manifest.ts';
import { restoreOwnDatabase } from '../platform/backups/restore-own.ts';
import { restoreSource } from '../platform/backups/restore-source.ts';
import { prefixOf } from '../platform/backups/sealed-parts.ts';
import { loadConfig } from '../platform/config.ts';
import { loadKeyRing } from '../platform/key-ring.ts';
import type { KeyRing } from '../platform/keys.ts';
import { migrate } from '../platform/migrate.ts';
import { openStorage } from '../platform/storage/open.ts';
import type { ObjectStorage } from '../platform/storage/storage.ts';
import { apiClient, settingsOfRunningStack } from './endpoints.ts';
import { print } from './output.ts';

export function backupCommands(program: Command): void {
  const backup = program.command('backup').description('back databases up, look at backups, restore them');
  const reads = (name: string, description: string, path: string) =>
    backup
      .command(name)
      .description(description)
      .action(async () => print(await (await apiClient(undefined)).get(path)));
  const asks = (name: string, description: string, path: string) =>
    backup
      .command(name)
      .description(description)
      .action(async () => print(await (await apiClient(undefined)).post(path, undefined)));
  asks('run', 'back every database up now', '/v1/backups');
  reads('list', 'the newest backups', '/v1/backups');
  reads('coverage', 'which databases are backed up, and which are not and why', '/v1/backups/coverage');
  backup
    .command('show')
    .description('a backup with its manifest')
    .argument('<id>')
    .action(async (id: string) => print(await (await apiClient(undefined)).get(`/v1/backups/${id}`)));
  asks(
    'drill',
    'restore the newest backups on trial, into databases that are dropped afterwards',
    '/v1/backups/drills',
  );
  reads('drills', 'the newest trials', '/v1/backups/drills');
  restoreCommand(backup);
}

interface RestoreOptions {
  readonly database: string;
  readonly backup?: string;
  readonly to?: string;
}

function restoreCommand(backup: Command): void {
  backup
    .command('restore')
    .description('restore a backup into an empty database, from the object storage and the key ring alone')
    .option('--database <name>', `${OWN_DATABASE}, or a source`, OWN_DATABASE)
    .option('--backup <id>', 'which one; the newest when left out')
    .addOption(new Option('--to <url>', 'the empty database, as the role that is to own it').env('STEWARD_RESTORE_URL'))
    .action(restore);
}

async function restore({ database, backup, to }: RestoreOptions): Promise<void> {
  if (to === undefined) throw new InvalidConfiguration('Name the empty database: --to, or STEWARD_RESTORE_URL.');
  const config = loadConfig(settingsOfRunningStack());
  const ring = await loadKeyRing(config.keys.file);
  const storage = openStorage(config.storage);
  const source = database === OWN_DATABASE ? null : database;
  const manifest = await find(storage, ring, source, backup);
  const { backupId, keyId } = manifest;
  const place = { storage, ring, backupId, keyId, prefix: prefixOf(manifest.source, backupId) };
  console.log(`Restoring backup ${backupId} of ${database}, as it was at ${manifest.snapshotAt}.`);
  if (manifest.way === 'copy') {
    await restoreOwnDatabase(to, place, manifest);
    await migrate(to);
  } else await restoreSource(to, place, manifest, config.backups.programs);
  const { tables, rows } = manifest.totals;
  console.log(`Restored ${rows} rows in ${tables} tables. When Steward starts on it, it replays its journal first.`);
}

/** Throws NotFound. */
async function find(
  storage: ObjectStorage,
  ring: KeyRing,
  source: string | null,
  id: string | undefined,
): Promise<BackupManifest> {
  if (id !== undefined) return readManifest(storage, ring, prefixOf(source, id));
  const beginning = prefixOf(source, '');
  let newest: BackupManifest | undefined;
  for await (const prefix of listBackups(storage)) {
    if (!prefix.startsWith(beginning)) continue;
    const manifest = await readManifest(storage, ring, prefix);
    if (newest === undefined || manifest.snapshotAt > newest.snapshotAt) newest = manifest;
  }
  if (newest === undefined)
    throw new NotFound(`There is no backup of ${source ?? OWN_DATABASE} in the object storage.`);
  return newest;
}
