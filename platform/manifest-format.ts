/** Reading a manifest that anybody may have written. */
import { z } from 'zod';
import { MANIFEST_FORMAT } from '../domain/manifest.ts';
import type { Manifest } from '../domain/manifest.ts';

const count = z.number().int().nonnegative();
const text = z.string();

const manifest = z.object({
  format: z.literal(MANIFEST_FORMAT),
  packageId: text,
  requestId: text,
  requestType: text,
  regime: text,
  workspace: z.object({ id: text, name: text }),
  instruction: z.object({ id: text, version: count }),
  dataMapVersion: text,
  snapshots: z.record(text, text),
  createdAt: text,
  totals: z.object({ rows: count, files: count, missingFiles: count }),
  collections: z.array(
    z.object({
      source: text,
      collection: text,
      label: text,
      kind: text,
      rows: count,
      omitted: z.array(text),
      derived: z.array(text).optional(),
      withheld: count.optional(),
      mixed: z.object({ rows: count, takenOut: z.boolean() }).optional(),
    }),
  ),
  files: z.array(z.object({ path: text, bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
  missing: z.array(z.object({ collection: text, path: text })),
  language: text.optional(),
  omissions: z.array(z.object({ label: text, exemption: text, rows: count.optional() })).optional(),
  attachments: z.array(z.object({ system: text, path: text, title: text.optional() })).optional(),
  manualSystems: z.array(z.object({ system: text, outcome: text, statement: text.optional() })).optional(),
  unreached: z.array(z.object({ source: text, collections: z.array(text) })).optional(),
});

/** Undefined when the bytes are not a manifest of a version that is known here. */
export function parseManifest(bytes: Uint8Array): Manifest | undefined {
  try {
    return manifest.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return undefined;
  }
}
