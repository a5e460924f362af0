/** /v1/holds: place, list, look at, change and release holds, and ask whether something is held. */
import { z } from 'zod';
import { InvalidInput } from '../../domain/errors.ts';
import type { Party } from '../../domain/parties.ts';
import type { Caller } from '../../platform/records/caller.ts';
import { checkHolds } from '../../platform/records/hold-checks.ts';
import { placeHold } from '../../platform/records/hold-placing.ts';
import { changeHold, releaseHold } from '../../platform/records/hold-steering.ts';
import { listHolds, readHold } from '../../platform/records/holds.ts';
import { checkIdentities } from '../../platform/records/identities.ts';
import { deliverHold } from '../delivery.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { workspaceEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { askedRecord, requireKnownScope } from '../hold-scopes.ts';
import { pageOf, pageQuery, pageRequest, writePage } from '../pagination.ts';
import {
  holdChange,
  holdCheck,
  holdFilters,
  holdRelease,
  newHold,
  ofHold,
  shownHold,
  shownHoldCheck,
  shownHoldDetails,
} from '../schemas/holds.ts';

const tag = 'holds';

const place = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/holds',
    operationId: 'placeHold',
    tag,
    summary: 'Place a hold',
    description:
      'It holds from the moment it is written down, however many records it covers; the sources are then told of it, so ' +
      'that erasures under way stop. When Temporal is away the answer is 503 with the id of the hold, which stands.',
    scope: 'holds:write',
    idempotent: true,
    input: { body: newHold },
    success: { status: 202, description: 'The hold.', schema: shownHoldDetails, headers: { Location: 'Its address.' } },
    problems: [409],
  },
  async ({ deps, caller, body, repeat }) => {
    const { scope, party = caller.principal.party, ...rest } = body;
    requireSeenByOwner(party, body.visibility);
    const subject = checkIdentities(scope.subject ?? [], deps.identityTypes, '/scope/subject');
    requireKnownScope(scope, deps);
    const { records, classes, dates } = scope;
    const hold = { ...rest, party, subject, scope: { records, classes, dates } };
    return accepted(deps, caller, await placeHold(deps.db, deps.ring, caller, hold, repeat));
  },
);

/** What is the controller's to release cannot be kept from it. */
function requireSeenByOwner(party: Party, visibility: string): void {
  if (party !== 'controller' || visibility !== 'processor') return;
  const detail = "Only a hold of the processor's own can be kept from the controller.";
  throw new InvalidInput('The body has a problem.', { fields: [{ pointer: '/visibility', detail }] });
}

const list = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/holds',
    operationId: 'listHolds',
    tag,
    summary: 'List holds, newest first',
    scope: 'holds:read',
    input: { query: z.object({ ...pageQuery(), ...holdFilters }) },
    success: { status: 200, description: 'A page of holds.', schema: pageOf(shownHold) },
  },
  async ({ deps, caller, query: { state, reviewDue, ...page } }) => ({
    body: writePage(await listHolds(deps.db, caller, { state, reviewDue }, pageRequest(page))),
  }),
);

const read = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/holds/{holdId}',
    operationId: 'readHold',
    tag,
    summary: 'Look at a hold: what it covers, which sources know of it, and its journal',
    scope: 'holds:read',
    input: { params: ofHold },
    success: { status: 200, description: 'The hold.', schema: shownHoldDetails },
  },
  async ({ deps, caller, params }) => ({ body: await readHold(deps.db, caller, params.holdId) }),
);

const change = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/holds/{holdId}/changes',
    operationId: 'changeHold',
    tag,
    summary: "Change a hold's review date or matter",
    description: 'What was there before stays in the journal. What it covers never changes: place another hold.',
    scope: 'holds:write',
    idempotent: true,
    input: { params: ofHold, body: holdChange },
    success: { status: 200, description: 'The hold as it stands now.', schema: shownHoldDetails },
    problems: [409],
  },
  async ({ deps, caller, params, body, repeat }) => {
    const { reviewAt, matter, reason, instruction } = body;
    await changeHold(deps.db, caller, params.holdId, { reviewAt, matter, reason, instruction }, repeat);
    return { body: await readHold(deps.db, caller, params.holdId) };
  },
);

const release = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/holds/{holdId}/release',
    operationId: 'releaseHold',
    tag,
    summary: 'Release a hold',
    description:
      'By somebody else than who placed it. What it kept is looked at again: by the reviews that are open, and, where a ' +
      'request was answered in part, by the next retention review.',
    scope: 'holds:write',
    idempotent: true,
    input: { params: ofHold, body: holdRelease },
    success: { status: 202, description: 'The hold as it stands now.', schema: shownHoldDetails },
    problems: [409],
  },
  async ({ deps, caller, params, body: { reason, instruction }, repeat }) => {
    await releaseHold(deps.db, caller, params.holdId, { reason, instruction }, repeat);
    return accepted(deps, caller, params.holdId);
  },
);

const check = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/holds/check',
    operationId: 'checkHolds',
    tag,
    summary: 'Ask whether records or persons are held, before the product deletes them by itself',
    description:
      'Answered from what the holds say, without looking at the records. A hold on a person covers whatever a search finds ' +
      'of them, so of a record it can only be said that it may be held, unless its person is named with it. A hold with ' +
      '`dates` cannot be told apart from a record that arose at another time. `unknown` is to be treated as held.',
    scope: 'holds:read',
    input: { body: holdCheck },
    success: { status: 200, description: 'An answer for each item.', schema: shownHoldCheck },
  },
  async ({ deps, caller, body }) => {
    const items = body.items.map(({ record, identities }, index) => ({
      record: record && askedRecord(record, deps, `/items/${index}`),
      identities: checkIdentities(identities, deps.identityTypes, `/items/${index}/identities`),
    }));
    return { body: await checkHolds(deps.db, deps.ring, caller, items) };
  },
);

async function accepted(deps: ApiDependencies, caller: Caller, holdId: string) {
  await deliverHold(deps, { workspaceId: caller.workspaceId, holdId });
  return { body: await readHold(deps.db, caller, holdId), headers: { Location: `/v1/holds/${holdId}` } };
}

/** `check` before what has an id at its place. */
export const holdEndpoints: readonly Endpoint[] = [place, list, check, read, change, release];
