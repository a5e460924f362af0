/** Steward's database and a source with people who share names and numbers, and requests about them. */
import { createHash, randomUUID } from 'node:crypto';
import { locatePerson } from '../../../activities/locate-person.ts';
import type { LocateDeps } from '../../../activities/locate-person.ts';
import { createMatchReviewActivities } from '../../../activities/match-review.ts';
import { readOrder } from '../../../activities/packaging/package-order.ts';
import { withSnapshots } from '../../../activities/plan-runner.ts';
import type { DataMap } from '../../../data-map/model.ts';
import type { DigestFormat, Identity } from '../../../domain/identities.ts';
import type { Combination } from '../../../domain/request.ts';
import type { LocateResult, RequestRef } from '../../../domain/runs.ts';
import { openDatabase } from '../../../platform/database.ts';
import type { Database } from '../../../platform/database.ts';
import { createApiKey, createWorkspace } from '../../../platform/records/admin.ts';
import type { Caller } from '../../../platform/records/caller.ts';
import { checkIdentities } from '../../../platform/records/identities.ts';
import { fileRequest } from '../../../platform/records/request-filing.ts';
import { openSources } from '../../../platform/sources.ts';
import { foundIn } from '../../data-map/source.ts';
import type { Found } from '../../data-map/source.ts';
import { freshKeyRing } from '../../platform/fresh-key-ring.ts';
import { inRole, stewardDatabase, testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';
import { quietControl } from '../packaging/packaging-fixture.ts';

export interface LocatingFixture {
  readonly deps: LocateDeps;
  readonly app: Database;
  readonly own: TestDatabase;
  readonly source: TestDatabase;
  readonly caller: Caller;
  file(identities: readonly Identity[], combine?: Combination): Promise<RequestRef>;
  locate(ref: RequestRef): Promise<LocateResult>;
  openReview(ref: RequestRef): Promise<{ readonly pending: number }>;
  /** What a package would now be made of. */
  packed(ref: RequestRef): Promise<Found>;
  close(): Promise<void>;
}

export const hashed = (type: string, canonical: string, format: DigestFormat): Identity => ({
  type,
  value: createHash(format).update(canonical).digest('hex'),
  format,
});

/** `schema` is run in the source, which knows the workspace as `w`. */
export async function openLocatingFixture(map: DataMap, schema: string): Promise<LocatingFixture> {
  const [own, source] = await Promise.all([stewardDatabase(), testDatabase()]);
  await source.pool.query(schema);
  const app = openDatabase(inRole(own.url, 'steward_app'));
  const db = openDatabase(inRole(own.url, 'steward_worker'));
  const ring = await freshKeyRing();
  const sources = openSources([{ name: 'crm', kind: 'postgres', url: source.url }]);
  const deps: LocateDeps = { db, ring, map, sources };
  const caller = await createCaller(app, ring);
  return {
    deps,
    app,
    own,
    source,
    caller,
    file: (identities, combine = 'any') => file(app, deps, caller, identities, combine),
    locate: (ref) => locatePerson(deps, ref, quietControl()),
    openReview: (ref) => createMatchReviewActivities({ db }).openMatchReview(ref),
    packed: async (ref) => {
      const { search } = await db.withTenant(ref.workspaceId, (trx) => readOrder(trx, ring, map, ref));
      return withSnapshots(sources, search, async ([snapshot]) => (snapshot ? foundIn(snapshot) : {}));
    },
    close: async () => {
      await Promise.all([app.close(), db.close(), sources.close()]);
      await Promise.all([own.drop(), source.drop()]);
    },
  };
}

async function createCaller(app: Database, ring: LocateDeps['ring']): Promise<Caller> {
  const workspace = { name: 'Harbour Homes', contactEmail: 'privacy@harbour.test', sources: { crm: 'w' } };
  const workspaceId = await app.withPlatform((trx) => createWorkspace(trx, workspace));
  const wish = { name: 'a test', party: 'controller', workspaceId, scopes: ['requests:review'] } as const;
  const { principalId } = await app.withTenant(workspaceId, (trx) => createApiKey(trx, ring, wish));
  return { workspaceId, principal: { ...wish, id: principalId, teamId: undefined } };
}

async function file(
  app: Database,
  { ring }: LocateDeps,
  caller: Caller,
  identities: readonly Identity[],
  combine: Combination,
): Promise<RequestRef> {
  const filing = {
    type: 'access',
    regime: 'gdpr',
    regimeSource: 'controller',
    receivedByControllerAt: new Date(),
    identities: checkIdentities(identities, ['email', 'phone_number', 'external_id']),
    combine,
    instruction: {
      source: 'support_request',
      attestation: { text: 'Export it.', attestedBy: 'Privacy desk', attestedAt: new Date() },
    },
  } as const;
  const repeat = { operation: 'a test', key: randomUUID(), digests: [Buffer.alloc(32)] as const };
  const requestId = await fileRequest(app, ring, caller, filing, repeat);
  return { workspaceId: caller.workspaceId, requestId };
}
