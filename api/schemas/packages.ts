import { z } from 'zod';
import { DISCLOSURE_PURPOSES } from '../../domain/parties.ts';
import { LINK_PURPOSES } from '../../platform/records/links.ts';
import { PACKAGE_STATUSES } from '../../platform/records/packages.ts';
import { line, shownInstant } from './common.ts';

export const collectionCount = z
  .object({
    source: z.string(),
    collection: z.string().meta({ description: '`dataset.collection` of the data map.' }),
    rows: z.int(),
  })
  .meta({ id: 'CollectionCount' });

const summary = z.object({
  id: z.uuid(),
  requestId: z.uuid(),
  status: z.enum(PACKAGE_STATUSES),
  bytes: z.int(),
  rows: z.int(),
  files: z.int(),
  missingFiles: z.int().meta({ description: 'Files that rows name and that the store does not have.' }),
  sha256: z.string().meta({ description: 'Of the archive; lower-case hex.' }),
  manifestSha256: z.string().meta({ description: 'Of `manifest.json` inside; lower-case hex.' }),
  signingKeyId: z.string().meta({ description: 'Its public half is at /.well-known/jwks.json.' }),
  mapVersion: z.string(),
  ageEncrypted: z.boolean(),
  createdAt: shownInstant,
  expiresAt: shownInstant,
  kept: z
    .object({
      holds: z.array(z.uuid()).readonly().meta({ description: 'Ids of holds.' }),
      legalDuty: z.boolean().meta({ description: 'A duty of the processor, of which no more may be told.' }),
    })
    .nullable()
    .meta({
      description:
        'What keeps it although its time is over. Nobody can download it any more, and it is deleted when nothing does.',
    }),
});

export const shownPackage = summary.meta({ id: 'PackageSummary' });

const link = z.object({
  id: z.uuid(),
  packageId: z.uuid(),
  channel: z.enum(['api', 'mail']),
  recipient: z.string(),
  purpose: z.enum(DISCLOSURE_PURPOSES),
  maxDownloads: z.int(),
  downloads: z.int(),
  createdAt: shownInstant,
  expiresAt: shownInstant,
  revokedAt: shownInstant.nullable(),
});

export const shownLink = link.meta({ id: 'Link' });

export const shownPackageDetails = summary
  .extend({ counts: z.array(collectionCount).readonly(), links: z.array(shownLink).readonly() })
  .meta({ id: 'Package' });

export const newLink = z.strictObject({
  recipient: line(320).meta({ description: 'Who gets it, for the record of disclosures.' }),
  purpose: z.enum(LINK_PURPOSES).default('data_subject_request').meta({
    description:
      '`release_review` to look at a package before its release: one download within a day. It needs the scope `requests:review` as well.',
  }),
  expiresInDays: z
    .int()
    .min(1)
    .max(90)
    .optional()
    .meta({ description: "The installation's setting, when left out; the package's end cuts it short." }),
  maxDownloads: z.int().min(1).max(100).optional().meta({ description: "The installation's setting, when left out." }),
});

export const createdLink = link
  .extend({
    url: z.url().meta({ description: 'Shown this once; only its hash is kept.' }),
    responsibility: z.string().meta({ description: 'What whoever receives the package is to be told with it.' }),
  })
  .meta({ id: 'CreatedLink' });
