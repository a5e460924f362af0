/** /v1/data-map: the map that is in force, and how it compares with the live sources. */
import { z } from 'zod';
import { MissingScope } from '../../domain/errors.ts';
import type { Principal } from '../../domain/parties.ts';
import { listMapChecks, readMapCheck, recordMapCheckAsked } from '../../platform/records/map-checks.ts';
import { principalEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { pageOf, pageQuery, pageRequest, writePage } from '../pagination.ts';
import { ofMapCheck, shownMap, shownMapCheck, shownMapCheckWithFindings, shownStart } from '../schemas/data-map.ts';

const tag = 'data map';
const OF_THE_PROCESSOR = "For the processor's keys that belong to no workspace.";

const read = principalEndpoint(
  {
    method: 'get',
    path: '/v1/data-map',
    operationId: 'readDataMap',
    tag,
    summary: 'Look at the data map that is in force',
    scope: 'data-map:read',
    input: {},
    success: { status: 200, description: 'Its collections and which lead to which.', schema: shownMap },
  },
  async ({ deps }) => ({ body: deps.dataMap }),
);

const list = principalEndpoint(
  {
    method: 'get',
    path: '/v1/data-map/checks',
    operationId: 'listDataMapChecks',
    tag,
    summary: 'List comparisons of the map with the sources, newest first',
    description: OF_THE_PROCESSOR,
    scope: 'data-map:read',
    input: { query: z.object(pageQuery()) },
    success: { status: 200, description: 'A page of checks.', schema: pageOf(shownMapCheck) },
  },
  async ({ deps, principal, query }) => {
    requireProcessorItself(principal);
    return { body: writePage(await listMapChecks(deps.db, pageRequest(query))) };
  },
);

const readCheck = principalEndpoint(
  {
    method: 'get',
    path: '/v1/data-map/checks/{checkId}',
    operationId: 'readDataMapCheck',
    tag,
    summary: 'Look at what a comparison found',
    description: OF_THE_PROCESSOR,
    scope: 'data-map:read',
    input: { params: ofMapCheck },
    success: { status: 200, description: 'The check with its findings.', schema: shownMapCheckWithFindings },
  },
  async ({ deps, principal, params }) => {
    requireProcessorItself(principal);
    return { body: await readMapCheck(deps.db, params.checkId) };
  },
);

const runNow = principalEndpoint(
  {
    method: 'post',
    path: '/v1/data-map/checks',
    operationId: 'checkDataMap',
    tag,
    summary: 'Compare the map with the sources now',
    description: `${OF_THE_PROCESSOR} The workers' map is compared; the result joins the list when it is there.`,
    scope: 'data-map:read',
    input: {},
    success: { status: 202, description: 'The comparison was started.', schema: shownStart },
  },
  async ({ deps, principal }) => {
    requireProcessorItself(principal);
    await deps.temporal.checkDataMap();
    await recordMapCheckAsked(deps.db, principal);
    return { body: { askedAt: new Date() } };
  },
);

function requireProcessorItself({ party, workspaceId }: Principal): void {
  if (party === 'processor' && workspaceId === undefined) return;
  throw new MissingScope("Only a key of the processor's that belongs to no workspace sees and starts checks.");
}

export const dataMapEndpoints: readonly Endpoint[] = [read, list, readCheck, runNow];
