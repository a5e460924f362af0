import { test } from 'vitest';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createSampleCrm } from './dev/sample-crm/create.ts';
import { SHOWCASE_PERSON } from './dev/sample-crm/people.ts';
import { loadDataMap } from './data-map/load.ts';
import { planSearch } from './data-map/plan.ts';
import { openSources } from './platform/sources.ts';
import { ArchiveWriter } from './activities/packaging/archive-writer.ts';
import { writePackage } from './activities/packaging/package-writer.ts';
import { Progress } from './activities/packaging/progress.ts';
import { verifyPackageFile } from './platform/package-verification.ts';
import { publicKeySet } from './platform/signing.ts';
import { freshKeyRing } from './test/platform/fresh-key-ring.ts';
import { testDatabase } from './test/support/database.ts';
test('crm', async () => {
  const db = await testDatabase();
  try {
    mkdirSync('/tmp/pkgtrial/media', { recursive: true });
    await createSampleCrm({ url: db.url, mediaFolder: '/tmp/pkgtrial/media', people: 300, log: console.log });
    const ring = await freshKeyRing();
    const map = await loadDataMap(['data-map/maps/crm.dataset.yml']);
    const sources = openSources([{ name: 'crm', kind: 'postgres', url: db.url }, { name: 'crm-media', kind: 'folder', path: '/tmp/pkgtrial/media' }]);
    const archive = new ArchiveWriter(new Date());
    const out = pipeline(archive.output, createWriteStream('/tmp/pkgtrial/package.zip'));
    const t = performance.now();
    const { manifest } = await writePackage(archive, { facts: { packageId: '5f0c1c0e-7d5d-4f8e-9a8f-1f2e3d4c5b6a', requestId: '0b9d2c1e-2222-4f8e-9a8f-1f2e3d4c5b6a', requestType: 'access', regime: 'gdpr', workspace: { id: SHOWCASE_PERSON.workspaceId, name: 'Harbor & Pine Realty' }, instruction: { id: 'x', version: 1 }, dataMapVersion: map.version, createdAt: new Date() }, searches: [{ plan: planSearch(map, 'crm', [{ type: 'email', value: SHOWCASE_PERSON.email }, { type: 'phone_number', value: SHOWCASE_PERSON.phone }]), tenantKey: SHOWCASE_PERSON.workspaceId }] }, { sources, ring }, { progress: new Progress(), signal: new AbortController().signal });
    await out;
    console.log('ms', performance.now() - t, manifest.totals, manifest.collections.map((c) => `${c.kind}/${c.collection} ${c.rows}`).join('\n'));
    const report = await verifyPackageFile('/tmp/pkgtrial/package.zip', publicKeySet(ring));
    console.log(report.ok, report.problems);
    await sources.close();
    execFileSync('bash', ['-c', 'rm -rf /tmp/pkgtrial/pkg && mkdir /tmp/pkgtrial/pkg && cd /tmp/pkgtrial/pkg && python3 -m zipfile -e ../package.zip .']);
  } finally { await db.drop(); }
}, 120000);
