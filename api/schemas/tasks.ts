import { z } from 'zod';
import { IDENTITY_FORMATS } from '../../domain/identities.ts';
import { TASK_STATUSES } from '../../domain/release.ts';
import { id, shownInstant, text } from './common.ts';

export const ofTask = z.object({ requestId: id, taskId: id });
export const ofAttachment = z.object({ requestId: id, taskId: id, attachmentId: id });

export const shownAttachment = z
  .object({
    id: z.uuid(),
    taskId: z.uuid(),
    name: z.string(),
    mediaType: z.string(),
    bytes: z.int(),
    sha256: z.string().meta({ description: 'Lower-case hex.' }),
    createdBy: z.uuid(),
    createdAt: shownInstant,
  })
  .meta({ id: 'Attachment' });

const shownTask = z
  .object({
    id: z.uuid(),
    dataset: z.string().meta({ description: 'Of the data map.' }),
    title: z.string().meta({ description: 'The system to search.' }),
    instructions: z.string(),
    assignee: z.string().nullable(),
    identityTypes: z
      .array(z.string())
      .readonly()
      .meta({ description: 'What it can be searched by; the values are revealed by a call of its own.' }),
    status: z.enum(TASK_STATUSES),
    openedAt: shownInstant,
    closedAt: shownInstant.nullable(),
    closedBy: z.uuid().nullable(),
    attachments: z.array(shownAttachment).readonly(),
  })
  .meta({ id: 'ManualTask' });

export const shownTasks = z.object({ items: z.array(shownTask).readonly() });

export const revealed = z.object({
  items: z.array(z.object({ type: z.string(), format: z.enum(IDENTITY_FORMATS), value: z.string() })).readonly(),
});

export const taskClosing = z.strictObject({
  outcome: z.enum(['found', 'nothing_found']),
  statement: text(2000).optional().meta({ description: 'For the person to read: it stands in the package.' }),
  note: text(4000).optional().meta({ description: 'Kept beside the audit log.' }),
});
