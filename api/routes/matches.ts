/** /v1/requests/{id}/matches: rows that may be somebody else's, and the decisions on them. */
import { decideMatches, listMatches } from '../../platform/records/match-review.ts';
import { readRequestDetails } from '../../platform/records/request-details.ts';
import { z } from 'zod';
import { deliver } from '../delivery.ts';
import { workspaceEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { NUMBER_CURSOR, pageOf, pageQuery, pageRequest, writePage } from '../pagination.ts';
import { ofRequest } from '../schemas/common.ts';
import { matchDecisions, matchFilters, shownMatch } from '../schemas/matches.ts';
import { shownRequestDetails } from '../schemas/requests.ts';

const tag = 'matches';
const scope = 'requests:review';

const list = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/requests/{requestId}/matches',
    operationId: 'listMatches',
    tag,
    summary: 'See which rows the identities of a request point at, and how surely',
    description:
      'Rows that only a shared identifier points at, such as a phone number, may be somebody else’s: they are `pending` ' +
      'until decided, and are masked here. Reading them is recorded in the audit log.',
    scope,
    input: { params: ofRequest, query: z.object({ ...pageQuery(NUMBER_CURSOR), ...matchFilters }) },
    success: { status: 200, description: 'A page of matches.', schema: pageOf(shownMatch) },
  },
  async ({ deps, caller, params, query: { review, ...page } }) => ({
    body: writePage(await listMatches(deps.db, deps.ring, caller, params.requestId, review, pageRequest(page))),
  }),
);

const decide = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/requests/{requestId}/matches/decisions',
    operationId: 'decideMatches',
    tag,
    summary: 'Say which uncertain matches are the person',
    description:
      'All of the decisions are taken, or none. The same decision again changes nothing. When none is pending any more the ' +
      'request goes on: accepted rows and what they lead to are handed over, rejected ones are not.',
    scope,
    input: { params: ofRequest, body: matchDecisions },
    success: { status: 202, description: 'The request as it stands now.', schema: shownRequestDetails },
    problems: [409],
  },
  async ({ deps, caller, params, body }) => {
    await decideMatches(deps.db, caller, params.requestId, body.decisions);
    await deliver(deps, caller.workspaceId, params.requestId);
    return { body: await readRequestDetails(deps.db, caller, params.requestId) };
  },
);

export const matchEndpoints: readonly Endpoint[] = [list, decide];
