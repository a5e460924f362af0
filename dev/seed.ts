/**
 * What a fresh Steward needs to be tried: the sample CRM's workspaces, registered, and a key of the processor's that may
 * do everything, in a file that only the user can read.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SCOPES } from '../domain/parties.ts';
import { loadKeyRing } from '../platform/keys.ts';
import { openDatabase } from '../platform/database.ts';
import type { Database } from '../platform/database.ts';
import { createApiKey } from '../platform/records/api-keys.ts';

export interface SeedOptions {
  readonly appUrl: string;
  readonly keysFile: string;
  readonly home: string;
  readonly workspaces: readonly { readonly id: string; readonly name: string; readonly contactEmail: string }[];
}

/** Idempotent: a second start finds what the first one made. */
export async function seedWorkspaces(options: SeedOptions): Promise<{ adminKeyFile: string }> {
  const adminKeyFile = join(options.home, 'admin-key');
  const db = openDatabase(options.appUrl, { maxConnections: 2 });
  try {
    await registerWorkspaces(db, options.workspaces);
    if (!existsSync(adminKeyFile)) await writeFile(adminKeyFile, await createAdminKey(db, options.keysFile), { mode: 0o600 });
    return { adminKeyFile };
  } finally {
    await db.close();
  }
}

function registerWorkspaces(db: Database, workspaces: SeedOptions['workspaces']): Promise<void> {
  return db.withPlatform(async (trx) => {
    for (const { id, name, contactEmail } of workspaces) {
      await trx('workspaces').insert({ id, name, contact_email: contactEmail }).onConflict('id').ignore();
      await trx('workspace_sources')
        .insert({ workspace_id: id, source: 'crm', tenant_key: id })
        .onConflict(['workspace_id', 'source'])
        .ignore();
    }
  });
}
