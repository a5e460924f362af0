import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A home that PostgreSQL can enter where the tests run as root, so that all of the stack's state goes with the folder. */
export async function temporaryHome(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'steward-test-'));
  await chmod(folder, 0o711);
  return folder;
}
