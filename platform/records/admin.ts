/** What sets Steward up for somebody: workspaces, and keys to work in them. */
import { randomUUID } from 'node:crypto';
import { InvalidInput } from '../../domain/errors.ts';
import type { Party, Scope } from '../../domain/parties.ts';
import type { Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import { lookupDigest } from '../pseudonyms.ts';
import { newToken, writeToken } from './key-token.ts';

export interface NewWorkspace {
  readonly id?: string;
  readonly name: string;
  readonly contactEmail: string;
  /** IANA name. */
  readonly timeZone?: string | undefined;
  readonly contractualDays?: number | undefined;
  readonly jurisdictions?: readonly string[] | undefined;
  readonly coolingOffDays?: number | undefined;
  /** Source name to the value of the tenant column there. */
  readonly sources: Readonly<Record<string, string>>;
}

/** In a platform transaction. Answers the id. */
export async function createWorkspace(trx: Transaction, workspace: NewWorkspace): Promise<string> {
  const id = workspace.id ?? randomUUID();
  await trx('workspaces').insert({
    id,
    name: workspace.name,
    contact_email: workspace.contactEmail,
    time_zone: workspace.timeZone ?? 'UTC',
    contractual_days: workspace.contractualDays ?? 14,
    jurisdictions: [...(workspace.jurisdictions ?? [])],
    cooling_off_days: workspace.coolingOffDays ?? 3,
    created_at: new Date(),
  });
  const sources = Object.entries(workspace.sources).map(([source, tenant_key]) => ({
    workspace_id: id,
    source,
    tenant_key,
  }));
  if (sources.length > 0) await trx('workspace_sources').insert(sources);
  return id;
}

export interface NewApiKey {
  readonly name: string;
  readonly party: Party;
  /** Undefined for a key of the processor's that works in every workspace. */
  readonly workspaceId: string | undefined;
  readonly teamId?: string | undefined;
  readonly scopes: readonly Scope[];
  readonly expiresAt?: Date | undefined;
  /** The principal who makes it; undefined when it is made from the command line. */
  readonly createdBy?: string | undefined;
}

export interface CreatedApiKey {
  readonly id: string;
  readonly principalId: string;
  /** `stw_<id>_<secret>`: exists nowhere else. */
  readonly token: string;
}

/**
 * Makes a principal and its key, in a transaction of the key's workspace, or in a platform transaction for a key of none.
 * Throws InvalidInput for a key that would reach further than its party may.
 */
export async function createApiKey(trx: Transaction, ring: KeyRing, key: NewApiKey): Promise<CreatedApiKey> {
  requirePossible(key);
  const principalId = randomUUID();
  await trx('principals').insert({
    id: principalId,
    workspace_id: key.workspaceId ?? null,
    party: key.party,
    kind: 'api_key',
    label: key.name,
  });
  return insertApiKey(trx, ring, { ...key, principalId });
}

/** A further key of a principal that is there. */
export async function insertApiKey(
  trx: Transaction,
  ring: KeyRing,
  key: NewApiKey & { readonly principalId: string },
): Promise<CreatedApiKey> {
  const token = newToken();
  const { digest, keyId } = lookupDigest(ring, token.secret);
  await trx('api_keys').insert({
    id: token.id,
    principal_id: key.principalId,
    workspace_id: key.workspaceId ?? null,
    team_id: key.teamId ?? null,
    name: key.name,
    scopes: [...key.scopes],
    secret_digest: digest,
    digest_key_id: keyId,
    created_by: key.createdBy ?? null,
    created_at: new Date(),
    expires_at: key.expiresAt ?? null,
  });
  return { id: token.id, principalId: key.principalId, token: writeToken(token) };
}

/** Payloads of runs are of all workspaces, and so are for the processor's own keys alone. */
function requirePossible({ party, workspaceId, scopes }: NewApiKey): void {
  if (party === 'controller' && workspaceId === undefined) {
    throw new InvalidInput('A key of the controller belongs to a workspace.', {
      fields: [{ pointer: '/party', detail: 'Name a workspace, or make a key of the processor.' }],
    });
  }
  if (workspaceId !== undefined && scopes.includes('payloads:decode')) {
    throw new InvalidInput('The scope payloads:decode is not for a key of one workspace.', {
      fields: [{ pointer: '/scopes', detail: 'payloads:decode reaches all workspaces.' }],
    });
  }
}
