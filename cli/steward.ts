#!/usr/bin/env node
/** The `steward` command. `npm run steward -- --help` lists what it can do. */
import { Command } from 'commander';
import { StewardError } from '../domain/errors.ts';
import { ApiProblem } from './api-client.ts';
import { backupCommands } from './backups.ts';
import { certificateCommands } from './certificates.ts';
import { erasureCommands } from './erasure.ts';
import { exportCommand } from './export.ts';
import { holdCommands } from './holds.ts';
import { keyCommands } from './keys.ts';
import { mapCommands } from './map.ts';
import { migrateCommand } from './migrate.ts';
import { requestCommands } from './requests.ts';
import { retentionCommands } from './retention.ts';
import { scheduleCommands } from './schedule.ts';
import { signInCommand } from './sign-in.ts';
import { sourceCommands } from './source.ts';
import { verifyCommand } from './verify.ts';

const program = new Command('steward')
  .description("Carries out and proves the data-protection duties of a company that processes its customers' data.")
  .showHelpAfterError();
const COMMANDS = [
  verifyCommand,
  requestCommands,
  certificateCommands,
  erasureCommands,
  exportCommand,
  holdCommands,
  retentionCommands,
  signInCommand,
  keyCommands,
  mapCommands,
  sourceCommands,
  scheduleCommands,
  backupCommands,
  migrateCommand,
] as const;
for (const add of COMMANDS) add(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof StewardError || error instanceof ApiProblem)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
