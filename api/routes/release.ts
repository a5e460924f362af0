/** /v1/requests/{id}/release: what a package holds before it goes out, what is kept back, and the decision. */
import { packageContext } from '../../domain/contexts.ts';
import { readStoredManifest } from '../../platform/package-manifest.ts';
import { addRedactions, readExemptionLog, withdrawRedaction } from '../../platform/records/redactions.ts';
import { decideRelease, readReview } from '../../platform/records/releases.ts';
import type { ReviewFacts } from '../../platform/records/releases.ts';
import { readRequestDetails } from '../../platform/records/request-details.ts';
import type { Manifest } from '../../domain/manifest.ts';
import type { z } from 'zod';
import { deliver } from '../delivery.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { workspaceEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { requireKnownTargets } from '../redaction-targets.ts';
import { id, ofRequest } from '../schemas/common.ts';
import { actingUnder } from '../schemas/instructions.ts';
import { exemptionLog, filePage, newRedactions, releaseDecision, shownReview } from '../schemas/release.ts';
import { shownRequestDetails } from '../schemas/requests.ts';

const tag = 'release';
const scope = 'requests:review';

const read = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/requests/{requestId}/release',
    operationId: 'readRelease',
    tag,
    summary: 'See what the package of a request holds and what is kept back of it',
    description:
      '404 until there is a package. To look into the package itself, make a link with the purpose `release_review`.',
    scope,
    input: { params: ofRequest, query: filePage },
    success: { status: 200, description: 'What is in the package, from its manifest.', schema: shownReview },
    problems: [409],
  },
  async ({ deps, caller, params, query }) => {
    const facts = await readReview(deps.db, deps.ring, caller, params.requestId);
    return { body: show(facts, await manifestOf(deps, facts), query) };
  },
);

function manifestOf({ storage }: ApiDependencies, { package: built, dataKey }: ReviewFacts): Promise<Manifest> {
  return readStoredManifest({ storage, key: built.build, dataKey, context: packageContext(built.id) });
}

function show(facts: ReviewFacts, manifest: Manifest, { limit, cursor }: z.output<typeof filePage>) {
  const end = cursor + limit;
  return {
    requestId: facts.request.id,
    status: facts.request.status,
    packageId: facts.package.id,
    manifestSha256: facts.package.manifestSha256.toString('hex'),
    builtAt: manifest.createdAt,
    dataMapVersion: manifest.dataMapVersion,
    totals: manifest.totals,
    collections: manifest.collections,
    files: { items: manifest.files.slice(cursor, end), next: end < manifest.files.length ? end : null },
    missing: manifest.missing,
    matches: facts.matches,
    redactions: facts.redactions,
    needsRebuild: facts.needsRebuild,
    decision: facts.decision,
    decidedBy: 'controller' as const,
    youDecide: facts.decidesAlone ? ('yes' as const) : ('under_a_standing_instruction' as const),
  };
}

const redact = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/requests/{requestId}/release/redactions',
    operationId: 'addRedactions',
    tag,
    summary: 'Keep something back of a package',
    description:
      'While the package waits for its release. They take effect when it is rebuilt; what is in force already is not added twice.',
    scope,
    idempotent: true,
    input: { params: ofRequest, body: newRedactions },
    success: { status: 201, description: 'The exemption log.', schema: exemptionLog },
    problems: [409],
  },
  async ({ deps, caller, params, body, repeat }) => {
    const facts = await readReview(deps.db, deps.ring, caller, params.requestId);
    requireKnownTargets(body.redactions, await manifestOf(deps, facts), deps.collections);
    const wish = { redactions: body.redactions, instruction: body.instruction };
    await addRedactions(deps.db, deps.ring, caller, params.requestId, wish, repeat);
    return { body: { items: await readExemptionLog(deps.db, deps.ring, caller, params.requestId) } };
  },
);

const withdraw = workspaceEndpoint(
  {
    method: 'delete',
    path: '/v1/requests/{requestId}/release/redactions/{redactionId}',
    operationId: 'withdrawRedaction',
    tag,
    summary: 'Take a redaction back',
    description: 'It stays in the exemption log as withdrawn.',
    scope,
    input: {
      params: ofRequest.extend({ redactionId: id }),
      query: actingUnder,
    },
    success: { status: 204, description: 'It is withdrawn, now or before.' },
    problems: [409],
  },
  async ({ deps, caller, params, query: { instruction } }) => {
    await withdrawRedaction(deps.db, caller, params.requestId, params.redactionId, instruction);
    return { body: undefined };
  },
);

const decide = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/requests/{requestId}/release',
    operationId: 'decideRelease',
    tag,
    summary: 'Release a package, or have it built again with what is to be kept back',
    description: 'Once for each package that was built: of two who decide at once the second gets 409.',
    scope,
    idempotent: true,
    input: { params: ofRequest, body: releaseDecision },
    success: { status: 202, description: 'The request as it stands now.', schema: shownRequestDetails },
    problems: [409],
  },
  async ({ deps, caller, params: { requestId }, body, repeat }) => {
    const { decision, manifestSha256, instruction, note } = body;
    await decideRelease(deps.db, caller, requestId, { decision, manifestSha256, instruction, note }, repeat);
    await deliver(deps, caller.workspaceId, requestId);
    return { body: await readRequestDetails(deps.db, caller, requestId) };
  },
);

const log = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/requests/{requestId}/release/exemptions',
    operationId: 'readExemptionLog',
    tag,
    summary: 'See what was kept back of a request, by whom, when and on which ground',
    description: 'Withdrawn redactions included, oldest first.',
    scope,
    input: { params: ofRequest },
    success: { status: 200, description: 'The exemption log.', schema: exemptionLog },
  },
  async ({ deps, caller, params }) => ({
    body: { items: await readExemptionLog(deps.db, deps.ring, caller, params.requestId) },
  }),
);

export const releaseEndpoints: readonly Endpoint[] = [read, redact, withdraw, decide, log];
