/** API keys: found by their id, known by a keyed hash of their secret, listed, renewed and revoked. */
import { Conflict, InvalidInput, MissingScope, NotFound } from '../../domain/errors.ts';
import type { FieldProblem } from '../../domain/errors.ts';
import type { Party, Principal, Scope } from '../../domain/parties.ts';
import { PLATFORM_CHAIN, appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import { matches } from '../pseudonyms.ts';
import { createApiKey, insertApiKey } from './admin.ts';
import type { CreatedApiKey, NewApiKey } from './admin.ts';
import { readToken } from './key-token.ts';
import { readPage } from './paging.ts';
import type { Page, PageRequest } from './paging.ts';

export interface ApiKeyRecord {
  readonly id: string;
  readonly principalId: string;
  readonly party: Party;
  readonly workspaceId: string | null;
  readonly teamId: string | null;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

/** Who manages keys, and where: a workspace's keys, or those of none. */
export interface KeyManager {
  readonly principal: Principal;
  readonly workspaceId: string | undefined;
}

interface FoundKey {
  readonly principal_id: string;
  readonly party: Party;
  readonly workspace_id: string | null;
  readonly team_id: string | null;
  readonly scopes: readonly Scope[];
  readonly secret_digest: Buffer;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
}

/** The principal whose key this is; undefined for a key that is malformed, unknown, expired or revoked. */
export async function findPrincipal(db: Database, ring: KeyRing, text: string): Promise<Principal | undefined> {
  const token = readToken(text);
  if (!token) return undefined;
  return db.withPlatform(async (trx) => {
    const found = await trx.raw<{ rows: FoundKey[] }>('SELECT * FROM steward.find_api_key(?)', [token.id]);
    const [key] = found.rows;
    if (!key || !matches(ring, token.secret, key.secret_digest) || isOver(key)) return undefined;
    await trx.raw('SELECT steward.touch_api_key(?)', [token.id]);
    return {
      id: key.principal_id,
      party: key.party,
      workspaceId: key.workspace_id ?? undefined,
      teamId: key.team_id ?? undefined,
      scopes: key.scopes,
    };
  });
}

function isOver({ revoked_at, expires_at }: Pick<FoundKey, 'revoked_at' | 'expires_at'>): boolean {
  return revoked_at !== null || (expires_at !== null && expires_at <= new Date());
}

export async function listApiKeys(db: Database, manager: KeyManager, page: PageRequest): Promise<Page<ApiKeyRecord>> {
  return inReach(db, manager, async (trx) => {
    const { rows, last } = await readPage<ApiKeyRow>(manageable(trx, manager), 'api_keys', page);
    return { rows: rows.map(toRecord), last };
  });
}

export type KeyWish = Pick<NewApiKey, 'name' | 'party' | 'scopes' | 'teamId' | 'expiresAt'>;

/** Throws InvalidInput, with a pointer to each thing in which the key would reach further than its maker. */
export async function makeApiKey(
  db: Database,
  ring: KeyRing,
  manager: KeyManager,
  wish: KeyWish,
): Promise<{ readonly record: ApiKeyRecord; readonly token: string }> {
  requireWithin(manager.principal, wish);
  return inReach(db, manager, async (trx) => {
    const created = await createApiKey(trx, ring, {
      ...wish,
      teamId: wish.teamId ?? manager.principal.teamId,
      workspaceId: manager.workspaceId,
      createdBy: manager.principal.id,
    });
    return present(trx, manager, created, 'api_key.created');
  });
}

function requireWithin({ party, teamId, scopes }: Principal, wish: KeyWish): void {
  const fields: FieldProblem[] = [];
  const beyond = wish.scopes.filter((scope) => !scopes.includes(scope));
  if (beyond.length > 0) fields.push({ pointer: '/scopes', detail: `Your own key lacks ${beyond.join(', ')}.` });
  if (party === 'controller' && wish.party === 'processor') {
    fields.push({ pointer: '/party', detail: 'A key of the controller makes keys of the controller.' });
  }
  if (teamId !== undefined && wish.teamId !== undefined && wish.teamId !== teamId) {
    fields.push({ pointer: '/teamId', detail: 'Your own key is of another team.' });
  }
  if (fields.length > 0) throw new InvalidInput('A key cannot make one that reaches further than itself.', { fields });
}

/**
 * Gives a key's principal a new key of the same reach. The old one works on until `overlapUntil`, or no longer when that
 * is undefined. Throws NotFound; Conflict when the old key is over; MissingScope when it has scopes that the manager lacks.
 */
export async function rotateApiKey(
  db: Database,
  ring: KeyRing,
  manager: KeyManager,
  id: string,
  overlapUntil: Date | undefined,
): Promise<{ readonly record: ApiKeyRecord; readonly token: string }> {
  return inReach(db, manager, async (trx) => {
    const old = await requireKey(trx, manager, id);
    if (isOver(old)) throw new Conflict('The key is revoked or expired: make a new one instead.');
    const beyond = old.scopes.filter((scope) => !manager.principal.scopes.includes(scope));
    if (beyond.length > 0) throw new MissingScope(`Your own key lacks ${beyond.join(', ')}, which this key has.`);
    const created = await insertApiKey(trx, ring, {
      principalId: old.principal_id,
      name: old.name,
      party: old.party,
      workspaceId: old.workspace_id ?? undefined,
      teamId: old.team_id ?? undefined,
      scopes: old.scopes,
      expiresAt: old.expires_at ?? undefined,
      createdBy: manager.principal.id,
    });
    await trx('api_keys').where({ id }).update(endOf(old, overlapUntil));
    return present(trx, manager, created, 'api_key.rotated', { replaces: id });
  });
}

/** An overlap shortens a life and never lengthens it. */
function endOf({ expires_at }: ApiKeyRow, overlapUntil: Date | undefined): { revoked_at: Date } | { expires_at: Date } {
  if (overlapUntil === undefined) return { revoked_at: new Date() };
  return { expires_at: expires_at !== null && expires_at < overlapUntil ? expires_at : overlapUntil };
}

/** A key that was revoked before stays so. Throws NotFound. */
export async function revokeApiKey(db: Database, manager: KeyManager, id: string): Promise<void> {
  await inReach(db, manager, async (trx) => {
    const key = await requireKey(trx, manager, id);
    if (key.revoked_at) return;
    await trx('api_keys').where({ id }).update({ revoked_at: new Date() });
    await audit(trx, manager, 'api_key.revoked', id);
  });
}

interface ApiKeyRow {
  readonly id: string;
  readonly principal_id: string;
  readonly party: Party;
  readonly workspace_id: string | null;
  readonly team_id: string | null;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
}

function inReach<T>(db: Database, { workspaceId }: KeyManager, work: (trx: Transaction) => Promise<T>): Promise<T> {
  return workspaceId === undefined ? db.withPlatform(work) : db.withTenant(workspaceId, work);
}

/** A controller's key manages the controller's, a team's key those of its team. */
function manageable(trx: Transaction, { principal, workspaceId }: KeyManager) {
  return trx('api_keys')
    .join('principals', 'principals.id', 'api_keys.principal_id')
    .where({
      'api_keys.workspace_id': workspaceId ?? null,
      ...(principal.party === 'controller' ? { 'principals.party': 'controller' } : {}),
      ...(principal.teamId === undefined ? {} : { 'api_keys.team_id': principal.teamId }),
    })
    .select('api_keys.*', 'principals.party');
}

async function requireKey(trx: Transaction, manager: KeyManager, id: string): Promise<ApiKeyRow> {
  const row = await manageable(trx, manager)
    .where({ 'api_keys.id': id })
    .forUpdate('api_keys')
    .first<ApiKeyRow | undefined>();
  if (!row) throw new NotFound(`There is no API key ${id}.`);
  return row;
}

async function present(
  trx: Transaction,
  manager: KeyManager,
  { id, token }: CreatedApiKey,
  action: string,
  details: Readonly<Record<string, string>> = {},
): Promise<{ readonly record: ApiKeyRecord; readonly token: string }> {
  const record = toRecord(await requireKey(trx, manager, id));
  await audit(trx, manager, action, id, { ...details, scopes: record.scopes.join(' ') });
  return { record, token };
}

async function audit(
  trx: Transaction,
  { principal, workspaceId }: KeyManager,
  action: string,
  id: string,
  details: Readonly<Record<string, string>> = {},
): Promise<void> {
  await appendAudit(trx, workspaceId ?? PLATFORM_CHAIN, {
    actor: principal,
    action,
    subject: { kind: 'api_key', id },
    details,
  });
}

function toRecord(row: ApiKeyRow): ApiKeyRecord {
  return {
    id: row.id,
    principalId: row.principal_id,
    party: row.party,
    workspaceId: row.workspace_id,
    teamId: row.team_id,
    name: row.name,
    scopes: row.scopes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  };
}
