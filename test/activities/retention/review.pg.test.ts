import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseRetentionReport, verifyRetentionReport } from '../../../platform/retention-report-verification.ts';
import { decideProposal } from '../../../platform/records/proposal-decisions.ts';
import { listProposals } from '../../../platform/records/proposal-reading.ts';
import type { ProposalRecord } from '../../../platform/records/proposal-reading.ts';
import { checkIdentities } from '../../../platform/records/identities.ts';
import { readReport } from '../../../platform/records/retention-reports.ts';
import { publicKeySet } from '../../../platform/signing.ts';
import { openReviewFixture } from './review-fixture.ts';
import type { ReviewFixture } from './review-fixture.ts';
import { DOCUMENT } from './reviewed-product.ts';

let fixture: ReviewFixture;
beforeAll(async () => {
  fixture = await openReviewFixture();
});
afterAll(() => fixture.close());
beforeEach(() => fixture.clear());

const DAY_MS = 86_400_000;
const ago = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();
const REPEAT = { operation: 'a test', key: undefined, digests: [Buffer.alloc(0)] as const };
const PAGE = { limit: 50, after: undefined };

const open = async (): Promise<readonly ProposalRecord[]> => {
  const { rows } = await listProposals(fixture.app, fixture.people[0], { state: undefined }, PAGE);
  return rows.filter(({ closedAt }) => closedAt === null);
};

async function onlyProposal(): Promise<ProposalRecord> {
  const [first, ...others] = await open();
  if (first === undefined || others.length > 0) throw new Error('There is not one proposal.');
  return first;
}

const say = (verdict: 'approve' | 'reject', { id, revision }: ProposalRecord, person = 0, more = {}) =>
  decideProposal(
    fixture.app,
    fixture.people[person] ?? fixture.people[0],
    id,
    { verdict, revision, instruction: undefined, note: undefined, againAt: undefined, ...more },
    REPEAT,
  );

/** A contact that is due, and one that is not. */
const contacts = () =>
  fixture.insert('contacts', { id: 1, email: 'old@x.test', made_at: ago(900) }, { id: 2, made_at: ago(10) });

describe('a class that is automatic', () => {
  it('loses what is due, and nothing else, where the controller has instructed us so', async () => {
    await contacts();
    await fixture.insert(
      'events',
      { id: 1, contact_id: 2, kind: 'click', at: ago(500) },
      { id: 2, contact_id: 2, kind: 'unsubscribe', at: ago(500) },
      { id: 3, contact_id: 2, kind: 'click', at: ago(5) },
      { id: 4, contact_id: 2, kind: 'click' },
      { id: 5, contact_id: 2, kind: 'click', at: ago(500), workspace_id: 'other' },
    );
    await fixture.instruct();
    expect(await fixture.review()).toMatchObject({ due: 2, erased: 1, waiting: 1, retained: 0, errors: 0 });
    expect(await fixture.ids('events')).toEqual([2, 3, 4, 5]);
    expect(await fixture.ids('contacts')).toEqual([1, 2]);
    expect((await open()).map(({ recordClass }) => recordClass)).toEqual(['person']);
  });

  it('is proposed like any other while the controller has not', async () => {
    await contacts();
    await fixture.insert('events', { id: 1, contact_id: 2, at: ago(500) });
    await fixture.review();
    expect(await fixture.ids('events')).toEqual([1]);
    expect((await open()).map(({ recordClass }) => recordClass).toSorted()).toEqual(['marketing', 'person']);
  });

  it('keeps what is held, whatever is due, and the report says why', async () => {
    await contacts();
    await fixture.insert('events', { id: 1, contact_id: 2, at: ago(500) }, { id: 2, contact_id: 2, at: ago(500) });
    await fixture.instruct();
    const held = { records: [{ collection: 'crm.events', key: { id: '1' } }] };
    const holdId = await fixture.hold({ scope: held, reviewAt: new Date(Date.now() + 500 * DAY_MS) });
    const { reviewId, ...counts } = await fixture.review();
    expect(counts).toMatchObject({ due: 3, erased: 1, retained: 1, waiting: 1, holdsToReview: 0 });
    expect(await fixture.ids('events')).toEqual([1]);
    const report = parseRetentionReport(
      Buffer.from((await readReport(fixture.app, fixture.people[0], reviewId)).document),
    );
    const marketing = report?.classes.find(({ recordClass }) => recordClass === 'marketing');
    expect(marketing).toMatchObject({ due: 2, erased: 1, retained: 1 });
    const kept = marketing?.records.find(({ outcome }) => outcome === 'retained');
    expect(kept?.grounds).toContainEqual(expect.objectContaining({ kind: 'hold', id: holdId, weight: 'keeps' }));
  });
});

describe('a hold on a person', () => {
  it('keeps all that is found of the person, and nothing of anybody else', async () => {
    await fixture.insert('contacts', { id: 1, email: 'old@x.test', made_at: ago(900) }, { id: 2, email: 'b@x.test' });
    const old = { at: ago(500), kind: 'click' };
    await fixture.insert('events', { ...old, id: 1, contact_id: 1 }, { ...old, id: 2, contact_id: 2 });
    await fixture.instruct();
    await fixture.hold({ subject: checkIdentities([{ type: 'email', value: 'old@x.test' }], ['email']) });
    expect(await fixture.review()).toMatchObject({ due: 3, erased: 1, retained: 2, waiting: 0 });
    expect(await fixture.ids('events')).toEqual([1]);
  });

  it('that is placed while something is being erased turns the erasing back', async () => {
    await contacts();
    await fixture.insert('events', { id: 1, contact_id: 2, at: ago(500) });
    await fixture.instruct();
    const { sources } = fixture.deps;
    // From the weighing on, each transaction that erases comes after a hold.
    let isPlaced = false;
    const withEraser: typeof sources.withEraser = async (name, work, signal) => {
      const result = await sources.withEraser(name, work, signal);
      const { rows } = await fixture.source.pool.query('SELECT FROM steward.erasure_targets');
      if (rows.length > 0 && !isPlaced) {
        isPlaced = true;
        await fixture.hold({ scope: { classes: ['marketing'] } });
        await fixture.source.pool.query('UPDATE steward.fence SET epoch = epoch + 1');
      }
      return result;
    };
    const review = await fixture.review({ ...fixture.deps, sources: { ...sources, withEraser } });
    expect(isPlaced).toBe(true);
    expect(review).toMatchObject({ erased: 0, retained: 1, errors: 0 });
    expect(await fixture.ids('events')).toEqual([1]);
  });
});

describe('what waits for people', () => {
  it('goes when as many have approved as the schedule says, and no more than was due when they were asked', async () => {
    await contacts();
    const old = { contact_id: 2, issued_at: '2012-05-01T10:00:00', paid_at: ago(4000) };
    await fixture.insert('invoices', { ...old, id: 1 }, { ...old, id: 2, paid_at: null });
    await fixture.insert('lines', { id: 1, invoice_id: 1, note: 'a' }, { id: 2, invoice_id: 2, note: 'b' });
    await fixture.review();
    const bills = (await open()).find(({ recordClass }) => recordClass === 'bill');
    if (bills === undefined) throw new Error('The bills are proposed.');
    expect(bills).toMatchObject({ state: 'waiting', rows: 3, approvalsNeeded: 2 });
    expect(await say('approve', bills)).toBe('waiting');
    await expect(say('approve', bills)).rejects.toThrow(/another person/);
    await fixture.review();
    expect(await fixture.ids('invoices')).toEqual([1, 2]);
    expect(await say('approve', bills, 1)).toBe('approved');
    const { erased } = await fixture.review();
    expect(erased).toBe(3);
    expect(await fixture.ids('invoices')).toEqual([2]);
    expect(await fixture.ids('lines')).toEqual([]);
    const { rows } = await listProposals(fixture.app, fixture.people[0], { state: 'carried_out' }, PAGE);
    expect(rows).toMatchObject([{ id: bills.id, erased: 3 }]);
  });

  it('is looked at anew as long as nobody has said a word, and stays as it is from then on', async () => {
    await contacts();
    await fixture.review();
    const first = await onlyProposal();
    await fixture.insert('contacts', { id: 3, made_at: ago(900) });
    await fixture.review();
    const second = await onlyProposal();
    expect(second).toMatchObject({ id: first.id, rows: 2, revision: 2 });
    await expect(say('approve', first)).rejects.toThrow(/look again/);
    await say('approve', second);
    await fixture.insert('contacts', { id: 4, made_at: ago(900) });
    await fixture.review();
    expect(await fixture.ids('contacts')).toContain(2);
    expect(await fixture.ids('contacts')).toContain(4);
    expect(await onlyProposal()).toMatchObject({ rows: 3 });
  });

  it('is kept, and not asked about again before its day, when people reject it', async () => {
    await contacts();
    await fixture.review();
    expect(await say('reject', await onlyProposal())).toBe('rejected');
    expect(await fixture.review()).toMatchObject({ due: 1, retained: 1, waiting: 0 });
    expect(await open()).toEqual([]);
    await fixture.own.pool.query("UPDATE steward.retention_proposals SET again_at = now() - interval '1 hour'");
    expect(await fixture.review()).toMatchObject({ waiting: 1, retained: 0 });
  });

  it('is not erased under a schedule that nobody was asked about', async () => {
    await contacts();
    await fixture.review();
    await say('approve', await onlyProposal());
    const { schedule } = DOCUMENT;
    await fixture.activate({ schedule: { ...schedule, name: 'Another' } });
    expect(await fixture.review()).toMatchObject({ erased: 0, waiting: 1 });
    expect(await fixture.ids('contacts')).toEqual([1, 2]);
    expect((await onlyProposal()).state).toBe('waiting');
    await fixture.activate(DOCUMENT);
  });

  it('is for the controller to decide, or for the processor under its standing instruction', async () => {
    await contacts();
    await fixture.review();
    const proposal = await onlyProposal();
    await expect(say('approve', proposal, 2)).rejects.toThrow(/controller decides/);
    await fixture.instruct();
    const { rows } = await fixture.own.pool.query<{ id: string }>('SELECT id FROM steward.instructions');
    const instruction = { id: rows[0]?.id ?? '', version: undefined };
    expect(await say('approve', proposal, 2, { instruction })).toBe('approved');
  });

  it('waits on while records that are kept refer to it', async () => {
    await contacts();
    await fixture.insert('events', { id: 1, contact_id: 1, at: ago(5) });
    expect(await fixture.review()).toMatchObject({ due: 1, retained: 1, waiting: 0 });
    expect(await open()).toEqual([]);
  });
});

describe('a run', () => {
  it('goes on where an attempt of it has died, and counts what was erased once', async () => {
    await contacts();
    await fixture.insert('events', { id: 1, contact_id: 2, at: ago(500) }, { id: 2, contact_id: 2, at: ago(500) });
    await fixture.instruct();
    const broken = { ...fixture.deps.storage, put: () => Promise.reject(new Error('The storage broke.')) };
    await expect(fixture.review({ ...fixture.deps, storage: broken })).resolves.toMatchObject({
      problems: [{ recordClass: 'marketing', problem: 'Error' }],
      errors: 1,
    });
    expect(await fixture.ids('events')).toEqual([]);
    expect(await fixture.review()).toMatchObject({ erased: 2, errors: 0 });
    expect(await fixture.review()).toMatchObject({ erased: 0 });
  });

  it('leaves a report for each party that verifies by the public key, and a changed one does not', async () => {
    await contacts();
    await fixture.insert('events', { id: 1, contact_id: 2, at: ago(500) });
    await fixture.instruct();
    await fixture.hold({
      party: 'processor',
      visibility: 'processor',
      scope: { classes: ['person'] },
      reviewAt: new Date(ago(1)),
    });
    const { reviewId } = await fixture.review();
    const keys = publicKeySet(fixture.deps.ring);
    const texts = await Promise.all(
      [0, 2].map(async (person) => readReport(fixture.app, fixture.people[person] ?? fixture.people[0], reviewId)),
    );
    const [controllers, processors] = await Promise.all(
      texts.map((signed) => verifyRetentionReport(Buffer.from(JSON.stringify(signed)), keys)),
    );
    expect(controllers).toMatchObject({
      ok: true,
      problems: [],
      report: { audience: 'controller', holdsToReview: [] },
    });
    expect(processors).toMatchObject({ ok: true, report: { audience: 'processor', errors: [] } });
    expect(processors?.report?.holdsToReview).toHaveLength(1);
    const kept = controllers?.report?.classes.find(({ recordClass }) => recordClass === 'person')?.records[0];
    expect(kept).toMatchObject({ outcome: 'retained', keptUntil: null });
    expect(kept?.grounds?.map(({ kind }) => kind)).toEqual(['rule', 'legal_duty']);
    expect(controllers?.report?.erasures).toMatchObject([{ recordClass: 'marketing', leaves: 1 }]);
    const [first] = texts;
    const forged = { ...first, document: first?.document.replace('"erased":1', '"erased":2') };
    expect(await verifyRetentionReport(Buffer.from(JSON.stringify(forged)), keys)).toMatchObject({ ok: false });
  });

  it("removes records of Steward's own work that have ended, and no others", async () => {
    const { own, workspaceId, people } = fixture;
    for (const days of [1, 100])
      await own.pool.query(
        `INSERT INTO steward.idempotency_keys (workspace_id, principal_id, operation, key, body_digest, resource_id, created_at)
           VALUES ($1, $2, 'a test', $3, '\\x00', 'r', $4)`,
        [workspaceId, people[0].principal.id, `key-${days}`, ago(days)],
      );
    const { reviewId } = await fixture.review();
    const { rows } = await own.pool.query("SELECT key FROM steward.idempotency_keys WHERE operation = 'a test'");
    expect(rows).toEqual([{ key: 'key-1' }]);
    const { document } = await readReport(fixture.app, people[0], reviewId);
    expect(parseRetentionReport(Buffer.from(document))?.ownRecords).toMatchObject({ idempotencyKeys: 1, messages: 0 });
  });

  it('forecasts what comes due by month and class', async () => {
    const soon = 730 - 45;
    await fixture.insert(
      'contacts',
      { id: 1, made_at: ago(soon) },
      { id: 2, made_at: ago(soon) },
      { id: 3, made_at: ago(9) },
    );
    const { reviewId } = await fixture.review();
    const report = parseRetentionReport(
      Buffer.from((await readReport(fixture.app, fixture.people[0], reviewId)).document),
    );
    const people = report?.forecast.filter(({ recordClass }) => recordClass === 'person') ?? [];
    expect(people.reduce((sum, { rows }) => sum + rows, 0)).toBe(2);
    // A week's reviews share it.
    await fixture.insert('contacts', { id: 4, made_at: ago(soon) });
    const next = await fixture.review();
    const later = parseRetentionReport(
      Buffer.from((await readReport(fixture.app, fixture.people[0], next.reviewId)).document),
    );
    expect(later).toMatchObject({ forecast: report?.forecast, forecastAsOf: report?.asOf });
  });
});
