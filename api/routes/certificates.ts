/** Certificates of erasure, each with the very bytes that are signed. */
import { z } from 'zod';
import {
  CERTIFICATE_ARCHIVE_SUFFIX,
  CERTIFICATE_FILE,
  CERTIFICATE_PAPER_FILE,
  CERTIFICATE_SIGNATURE_FILE,
} from '../../domain/certificate/format.ts';
import { WrongParty } from '../../domain/errors.ts';
import type { Principal } from '../../domain/parties.ts';
import type { Audience } from '../../domain/retention/words.ts';
import { listCertificates, openCertificate } from '../../platform/records/certificates.ts';
import type { CertificateRecord } from '../../platform/records/certificates.ts';
import { readCertificate } from '../../platform/stored-certificate.ts';
import { fileEndpoint } from '../file-endpoint.ts';
import type { AnswerFile, FileCall } from '../file-endpoint.ts';
import { workspaceEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { ofRequest } from '../schemas/common.ts';
import { certificateWish, shownCertificate } from '../schemas/certificates.ts';

const tag = 'certificates';

const AUDIENCES_OF: Readonly<Record<Principal['party'], readonly Audience[]>> = {
  controller: ['controller', 'subject'],
  processor: ['processor', 'controller', 'subject'],
};

function audienceFor({ party }: Principal, wished: Audience = party): Audience {
  if (AUDIENCES_OF[party].includes(wished)) return wished;
  throw new WrongParty(`The certificate for the ${wished} is not for the ${party}.`);
}

const input = { params: ofRequest, query: certificateWish };

type Call = FileCall<typeof input>;

async function open({ deps, caller, params, query }: Call) {
  const wanted = { ...query, audience: audienceFor(caller.principal, query.audience) };
  const { record, place } = await openCertificate(deps.db, deps.ring, caller, params.requestId, wanted);
  return { record, ...(await readCertificate({ ...place, storage: deps.storage })) };
}

const headersOf = ({ id, supersedes }: CertificateRecord): Readonly<Record<string, string>> => ({
  'Steward-Certificate': id,
  ...(supersedes === null ? {} : { 'Steward-Supersedes': supersedes }),
});

const read = fileEndpoint(
  {
    method: 'get',
    path: '/v1/requests/{requestId}/certificate',
    operationId: 'readCertificate',
    tag,
    summary: "Read a request's certificate of erasure",
    description:
      'As JSON, byte for byte as it is signed; as `application/pdf` in words; or as `application/zip` with both and the signature, which `steward verify` checks. 404 until there is one.',
    scope: 'requests:read',
    input,
    problems: [406],
    types: ['application/json', 'application/pdf', 'application/zip'],
  },
  async (call): Promise<AnswerFile> => {
    const { record, archive, files } = await open(call);
    const name = `certificate-${record.id}`;
    const headers = headersOf(record);
    if (call.type === 'application/zip')
      return { headers, content: archive, name: `${name}${CERTIFICATE_ARCHIVE_SUFFIX}` };
    const isPaper = call.type === 'application/pdf';
    const content = files.get(isPaper ? CERTIFICATE_PAPER_FILE : CERTIFICATE_FILE);
    return { headers, content, name: isPaper ? `${name}.pdf` : undefined };
  },
);

const readSignature = fileEndpoint(
  {
    method: 'get',
    path: '/v1/requests/{requestId}/certificate.jws',
    operationId: 'readCertificateSignature',
    tag,
    summary: 'Read the signature of a certificate of erasure',
    description:
      'A detached JWS (RFC 7515, appendix F, and RFC 7797) over the bytes of the certificate as JSON. Its key is at /.well-known/jwks.json.',
    scope: 'requests:read',
    input,
    problems: [406],
    types: ['application/json'],
  },
  async (call): Promise<AnswerFile> => {
    const { record, files } = await open(call);
    return { headers: headersOf(record), content: files.get(CERTIFICATE_SIGNATURE_FILE), name: undefined };
  },
);

const list = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/requests/{requestId}/certificates',
    operationId: 'listCertificates',
    tag,
    summary: "List a request's certificates, newest first",
    description: 'Those of earlier runs, which newer ones supersede, and supplements. None is ever edited.',
    scope: 'requests:read',
    input: { params: ofRequest },
    success: {
      status: 200,
      description: 'The certificates that the caller may read.',
      schema: z.object({ items: z.array(shownCertificate) }),
    },
  },
  async ({ deps, caller, params }) => {
    const audiences = AUDIENCES_OF[caller.principal.party];
    return { body: { items: [...(await listCertificates(deps.db, caller, params.requestId, audiences))] } };
  },
);

export const certificateEndpoints: readonly Endpoint[] = [read, readSignature, list];
