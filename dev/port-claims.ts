/**
 * Which stack means to use which port. A port stays free until its server binds it, so two stacks that start at the same
 * moment would choose the same ones; a claim tells the other in between.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isErrno } from '../platform/files.ts';
import { isAlive, markOf } from './processes.ts';
import type { ProcessMark } from './processes.ts';

const FOLDER = join(tmpdir(), `steward-ports-${process.getuid?.() ?? 'user'}`);

interface Claim extends ProcessMark {
  /** One process can run several stacks. */
  readonly home: string;
}

/** False when a living stack of another home has the port. What a dead one left is taken over. */
export function claimPort(port: number, home: string): boolean {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  const file = join(FOLDER, String(port));
  const owner = readClaim(file);
  if (owner && isAlive(owner)) return owner.home === home;
  rmSync(file, { force: true });
  try {
    writeFileSync(file, JSON.stringify({ ...markOf(process.pid), home }), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** A claim of another home's stack stays. */
export function releasePort(port: number, home: string): void {
  const file = join(FOLDER, String(port));
  if (readClaim(file)?.home === home) rmSync(file, { force: true });
}

function readClaim(file: string): Claim | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Claim;
  } catch {
    return undefined;
  }
}
