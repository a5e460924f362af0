import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPackage } from '../../../activities/packaging/build-package.ts';
import { deliverPackage } from '../../../activities/packaging/deliver-package.ts';
import { Conflict, Unavailable } from '../../../domain/errors.ts';
import type { RequestRef } from '../../../domain/runs.ts';
import { lookupDigest } from '../../../platform/pseudonyms.ts';
import { ADA, NOBODY, openPackagingFixture, quietControl } from './packaging-fixture.ts';
import type { PackagingFixture } from './packaging-fixture.ts';

let fixture: PackagingFixture;
beforeAll(async () => {
  fixture = await openPackagingFixture();
});
afterAll(() => fixture.close());
beforeEach(() => {
  fixture.mails.length = 0;
  fixture.mailIsAway = false;
});

async function packed(email = ADA): Promise<RequestRef> {
  const ref = await fixture.fileRequest(email);
  await buildPackage(fixture.deps, ref, quietControl());
  return ref;
}

const deliver = (ref: RequestRef) => deliverPackage(fixture.deps, ref);

interface LinkRow {
  readonly token_digest: Buffer;
  readonly channel: string;
  readonly recipient: string;
  readonly max_downloads: number;
  readonly expires_at: Date;
  readonly revoked_at: Date | null;
}

async function linksOf(ref: RequestRef): Promise<readonly LinkRow[]> {
  const { rows } = await fixture.own.pool.query<LinkRow>(
    `SELECT l.* FROM steward.links l JOIN steward.packages p ON p.id = l.package_id
     WHERE p.request_id = $1 ORDER BY l.created_at`,
    [ref.requestId],
  );
  return rows;
}

const tokenIn = (text = ''): string => /https:\/\/steward\.example\/d\/([\w-]{43})/.exec(text)?.[1] ?? '';

describe('a delivery', () => {
  it('mails the workspace’s contact a link that works, and says nothing of the person', async () => {
    const ref = await packed();
    await deliver(ref);
    const [mail] = fixture.mails;
    expect(mail).toMatchObject({ to: 'privacy@acme.example', subject: expect.stringContaining(ref.requestId) });
    const [link] = await linksOf(ref);
    const token = tokenIn(mail?.text);
    expect(tokenIn(mail?.html)).toBe(token);
    expect(link).toMatchObject({
      channel: 'mail',
      recipient: 'privacy@acme.example',
      max_downloads: 5,
      revoked_at: null,
    });
    expect(link?.token_digest.equals(lookupDigest(fixture.deps.ring, token).digest)).toBe(true);
    expect(mail?.text).toContain('4 records and 0 files');
    expect(mail?.text).toContain('5 downloads');
    expect(mail?.text).toMatch(/person is due on \d+ \w+ \d{4}; we owed you ours by \d+ \w+ \d{4}/);
    expect(mail?.text).toContain('answers for the personal data');
    expect(JSON.stringify(mail)).not.toMatch(/ada@|lovelace/i);
    expect(await fixture.events(ref)).toContain('delivered');
  });

  it('is made once, however often it is asked for', async () => {
    const ref = await packed();
    await deliver(ref);
    await deliver(ref);
    expect(fixture.mails).toHaveLength(1);
    expect(await linksOf(ref)).toHaveLength(1);
  });

  it('that was sent and not recorded is sent again, and the link of the first mail stops working', async () => {
    const ref = await packed();
    await deliver(ref);
    await fixture.own.pool.query(`DELETE FROM steward.request_events WHERE request_id = $1 AND kind = 'delivered'`, [
      ref.requestId,
    ]);
    await deliver(ref);
    expect(fixture.mails).toHaveLength(2);
    expect((await linksOf(ref)).map(({ revoked_at }) => revoked_at === null)).toEqual([false, true]);
  });

  it('waits while mail is away, and makes no links meanwhile', async () => {
    const ref = await packed();
    fixture.mailIsAway = true;
    await expect(deliver(ref)).rejects.toThrow(Unavailable);
    expect(await linksOf(ref)).toEqual([]);
  });

  it.each(['1 hour', '-1 hour'])('keeps a package that has waited long (%s left) as long as its link', async (left) => {
    const ref = await packed();
    await fixture.own.pool.query(
      'UPDATE steward.packages SET expires_at = now() + $2::interval WHERE request_id = $1',
      [ref.requestId, left],
    );
    await deliver(ref);
    const [link] = await linksOf(ref);
    const { rows } = await fixture.own.pool.query<{ expires_at: Date }>(
      'SELECT expires_at FROM steward.packages WHERE request_id = $1',
      [ref.requestId],
    );
    expect(link?.expires_at.getTime()).toBeGreaterThan(Date.now() + 6.9 * 86_400_000);
    expect(rows).toEqual([{ expires_at: link?.expires_at }]);
  });

  it('never gives a link that works longer than packages are kept', async () => {
    const ref = await packed();
    await deliverPackage({ ...fixture.deps, packages: { ...fixture.deps.packages, keepDays: 2 } }, ref);
    const [link] = await linksOf(ref);
    expect(link?.expires_at.getTime()).toBeLessThan(Date.now() + 2.1 * 86_400_000);
  });

  it('of an empty package says so', async () => {
    await deliver(await packed(NOBODY));
    expect(fixture.mails[0]?.text).toContain('No records were found');
  });

  it('of a package that is not there is refused', async () => {
    await expect(deliver(await fixture.fileRequest(ADA))).rejects.toThrow(Conflict);
  });
});
