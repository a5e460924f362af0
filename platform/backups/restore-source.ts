/** Restores a dump of a source into an empty database, by the pg_restore that belongs to the pg_dump which made it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { BackupManifest } from '../../domain/backups.ts';
import { SealBroken, SourceFailed } from '../../domain/errors.ts';
import { connectionEnvironment, endOf } from './dump-source.ts';
import { findPrograms } from './programs.ts';
import { restorePart } from './sealed-parts.ts';
import type { BackupPlace } from './sealed-parts.ts';

/**
 * All in one transaction, with whoever restores as the owner and without the roles of the dump, which are the server's.
 * Throws NoProgram, SealBroken, SourceFailed.
 */
export async function restoreSource(
  url: string,
  place: BackupPlace,
  manifest: BackupManifest,
  programs: string | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const { archive, programVersion, source } = manifest;
  if (archive === null || programVersion === null) throw new SealBroken('The backup has no dump.');
  const { folder } = await findPrograms(Number.parseInt(programVersion, 10), programs);
  const options = ['--no-owner', '--no-privileges', '--single-transaction', '--exit-on-error', '--no-password'];
  const child = spawn(join(folder, 'pg_restore'), [...options, `--dbname=${new URL(url).pathname.slice(1)}`], {
    env: connectionEnvironment(url),
    stdio: ['pipe', 'ignore', 'ignore'],
    ...(signal === undefined ? {} : { signal }),
  });
  const ended = endOf(child);
  const [fed, code] = await Promise.allSettled([restorePart(place, archive, child.stdin), ended]);
  signal?.throwIfAborted();
  // A seal that is broken is why the program failed, and not the other way round.
  if (fed.status === 'rejected' && fed.reason instanceof SealBroken) throw fed.reason;
  if (code.status === 'rejected' || code.value !== 0 || fed.status === 'rejected')
    throw new SourceFailed(`pg_restore could not restore ${source ?? 'the dump'}.`);
}
