/**
 * What a fresh Steward needs to be tried: the sample CRM's workspaces, registered, a key of the processor's that may do
 * everything, in a file that only the user can read, and the sample CRM's retention schedule in force.
 */
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { activateSchedule } from '../activities/erasing/schedule-in-force.ts';
import { loadDataMap } from '../data-map/load.ts';
import { readScheduleFile } from '../data-map/schedule/load.ts';
import { SCOPES } from '../domain/parties.ts';
import { PLATFORM_CHAIN, STEWARD_ITSELF, appendAudit } from '../platform/audit.ts';
import { openDatabase } from '../platform/database.ts';
import type { Database } from '../platform/database.ts';
import { loadKeyRing } from '../platform/key-ring.ts';
import type { KeyRing } from '../platform/keys.ts';
import { createApiKey, createWorkspace } from '../platform/records/admin.ts';

interface SampleWorkspace {
  readonly id: string;
  readonly name: string;
  readonly contactEmail: string;
}

export interface SeedOptions {
  readonly appUrl: string;
  readonly keysFile: string;
  readonly home: string;
  readonly workspaces: readonly SampleWorkspace[];
}

/** Idempotent: a second start finds what the first one made. */
export async function seedWorkspaces(options: SeedOptions): Promise<{ adminKeyFile: string }> {
  const adminKeyFile = join(options.home, 'admin-key');
  const db = openDatabase(options.appUrl, { maxConnections: 2 });
  try {
    await registerWorkspaces(db, options.workspaces);
    if (!existsSync(adminKeyFile)) await writeAdminKey(db, await loadKeyRing(options.keysFile), adminKeyFile);
    return { adminKeyFile };
  } finally {
    await db.close();
  }
}

/** The sample CRM's tenant column holds the same ids. */
function registerWorkspaces(db: Database, workspaces: readonly SampleWorkspace[]): Promise<void> {
  return db.withPlatform(async (trx) => {
    const known = await trx('workspaces').select<{ id: string }[]>('id');
    const missing = workspaces.filter(({ id }) => !known.some((row) => row.id === id));
    for (const workspace of missing) await createWorkspace(trx, { ...workspace, sources: { crm: workspace.id } });
  });
}

async function writeAdminKey(db: Database, ring: KeyRing, file: string): Promise<void> {
  const { token } = await db.withPlatform(async (trx) => {
    const key = await createApiKey(trx, ring, {
      name: 'administrator',
      party: 'processor',
      workspaceId: undefined,
      scopes: SCOPES,
    });
    await appendAudit(trx, PLATFORM_CHAIN, {
      actor: STEWARD_ITSELF,
      action: 'api_key.created',
      subject: { kind: 'api_key', id: key.id },
    });
    return key;
  });
  await writeFile(`${file}.new`, `${token}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export interface ScheduleSeed {
  readonly ownerUrl: string;
  readonly file: string;
  /** The files of the data map that it has to fit. */
  readonly map: readonly string[];
}

/** Idempotent, also where it was edited: the one in force is then the one in the file. */
export async function seedSchedule({ ownerUrl, file, map }: ScheduleSeed): Promise<void> {
  const [text, dataMap] = await Promise.all([readScheduleFile(file), loadDataMap(map)]);
  const owner = openDatabase(ownerUrl, { maxConnections: 1 });
  try {
    await activateSchedule(owner, text, dataMap, 'the embedded stack');
  } finally {
    await owner.close();
  }
}
