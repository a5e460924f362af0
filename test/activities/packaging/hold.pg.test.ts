import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackage } from '../../../activities/packaging/build-package.ts';
import { deliverPackage } from '../../../activities/packaging/deliver-package.ts';
import { ADA, openPackagingFixture, quietControl } from './packaging-fixture.ts';
import type { PackagingFixture } from './packaging-fixture.ts';

let fixture: PackagingFixture;
beforeAll(async () => {
  fixture = await openPackagingFixture();
});
afterAll(() => fixture.close());

describe('a confidential hold on a workspace', () => {
  it('blocks no access, and neither the package nor the mail nor the timeline says a word of it', async () => {
    const ref = await fixture.fileRequest(ADA);
    await fixture.own.pool.query(
      `INSERT INTO steward.holds (id, workspace_id, party, visibility, matter, authority, purpose, scope, state, created_by, effective_at)
       SELECT gen_random_uuid(), $1, 'processor', 'processor', 'Matter Nightjar', 'District court Xanadu', 'legal', '{}', 'effective', id, now()
         FROM steward.principals WHERE workspace_id = $1 LIMIT 1`,
      [ref.workspaceId],
    );
    await buildPackage(fixture.deps, ref, quietControl());
    await deliverPackage(fixture.deps, ref);
    expect(await fixture.events(ref)).toContain('delivered');

    const entries = [...(await fixture.openPackage(ref)).values()].map((entry) => entry.toString('latin1'));
    const { rows } = await fixture.own.pool.query('SELECT * FROM steward.request_events WHERE request_id = $1', [
      ref.requestId,
    ]);
    expect(entries.length).toBeGreaterThan(3);
    for (const text of [...entries, JSON.stringify(fixture.mails), JSON.stringify(rows)])
      expect(text).not.toMatch(/Nightjar|Xanadu/);
  });
});
