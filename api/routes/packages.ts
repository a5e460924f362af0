/** A request's package, and the links to it. */
import { z } from 'zod';
import { RECIPIENTS_RESPONSIBILITY } from '../../domain/release.ts';
import type { Caller } from '../../platform/records/caller.ts';
import { listDisclosures } from '../../platform/records/disclosures.ts';
import { createLink, readLinks, revokeLink } from '../../platform/records/links.ts';
import type { NewLink } from '../../platform/records/links.ts';
import { readPackageOf } from '../../platform/records/request-details.ts';
import { requireScope } from '../authenticate.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { workspaceEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { pageOf, pageQuery, pageRequest, writePage } from '../pagination.ts';
import { id, ofPackage, ofRequest } from '../schemas/common.ts';
import { createdLink, newLink, shownLink, shownPackageDetails } from '../schemas/packages.ts';
import { shownDisclosure } from '../schemas/release.ts';

const tag = 'packages';

type LinkWish = z.output<typeof newLink>;

const read = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/requests/{requestId}/package',
    operationId: 'readPackage',
    tag,
    summary: "Look at a request's package",
    description: '404 until there is one.',
    scope: 'packages:read',
    input: { params: ofRequest },
    success: { status: 200, description: 'The package, its counts and its links.', schema: shownPackageDetails },
  },
  async ({ deps, caller, params }) => ({ body: await readPackageOf(deps.db, caller, params.requestId) }),
);

const create = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/packages/{packageId}/links',
    operationId: 'createLink',
    tag,
    summary: 'Make a link to download a package',
    description:
      'The address is shown this once. A repeat under the same idempotency key therefore answers 409 with the id of the link.',
    scope: 'packages:deliver',
    idempotent: true,
    input: { params: ofPackage, body: newLink },
    success: { status: 201, description: 'The link.', schema: createdLink },
    problems: [409],
  },
  async ({ deps, caller, params, body, repeat }) => {
    const wish = body.purpose === 'release_review' ? lookOnce(caller, body) : linkOf(deps, body);
    const { record, token } = await createLink(deps.db, deps.ring, caller, params.packageId, wish, repeat);
    const url = new URL(`/d/${token}`, deps.config.api.publicUrl).href;
    return { body: { ...record, url, responsibility: RECIPIENTS_RESPONSIBILITY } };
  },
);

function linkOf({ config }: ApiDependencies, { recipient, purpose, expiresInDays, maxDownloads }: LinkWish): NewLink {
  const { linkDays, maxDownloads: usual } = config.packages;
  return { recipient, purpose, days: expiresInDays ?? linkDays, maxDownloads: maxDownloads ?? usual };
}

/** Whoever decides on a release looks for themselves: a link that outlives the look would hand the package on. */
function lookOnce({ principal }: Caller, { recipient, purpose }: LinkWish): NewLink {
  requireScope(principal, 'requests:review');
  return { recipient, purpose, days: 1, maxDownloads: 1 };
}

const disclosures = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/requests/{requestId}/disclosures',
    operationId: 'listDisclosures',
    tag,
    summary: "See to whom a request's package was handed out, newest first",
    scope: 'packages:read',
    input: { params: ofRequest, query: z.object(pageQuery()) },
    success: { status: 200, description: 'A page of disclosures.', schema: pageOf(shownDisclosure) },
  },
  async ({ deps, caller, params, query }) => ({
    body: writePage(await listDisclosures(deps.db, caller, params.requestId, pageRequest(query))),
  }),
);

const list = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/packages/{packageId}/links',
    operationId: 'listLinks',
    tag,
    summary: 'List the links of a package, newest first',
    scope: 'packages:read',
    input: { params: ofPackage },
    success: {
      status: 200,
      description: 'The links, without their tokens.',
      schema: z.object({ items: z.array(shownLink) }),
    },
  },
  async ({ deps, caller, params }) => ({ body: { items: await readLinks(deps.db, caller, params.packageId) } }),
);

const revoke = workspaceEndpoint(
  {
    method: 'delete',
    path: '/v1/links/{linkId}',
    operationId: 'revokeLink',
    tag,
    summary: 'Revoke a link',
    scope: 'packages:deliver',
    input: { params: z.object({ linkId: id }) },
    success: { status: 204, description: 'It is revoked, now or before.' },
  },
  async ({ deps, caller, params }) => {
    await revokeLink(deps.db, caller, params.linkId);
    return { body: undefined };
  },
);

export const packageEndpoints: readonly Endpoint[] = [read, create, list, revoke, disclosures];
