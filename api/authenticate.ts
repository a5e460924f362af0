/** Who is calling, what they may do, and in which workspace. */
import type { Request } from 'express';
import { InvalidInput, MissingScope, NotFound, Unauthenticated } from '../domain/errors.ts';
import { isUuid } from '../domain/ids.ts';
import type { Principal, Scope } from '../domain/parties.ts';
import type { Database } from '../platform/database.ts';
import { findPrincipal } from '../platform/records/api-keys.ts';
import { workspaceExists } from '../platform/records/workspaces.ts';
import type { ApiDependencies } from './dependencies.ts';
import { WORKSPACE_HEADER } from './headers.ts';

/**
 * The principal of the API key that was sent. Throws Unauthenticated, in the same words whether the key is missing,
 * malformed, unknown, expired or revoked.
 */
export async function authenticate({ db, ring }: ApiDependencies, request: Request): Promise<Principal> {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.get('Authorization') ?? '') ?? [];
  const principal = token === undefined ? undefined : await findPrincipal(db, ring, token);
  if (!principal) throw new Unauthenticated('A valid API key is needed, as "Authorization: Bearer stw_…".');
  return principal;
}

export function requireScope(principal: Principal, scope: Scope): void {
  if (!principal.scopes.includes(scope)) throw new MissingScope(`This needs a key with the scope ${scope}.`);
}

/**
 * The workspace of this call: the key's own, or the one named in the header. A key does not reach beyond its own, so
 * another one's id is as unknown to it as one that does not exist: both throw NotFound.
 */
export async function workspaceOf(
  { db }: ApiDependencies,
  principal: Principal,
  request: Request,
): Promise<string | undefined> {
  const named = request.get(WORKSPACE_HEADER)?.toLowerCase();
  if (named === undefined) return principal.workspaceId;
  if (!(await isReached(db, principal, named)))
    throw new NotFound(`There is no workspace with the id that the header ${WORKSPACE_HEADER} names.`);
  return named;
}

/** Throws NotFound when the workspace that an address names is none that the key reaches. */
export async function requireReached({ db }: ApiDependencies, principal: Principal, named: string): Promise<void> {
  if (!(await isReached(db, principal, named))) throw new NotFound(`There is no workspace ${named}.`);
}

async function isReached(db: Database, principal: Principal, named: string): Promise<boolean> {
  if (principal.workspaceId !== undefined) return named === principal.workspaceId;
  return isUuid(named) && (await workspaceExists(db, named));
}

export function requireWorkspace(workspaceId: string | undefined): string {
  if (workspaceId !== undefined) return workspaceId;
  throw new InvalidInput(
    `The header ${WORKSPACE_HEADER} is needed: this key belongs to no workspace, so the call must name one.`,
  );
}
