/** `steward keys …`: makes and rotates the key ring of the settings. */
import { Argument } from 'commander';
import type { Command } from 'commander';
import { loadConfig } from '../platform/config.ts';
import { ensureKeyRing, rotateKey } from '../platform/key-ring.ts';
import { SECRET_PURPOSES } from '../platform/keys.ts';
import type { KeyPurpose } from '../platform/keys.ts';
import { settingsOfRunningStack } from './endpoints.ts';

export function keyCommands(program: Command): void {
  const keys = program.command('keys').description('make and rotate keys (setting keys.file)');
  keys
    .command('init')
    .description('make a key ring if there is none')
    .action(async () => {
      const { file } = loadConfig(settingsOfRunningStack()).keys;
      await ensureKeyRing(file);
      console.log(file);
    });
  keys
    .command('rotate')
    .description('add a new current key; restart API and workers to use it')
    .addArgument(new Argument('<purpose>').choices([...SECRET_PURPOSES, 'signing']))
    .action(async (purpose: KeyPurpose) =>
      console.log(await rotateKey(loadConfig(settingsOfRunningStack()).keys.file, purpose)),
    );
}
