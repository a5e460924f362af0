/** Writing files so that after a crash there is the old one or the new one, whole. */
import { open } from 'node:fs/promises';

/** Creates the file, which must not be there, with mode 0600, and returns when its bytes are on the disk. */
export async function writeNewFile(path: string, content: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(content);
  await file.sync();
}

/** A rename or a link is on the disk only when its folder is. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}
