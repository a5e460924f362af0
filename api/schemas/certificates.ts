import { z } from 'zod';
import { CERTIFICATE_KINDS, CERTIFICATE_RESULTS } from '../../domain/certificate/format.ts';
import { AUDIENCES } from '../../domain/retention/words.ts';
import { id, shownInstant } from './common.ts';

export const certificateWish = z.object({
  audience: z.enum(AUDIENCES).optional().meta({
    description:
      "For whom it is to be: the caller's own party when left out. A controller can have its own and the subject's, the processor all.",
  }),
  id: id.optional().meta({ description: 'An earlier one, or a supplement; the newest of an erasure when left out.' }),
});

export const shownCertificate = z
  .object({
    id: z.uuid(),
    erasureId: z.uuid(),
    kind: z.enum(CERTIFICATE_KINDS).meta({ description: '`supplement`: what a later search found.' }),
    audience: z.enum(AUDIENCES),
    result: z.enum(CERTIFICATE_RESULTS),
    supersedes: z.uuid().nullable(),
    sha256: z.string().meta({ description: 'Of `certificate.json`; lower-case hex.' }),
    signingKeyId: z.string().meta({ description: 'Its public half is at /.well-known/jwks.json.' }),
    issuedAt: shownInstant,
  })
  .meta({ id: 'Certificate' });
