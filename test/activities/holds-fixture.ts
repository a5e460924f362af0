/** Holds in Steward's own database, and two sources: one is erased by a role that may not even read the product's tables. */
import { randomUUID } from 'node:crypto';
import { Unavailable } from '../../domain/errors.ts';
import type { HoldRef } from '../../domain/holds.ts';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import { sourceSchema } from '../../platform/erasure/source-schema.ts';
import type { KeyRing } from '../../platform/keys.ts';
import type { Mail, Mailer } from '../../platform/mail.ts';
import { createApiKey, createWorkspace } from '../../platform/records/admin.ts';
import type { Caller } from '../../platform/records/caller.ts';
import { placeHold } from '../../platform/records/hold-placing.ts';
import type { NewHold } from '../../platform/records/hold-placing.ts';
import { releaseHold } from '../../platform/records/hold-steering.ts';
import { readHold } from '../../platform/records/holds.ts';
import type { HoldDetails } from '../../platform/records/holds.ts';
import { openSources } from '../../platform/sources.ts';
import type { Sources } from '../../platform/sources.ts';
import { freshKeyRing } from '../platform/fresh-key-ring.ts';
import { inRole, stewardDatabase, testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { insertLoneRow } from '../support/lone-row.ts';

/** Any role that owns nothing in the source. */
const ERASER = 'steward_worker';
export const TENANT = 'harbour';

export interface HoldsFixture {
  readonly own: TestDatabase;
  readonly source: TestDatabase;
  readonly deps: { readonly db: Database; readonly sources: Sources; readonly mailer: Mailer };
  readonly ring: KeyRing;
  readonly workspaceId: string;
  readonly mails: Mail[];
  mailIsAway: boolean;
  /** The same, with the source's server away. */
  readonly unreachable: Sources;
  place(more?: Partial<NewHold>): Promise<HoldRef>;
  /** By the other of two principals of the party that the hold is of. */
  release(ref: HoldRef): Promise<void>;
  read(ref: HoldRef): Promise<HoldDetails>;
  /** A request in this status, with its newest erasure. */
  erasure(status: string, more?: Readonly<Record<string, unknown>>): Promise<{ requestId: string; erasureId: string }>;
  close(): Promise<void>;
}

const HOLD: NewHold = {
  party: 'controller',
  visibility: 'controller',
  matter: 'Harbour v Nightjar',
  authority: 'General counsel',
  purpose: 'legal',
  subject: [],
  scope: { classes: ['contact_record'] },
};

export async function openHoldsFixture(): Promise<HoldsFixture> {
  const [own, source] = await Promise.all([stewardDatabase(), testDatabase()]);
  await source.pool.query('CREATE TABLE contacts (id int PRIMARY KEY, workspace_id text)');
  await source.pool.query(sourceSchema(ERASER));
  const app = openDatabase(inRole(own.url, 'steward_app'));
  const db = openDatabase(inRole(own.url, 'steward_worker'));
  const ring = await freshKeyRing();
  const archive = { name: 'archive', kind: 'postgres' as const, url: source.url };
  const settings = { name: 'crm', kind: 'postgres' as const, url: source.url };
  const sources = openSources([{ ...settings, eraseUrl: inRole(source.url, ERASER) }, archive]);
  const unreachable = openSources([{ ...settings, eraseUrl: 'postgres://nobody@127.0.0.1:1/crm' }, archive]);
  const callers = await createCallers(app, ring);
  const mails: Mail[] = [];
  const repeat = { operation: 'a test', key: undefined, digests: [Buffer.alloc(0)] as const };
  const fixture: HoldsFixture = {
    own,
    source,
    ring,
    deps: { db, sources, mailer: testMailer(mails, () => fixture.mailIsAway) },
    workspaceId: callers.workspaceId,
    mails,
    mailIsAway: false,
    unreachable,
    place: async (more = {}) => {
      const hold = { ...HOLD, ...more };
      const holdId = await placeHold(app, ring, callers[hold.party][0], hold, repeat);
      return { workspaceId: callers.workspaceId, holdId };
    },
    release: async ({ holdId }) => {
      const { party } = await readHold(app, callers.processor[0], holdId);
      await releaseHold(app, callers[party][1], holdId, { reason: 'Over.', instruction: undefined }, repeat);
    },
    read: ({ holdId }) => readHold(app, callers.processor[0], holdId),
    erasure: (status, more) => insertErasure(own, callers.workspaceId, status, more),
    close: async () => {
      await Promise.all([app.close(), db.close(), sources.close(), unreachable.close()]);
      await Promise.all([own.drop(), source.drop()]);
    },
  };
  return fixture;
}

type Pair = readonly [Caller, Caller];

async function createCallers(
  app: Database,
  ring: KeyRing,
): Promise<{ readonly workspaceId: string; readonly controller: Pair; readonly processor: Pair }> {
  const workspaceId = await app.withPlatform((trx) =>
    createWorkspace(trx, {
      name: 'Harbour Homes',
      contactEmail: 'privacy@harbour.test',
      timeZone: 'Europe/Berlin',
      sources: { crm: TENANT, archive: TENANT },
    }),
  );
  const caller = async (party: 'controller' | 'processor'): Promise<Caller> => {
    const wish = { name: 'a test', party, workspaceId, scopes: ['holds:write' as const] };
    const { principalId: id } = await app.withTenant(workspaceId, (trx) => createApiKey(trx, ring, wish));
    return { workspaceId, principal: { id, party, workspaceId, teamId: undefined, scopes: wish.scopes } };
  };
  return {
    workspaceId,
    controller: [await caller('controller'), await caller('controller')],
    processor: [await caller('processor'), await caller('processor')],
  };
}

function testMailer(mails: Mail[], isAway: () => boolean): Mailer {
  return {
    send: async (mail) => {
      if (isAway()) throw new Unavailable('The mail server is not reachable.', { service: 'mail' });
      mails.push(mail);
    },
    check: async () => undefined,
  };
}

async function insertErasure(
  own: TestDatabase,
  workspaceId: string,
  status: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ requestId: string; erasureId: string }> {
  const [requestId, erasureId] = [randomUUID(), randomUUID()];
  const now = new Date();
  const isAnswered = status === 'partially_completed' || status === 'completed';
  await insertLoneRow(own.pool, 'requests', {
    id: requestId,
    workspace_id: workspaceId,
    type: 'erasure',
    regime: 'gdpr',
    regime_source: 'a test',
    status,
    combine: 'any',
    received_by_controller_at: now,
    received_by_us_at: now,
    legal_due_at: now,
    contractual_due_at: now,
    filed_by: requestId,
    data_key_id: requestId,
    body_digest: '\\x00',
    release: 'immediate',
    language: 'en',
    needs_attention: false,
    created_at: now,
    updated_at: now,
    ...(isAnswered && { outcome: 'partially_fulfilled', closed_at: now }),
  });
  await insertLoneRow(own.pool, 'erasures', {
    id: erasureId,
    workspace_id: workspaceId,
    request_id: requestId,
    ordinal: 1,
    generation: 1,
    epochs: {},
    planned_at: now,
    created_at: now,
    ...(isAnswered && { closed_at: now }),
    ...more,
  });
  return { requestId, erasureId };
}
