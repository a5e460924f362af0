import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDataMap } from '../../../data-map/parse.ts';
import type { RequestRef } from '../../../domain/runs.ts';
import { decideMatches, listMatches } from '../../../platform/records/match-review.ts';
import type { MatchRecord } from '../../../platform/records/match-review.ts';
import { moveRequest } from '../../../platform/records/request-progress.ts';
import { collection, dataset, email, field, key, mapFile, refers } from '../../data-map/fixtures.ts';
import { hashed, openLocatingFixture } from './locating-fixture.ts';
import type { LocatingFixture } from './locating-fixture.ts';

const NAMED = { data_categories: ['user.name'] };
const MAP = parseDataMap([
  mapFile(
    dataset(
      [
        collection('contacts', [
          key('id'),
          email(),
          field('phone', { identity: 'phone_number' }),
          field('external_id', { identity: 'external_id' }),
          field('first', {}, NAMED),
          field('last', {}, NAMED),
        ]),
        collection('leads', [
          key('id'),
          field('phone', { identity: 'phone_number' }),
          field('full_name', {}, NAMED),
          refers('contact_id', 'contacts.id', 'from'),
        ]),
        collection('notes', [
          key('id'),
          refers('contact_id', 'contacts.id', 'from'),
          field('body', { steward: { free_text: true } }),
        ]),
      ],
      { phone_region: 'US' },
    ),
  ),
]);

const SCHEMA = `
  CREATE TABLE contacts (id int PRIMARY KEY, workspace_id text NOT NULL, email text, phone text, external_id text, first text, last text);
  CREATE TABLE leads (id bigint PRIMARY KEY, workspace_id text NOT NULL, phone text, full_name text, contact_id int);
  CREATE TABLE notes (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int, body text);
  INSERT INTO contacts VALUES
    (1, 'w', 'Maya.Lindqvist+Tours@example.com', '(415) 555-0132', 'mls-004211', 'Maya', 'Lindqvist'),
    (2, 'w', 'ann@example.org', '415-555-0132', 'mls-004212', 'Ann', 'Other'),
    (3, 'other', 'maya.lindqvist@example.com', '+14155550132', 'mls-004211', 'Maya', 'Lindqvist'),
    (4, 'w', 'kim@example.org', '650 555 0100', 'mls-004213', 'Kim', 'Xu'),
    (5, 'w', 'kim.xu@example.net', '+1 650 555 0100', NULL, 'XU', 'Kim');
  INSERT INTO leads VALUES
    (9007199254740993, 'w', '+1 415 555 0132', 'LINDQVIST, Máya', NULL),
    (2, 'w', '4155550132', 'Somebody Else', NULL),
    (3, 'w', '4155550132', 'Maya Before Marriage', 1),
    (4, 'w', NULL, 'Nobody', NULL);
  INSERT INTO notes VALUES (1, 'w', 2, 'Ask maya.lindqvist@example.com'), (2, 'w', 2, 'Ann only'), (3, 'w', 4, 'Call 415 555 0132');`;

const maya = { type: 'email', value: 'maya.lindqvist@example.com' };
const phone = { type: 'phone_number', value: '+1 415 555 0132' };
const BIG = '9007199254740993';

let fixture: LocatingFixture;
beforeAll(async () => {
  fixture = await openLocatingFixture(MAP, SCHEMA);
});
afterAll(() => fixture.close());

const matchesOf = async (
  { requestId }: RequestRef,
  review?: 'pending' | 'accepted',
): Promise<readonly MatchRecord[]> => {
  const { app, deps, caller } = fixture;
  return (await listMatches(app, deps.ring, caller, requestId, review, { limit: 100, after: undefined })).rows;
};

const decide = (ref: RequestRef, decisions: Parameters<typeof decideMatches>[3]): Promise<void> =>
  decideMatches(fixture.app, fixture.caller, ref.requestId, decisions);

async function located(...identities: Parameters<LocatingFixture['file']>[0]): Promise<RequestRef> {
  const ref = await fixture.file(identities);
  await fixture.locate(ref);
  return ref;
}

const confidences = (matches: readonly MatchRecord[]) =>
  matches.map(({ collection: at, confidence, identityType }) => `${at.slice(4)} ${confidence} ${identityType}`).sort();

describe('a person', () => {
  it('is found by a strong identifier for certain, and in texts that mention it', async () => {
    const ref = await located(maya);
    expect(confidences(await matchesOf(ref))).toEqual(['contacts exact email', 'notes probable email']);
    expect(await fixture.openReview(ref)).toEqual({ pending: 0 });
    expect(await fixture.packed(ref)).toEqual({ 'crm.contacts': ['1'], 'crm.leads': ['3'], 'crm.notes': ['1'] });
  });

  it.each(['md5', 'sha1', 'sha256'] as const)('is found by the %s digest of any identifier', async (format) => {
    const raw = await located(maya);
    const byMail = await located(hashed('email', maya.value, format));
    expect(await fixture.packed(byMail)).toEqual(await fixture.packed(raw));
    expect(confidences(await matchesOf(byMail))).toEqual(confidences(await matchesOf(raw)));
    const asStored = await located(hashed('email', 'maya.lindqvist+tours@example.com', format));
    expect(await fixture.packed(asStored)).toEqual(await fixture.packed(raw));
    const byId = await located(hashed('external_id', 'mls-004211', format));
    expect(await fixture.packed(byId)).toMatchObject({ 'crm.contacts': ['1'] });
    for (const spelled of ['+14155550132', '14155550132']) {
      const ref = await fixture.file([maya, hashed('phone_number', spelled, format)]);
      await fixture.locate(ref);
      expect(await fixture.packed(ref), spelled).toEqual(await fixture.packed(await located(maya, phone)));
    }
    const nobody = await located(hashed('email', 'nobody@example.com', format));
    expect(await fixture.packed(nobody)).toEqual({});
  });

  it('is found by SHA-1 in the source itself where it has pgcrypto', async () => {
    const ref = await fixture.file([hashed('email', maya.value, 'sha1')]);
    await fixture.source.pool.query('CREATE EXTENSION pgcrypto');
    try {
      expect(await fixture.locate(ref)).toEqual({ collections: 3, rows: 3 });
    } finally {
      await fixture.source.pool.query('DROP EXTENSION pgcrypto');
    }
  });
});

describe('a shared number', () => {
  it('counts for rows of the same name or that are reached anyway, and puts the others before a reviewer', async () => {
    const ref = await located(maya, phone);
    const pending = await matchesOf(ref, 'pending');
    expect(pending.map(({ collection: at, hint, mention }) => ({ at, hint, mention }))).toEqual(
      expect.arrayContaining([
        {
          at: 'crm.contacts',
          mention: false,
          hint: {
            name: 'A. O.',
            identifiers: [
              { type: 'email', value: 'a…@example.org' },
              { type: 'phone_number', value: '…0132' },
              { type: 'external_id', value: '…12' },
            ],
          },
        },
        {
          at: 'crm.leads',
          mention: false,
          hint: { name: 'S. E.', identifiers: [{ type: 'phone_number', value: '…0132' }] },
        },
        { at: 'crm.notes', mention: true, hint: { name: '', identifiers: [] } },
      ]),
    );
    expect(pending).toHaveLength(3);
    expect(await fixture.packed(ref)).toEqual({
      'crm.contacts': ['1'],
      'crm.leads': ['3', BIG],
      'crm.notes': ['1'],
    });
    expect(await fixture.openReview(ref)).toEqual({ pending: 3 });
  });

  it('is packed as it was decided, with what accepted rows lead to, and nothing that came later by it alone', async () => {
    const ref = await located(maya, phone);
    await fixture.openReview(ref);
    const pending = await matchesOf(ref, 'pending');
    const idOf = (at: string): string => pending.find((match) => match.collection === at)?.id ?? '';
    const decisions = [
      { matchId: idOf('crm.contacts'), decision: 'accepted' },
      { matchId: idOf('crm.leads'), decision: 'rejected' },
      { matchId: idOf('crm.notes'), decision: 'accepted' },
    ] as const;
    await decide(ref, decisions);
    await decide(ref, decisions);
    await fixture.source.pool.query(`INSERT INTO leads VALUES (99, 'w', '4155550132', 'Maya Lindqvist', NULL)`);
    try {
      const expected = { 'crm.contacts': ['1', '2'], 'crm.leads': ['3', BIG], 'crm.notes': ['1', '2', '3'] };
      expect(await fixture.packed(ref)).toEqual(expected);
    } finally {
      await fixture.source.pool.query('DELETE FROM leads WHERE id = 99');
    }
    expect(await fixture.locate(ref)).toEqual({ collections: 3, rows: 7 });
    expect(await fixture.locate(ref)).toEqual({ collections: 3, rows: 7 });
    expect(await fixture.openReview(ref)).toEqual({ pending: 0 });
    expect((await matchesOf(ref, 'accepted')).map(({ id }) => id).sort()).toEqual(
      [idOf('crm.contacts'), idOf('crm.notes')].sort(),
    );
  });

  it('is enough when it is all that was given and the rows bear one name, and not when they bear several', async () => {
    const kim = await located({ type: 'phone_number', value: '+1 650 555 0100' });
    expect(confidences(await matchesOf(kim))).toEqual([
      'contacts probable phone_number',
      'contacts probable phone_number',
    ]);
    expect(await fixture.openReview(kim)).toEqual({ pending: 0 });
    expect(await fixture.packed(kim)).toMatchObject({ 'crm.contacts': ['4', '5'] });
    const several = await located(phone);
    expect(await fixture.packed(several)).toEqual({});
    expect((await fixture.openReview(several)).pending).toBe(6);
  });

  it('is not vouched for by anybody when the strong identifier finds nobody', async () => {
    const ref = await located(
      { type: 'email', value: 'gone@example.com' },
      { type: 'phone_number', value: '+1 650 555 0100' },
    );
    expect(await fixture.packed(ref)).toEqual({});
    expect((await fixture.openReview(ref)).pending).toBe(2);
  });

  it('beside a strong identifier that is asked for too proves what that proves', async () => {
    const ref = await fixture.file([maya, phone], 'all');
    await fixture.locate(ref);
    expect(confidences(await matchesOf(ref))).toEqual([
      'contacts exact email',
      'contacts exact phone_number',
      'leads probable phone_number',
      'leads probable phone_number',
      'leads weak phone_number',
    ]);
  });
});

describe('looking again', () => {
  it('replaces what was undecided and writes its event once', async () => {
    const ref = await located(maya, phone);
    const first = await matchesOf(ref);
    await fixture.locate(ref);
    expect(confidences(await matchesOf(ref))).toEqual(confidences(first));
    const { rows } = await fixture.own.pool.query(
      `SELECT details FROM steward.request_events WHERE request_id = $1 AND kind = 'located'`,
      [ref.requestId],
    );
    expect(rows).toEqual([{ details: { collections: 3, rows: 4, uncertain: 3 } }]);
  });

  it('is refused when the request has moved on', async () => {
    const ref = await located(maya);
    await fixture.deps.db.withTenant(ref.workspaceId, (trx) =>
      moveRequest(trx, ref, { to: 'cancelled', outcome: 'withdrawn' }),
    );
    await expect(fixture.locate(ref)).rejects.toThrow('cancelled');
  });
});

describe('what is kept of a search', () => {
  it('is sealed: neither values nor hints stand in the database', async () => {
    await located(hashed('email', maya.value, 'sha256'), phone);
    for (const table of [
      'person_identifiers',
      'match_records',
      'request_identities',
      'request_events',
      'audit_events',
    ]) {
      const { rows } = await fixture.own.pool.query<{ row: string }>(`SELECT t::text AS row FROM steward.${table} t`);
      expect(rows.length).toBeGreaterThan(0);
      expect(
        rows.filter(({ row }) => /lindqvist|555.{0,2}0132|"A\. O\./i.test(row)),
        table,
      ).toEqual([]);
    }
  });
});
