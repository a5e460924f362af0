/** /v1/suppression: importers ask whether somebody was erased; the controller lifts what it had suppressed. */
import { checkIdentities } from '../../platform/records/identities.ts';
import { checkSuppression, liftSuppression } from '../../platform/records/suppression.ts';
import { workspaceEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { liftedSuppression, suppressionAnswers, suppressionCheck, suppressionLift } from '../schemas/suppression.ts';

const tag = 'suppression';

const check = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/suppression/check',
    operationId: 'checkSuppression',
    tag,
    summary: 'Ask whether people who are about to be imported were erased',
    description:
      'Answers for the workspace alone. Nothing of the identities is stored or logged. Identifiers that people share, such as ' +
      'telephone numbers, are never suppressed.',
    scope: 'suppression:check',
    input: { body: suppressionCheck },
    success: { status: 200, description: 'An answer for each identity.', schema: suppressionAnswers },
    problems: [429],
  },
  async ({ deps, caller, body }) => {
    const identities = checkIdentities(body.identities, deps.identityTypes);
    const answers = await checkSuppression(deps.db, deps.ring, caller, identities);
    return { body: { items: answers.map((suppressed) => ({ suppressed })) } };
  },
);

const lift = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/suppression/lift',
    operationId: 'liftSuppression',
    tag,
    summary: 'Let somebody who was erased be imported again',
    description:
      "The controller's decision; a key of the processor names a standing instruction that covers `reimport_suppression`. 404 " +
      'when none of the identities is suppressed.',
    scope: 'requests:review',
    input: { body: suppressionLift },
    success: { status: 200, description: 'When it was lifted.', schema: liftedSuppression },
    problems: [429],
  },
  async ({ deps, caller, body: { identities: named, ...lifting } }) => {
    const identities = checkIdentities(named, deps.identityTypes);
    const liftedAt = await liftSuppression(deps.db, deps.ring, caller, { ...lifting, identities });
    return { body: { liftedAt } };
  },
);

export const suppressionEndpoints: readonly Endpoint[] = [check, lift];
