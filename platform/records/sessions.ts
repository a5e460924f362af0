/**
 * Sign-in of the processor's own people by a one-time token, which the command line makes and the browser turns into a
 * session. Both are kept as keyed hashes.
 */
import { randomBytes } from 'node:crypto';
import { InvalidInput } from '../../domain/errors.ts';
import type { Principal, Scope } from '../../domain/parties.ts';
import { PLATFORM_CHAIN, appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import { lookupDigest, lookupDigests } from '../pseudonyms.ts';

const SESSION_HOURS = 8;

export interface SignIn {
  readonly principalId: string;
  readonly scopes: readonly Scope[];
  /** How long the token can be used. */
  readonly minutes: number;
}

export interface Session {
  /** What the cookie holds. */
  readonly token: string;
  readonly expiresAt: Date;
}

/** Answers the token for `/sign-in/<token>`. Throws InvalidInput when the principal is not the processor's own. */
export async function createSignInToken(
  db: Database,
  ring: KeyRing,
  { principalId, scopes, minutes }: SignIn,
): Promise<string> {
  return db.withPlatform(async (trx) => {
    const principal = await trx('principals').where({ id: principalId, party: 'processor' }).first('id');
    if (!principal) throw new InvalidInput(`There is no principal ${principalId} of the processor's own.`);
    const expiresAt = new Date(Date.now() + minutes * 60_000);
    return insertToken(trx, ring, {
      kind: 'sign_in',
      principal_id: principalId,
      scopes: [...scopes],
      expires_at: expiresAt,
    });
  });
}

/** Whether the token could be exchanged now; looking does not use it up. */
export async function isSignInToken(db: Database, ring: KeyRing, token: string): Promise<boolean> {
  return db.withPlatform(async (trx) => (await openTokens(trx, ring, 'sign_in', token).first('kind')) !== undefined);
}

/** Turns a sign-in token into a session, once; undefined when it is unknown, used or expired. */
export async function exchangeSignIn(db: Database, ring: KeyRing, token: string): Promise<Session | undefined> {
  return db.withPlatform(async (trx) => {
    const [used] = await openTokens(trx, ring, 'sign_in', token)
      .update({ used_at: new Date() })
      .returning<TokenRow[]>(['principal_id', 'scopes']);
    if (!used) return undefined;
    const expiresAt = new Date(Date.now() + SESSION_HOURS * 3_600_000);
    const session = await insertToken(trx, ring, { ...used, kind: 'session', expires_at: expiresAt });
    await audit(trx, used.principal_id, 'session.opened');
    return { token: session, expiresAt };
  });
}

/** The principal of a session, with the session's scopes; undefined when there is none or it is over. */
export async function findSession(db: Database, ring: KeyRing, token: string): Promise<Principal | undefined> {
  return db.withPlatform(async (trx) => {
    const row = await openTokens(trx, ring, 'session', token).first<TokenRow | undefined>('principal_id', 'scopes');
    return (
      row && { id: row.principal_id, party: 'processor', workspaceId: undefined, teamId: undefined, scopes: row.scopes }
    );
  });
}

/** Ending a session that is over, or never was, is no error. */
export async function endSession(db: Database, ring: KeyRing, token: string): Promise<void> {
  await db.withPlatform(async (trx) => {
    const [ended] = await openTokens(trx, ring, 'session', token)
      .update({ revoked_at: new Date() })
      .returning<TokenRow[]>(['principal_id', 'scopes']);
    if (ended) await audit(trx, ended.principal_id, 'session.closed');
  });
}

interface TokenRow {
  readonly principal_id: string;
  readonly scopes: Scope[];
}

interface NewToken extends TokenRow {
  readonly kind: 'sign_in' | 'session';
  readonly expires_at: Date;
}

async function insertToken(trx: Transaction, ring: KeyRing, row: NewToken): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const { digest, keyId } = lookupDigest(ring, token);
  await trx('sessions').insert({ ...row, token_digest: digest, digest_key_id: keyId });
  return token;
}

function openTokens(trx: Transaction, ring: KeyRing, kind: NewToken['kind'], token: string) {
  const digests = lookupDigests(ring, token).map(({ digest }) => digest);
  return trx('sessions')
    .where({ kind })
    .whereIn('token_digest', digests)
    .whereNull('used_at')
    .whereNull('revoked_at')
    .where('expires_at', '>', trx.fn.now());
}

async function audit(trx: Transaction, principalId: string, action: string): Promise<void> {
  await appendAudit(trx, PLATFORM_CHAIN, {
    actor: { id: principalId, party: 'processor' },
    action,
    subject: { kind: 'principal', id: principalId },
  });
}
