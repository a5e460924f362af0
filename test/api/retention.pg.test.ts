import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activateSchedule } from '../../activities/erasing/schedule-in-force.ts';
import { parseDataMap } from '../../data-map/parse.ts';
import { SCOPES } from '../../domain/parties.ts';
import { openDatabase } from '../../platform/database.ts';
import { collection, dataset, field, key, mapFile } from '../data-map/fixtures.ts';
import { openTestApi } from './api-fixture.ts';
import type { Body, TestApi } from './api-fixture.ts';
import { pointersOf } from './filing.ts';
import { inRole } from '../support/database.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const map = parseDataMap([
  mapFile(
    dataset([collection('invoices', [key('id'), field('issued_at'), field('paid_at')], { record_class: 'billing' })]),
  ),
]);

const AUTHORITY = { record_class: 'billing', purpose: 'tax', basis: 'Invoices are kept.', source: '§ 14b(1) UStG' };
const RULE = {
  ...AUTHORITY,
  requirement: 'billing',
  force: 'mandatory',
  exemption: 'GDPR Art. 17(3)(b)',
  keep: { length: 'P8Y', event: { column: 'issued_at' } },
};
const DOCUMENT = {
  schedule: {
    name: 'A test',
    classes: { billing: { approvals: { people: 2, above: 10 } } },
    rules: [
      { id: 'invoices-tax', ...RULE, columns: ['id', 'issued_at'], jurisdictions: ['DE'] },
      { id: 'screening', ...RULE, party: 'processor', purpose: 'compliance', visibility: 'processor' },
    ],
    exceptions: [
      {
        exception: 'open_balance',
        ...AUTHORITY,
        force: 'claims',
        exemption: 'GDPR Art. 17(3)(e)',
        where: [{ column: 'paid_at', is: 'empty' }],
      },
    ],
  },
};

const schedule = (by?: string) => api.call('GET', '/v1/retention/schedule', by === undefined ? {} : { key: by });
const classesOf = ({ body }: { readonly body: Body }) =>
  body['classes'] as readonly { readonly rules: readonly Body[]; readonly exceptions: readonly Body[] }[];

describe('the retention schedule', () => {
  it('is missed until one is in force', async () => {
    expect((await schedule()).status).toBe(404);
  });

  it('is shown with its classes, its rules and their versions, and to the controller without what is not for it', async () => {
    const owner = openDatabase(inRole(api.database.url, 'steward_owner'));
    const file = { name: 'test.yml', text: JSON.stringify(DOCUMENT) };
    const { version } = await activateSchedule(owner, file, map, 'a test');
    await owner.close();
    const shown = await schedule();
    expect(shown.body).toMatchObject({ version, name: 'A test' });
    expect(shown.body['classes']).toMatchObject([
      {
        recordClass: 'billing',
        approvals: { people: 2, above: 10 },
        rules: [
          {
            id: 'invoices-tax',
            version: 1,
            disposition: 'pseudonymise',
            columns: ['id', 'issued_at'],
            jurisdictions: ['DE'],
            keep: { length: 'P8Y', event: { column: 'issued_at', fallback: null } },
          },
        ],
        exceptions: [{ exception: 'open_balance', where: [{ column: 'paid_at', is: 'empty', in: null }] }],
      },
    ]);
    const [own] = classesOf(await schedule(api.adminKey));
    expect(own?.rules.map(({ id }) => id)).toEqual(['invoices-tax', 'screening']);
  });

  it('needs the scope', async () => {
    const { token } = await api.makeKey({ scopes: SCOPES.filter((scope) => scope === 'requests:read') });
    expect((await schedule(token)).status).toBe(403);
  });
});

describe('the settings of a workspace', () => {
  const change = (body: unknown, by = api.adminKey, id = api.workspaceId) =>
    api.call('PATCH', `/v1/workspaces/${id}`, { key: by, body });

  it('say whose laws hold and how long an erasure cools off, from its making on', async () => {
    const body = { name: 'New', contactEmail: 'desk@new.test', sources: {}, jurisdictions: ['DE', 'US-CA', 'DE'] };
    const made = await api.call('POST', '/v1/workspaces', { key: api.adminKey, body });
    expect(made.body).toMatchObject({ jurisdictions: ['DE', 'US-CA'], coolingOffDays: 3 });
  });

  it('can be changed by the processor, one without the other, and the audit log says so', async () => {
    expect((await change({ coolingOffDays: 0 })).body).toMatchObject({ jurisdictions: [], coolingOffDays: 0 });
    expect((await change({ jurisdictions: ['FR'] })).body).toMatchObject({ jurisdictions: ['FR'], coolingOffDays: 0 });
    const { rows } = await api.database.pool.query(
      "SELECT details FROM steward.audit_events WHERE action = 'workspace.changed' ORDER BY seq DESC LIMIT 1",
    );
    expect(rows).toEqual([{ details: { jurisdictions: 'FR', coolingOffDays: 0 } }]);
  });

  it.each([
    [{ coolingOffDays: 31 }, '/coolingOffDays'],
    [{ release: 'later' }, '/release'],
    [{ coolingOffDays: 1.5 }, '/coolingOffDays'],
    [{ jurisdictions: ['UK'] }, '/jurisdictions/0'],
    [{ jurisdictions: ['DE', 'EU'] }, '/jurisdictions/1'],
    [{ jurisdictions: ['Germany'] }, '/jurisdictions/0'],
    [{ coolingOffDays: 1, name: 'Other' }, '/name'],
    [{}, ''],
  ])('are not changed by %j', async (body, pointer) => {
    const before = await api.call('GET', `/v1/workspaces/${api.workspaceId}`);
    const reply = await change(body);
    expect([reply.status, pointersOf(reply)]).toEqual([422, [pointer]]);
    expect((await api.call('GET', `/v1/workspaces/${api.workspaceId}`)).body).toEqual(before.body);
  });

  it('say by the controller alone whether packages are looked at, and nothing of the other party beside it', async () => {
    const { token: team } = await api.makeKey({ teamId: 'north' });
    const { token: foreign } = await api.makeKey({ workspaceId: api.otherWorkspaceId });
    const body = { release: 'reviewed' };
    const refused = [
      await change(body),
      await change({ ...body, coolingOffDays: 1 }),
      await change({ ...body, coolingOffDays: 1 }, api.key),
      await change(body, team),
      await change(body, foreign),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 404, 404]);
    const shown = await api.call('GET', `/v1/workspaces/${api.workspaceId}`);
    expect(shown.body).toMatchObject({ release: 'immediate', coolingOffDays: 0 });
    expect((await change(body, api.key)).body).toMatchObject({ release: 'reviewed', coolingOffDays: 0 });
    expect((await change({ release: 'immediate' }, api.key)).body['release']).toBe('immediate');
    const { rows } = await api.database.pool.query(
      "SELECT details FROM steward.audit_events WHERE action = 'workspace.release_set' ORDER BY seq",
    );
    expect(rows).toEqual([{ details: { release: 'reviewed' } }, { details: { release: 'immediate' } }]);
  });

  it("are not the controller's to change, and a workspace that is not there has none", async () => {
    expect((await change({ coolingOffDays: 1 }, api.key)).status).toBe(403);
    const nobodys = '00000000-0000-4000-8000-000000000000';
    expect((await change({ coolingOffDays: 1 }, api.adminKey, nobodys)).status).toBe(404);
  });
});
