/** /v1/retention: the schedule by which is decided what is kept. */
import { NotFound } from '../../domain/errors.ts';
import type { Party } from '../../domain/parties.ts';
import { maySee } from '../../domain/retention/rendering.ts';
import type { DescribedSchedule } from '../../domain/retention/schedule-description.ts';
import type { Audience } from '../../domain/retention/words.ts';
import { readEditionInForce } from '../../platform/records/retention-schedules.ts';
import { principalEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { shownSchedule } from '../schemas/retention.ts';

const readSchedule = principalEndpoint(
  {
    method: 'get',
    path: '/v1/retention/schedule',
    operationId: 'readRetentionSchedule',
    tag: 'retention',
    summary: 'Look at the retention schedule that is in force',
    description: "What is meant for the processor alone is not shown to the controller's keys.",
    scope: 'retention:read',
    input: {},
    success: { status: 200, description: 'Its classes with their rules and exceptions.', schema: shownSchedule },
  },
  async ({ deps, principal }) => {
    const edition = await readEditionInForce(deps.db);
    if (edition === undefined) throw new NotFound('No retention schedule is in force.');
    const { name, document, version, activatedAt, ruleVersions } = edition;
    const { classes } = deps.describeSchedule({ name, text: document });
    return { body: { version, name, activatedAt, classes: classes.map(shownTo(principal.party, ruleVersions)) } };
  },
);

type DescribedClass = DescribedSchedule['classes'][number];

function shownTo(party: Party, versions: ReadonlyMap<string, number>) {
  const isSeen = ({ visibility }: { readonly visibility: Audience }) => maySee(party, visibility);
  return ({ rules, exceptions, ...rest }: DescribedClass) => ({
    ...rest,
    rules: rules.filter(isSeen).map((rule) => ({ ...rule, version: versions.get(rule.id) ?? 0 })),
    exceptions: exceptions.filter(isSeen),
  });
}

export const retentionEndpoints: readonly Endpoint[] = [readSchedule];
