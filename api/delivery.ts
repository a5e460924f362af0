/** Tells Temporal what was just recorded about a request, an export or a hold. */
import { Unavailable } from '../domain/errors.ts';
import type { HoldRef } from '../domain/holds.ts';
import type { ExportRef } from '../domain/workspace-export.ts';
import { deliverOutbox } from '../platform/outbox.ts';
import type { OutboxOwner } from '../platform/outbox.ts';
import type { ApiDependencies } from './dependencies.ts';

/**
 * Throws Unavailable, with the resource's id, when Temporal is away. Nothing is lost then: the message lies in the database
 * beside what it is about, and the worker sends it as soon as it can.
 */
export async function deliver(
  { db, temporal }: ApiDependencies,
  workspaceId: string,
  requestId: string,
): Promise<void> {
  await send({ db, temporal }, { workspaceId, requestId }, requestId);
}

/** The same for an export. */
export async function deliverExport({ db, temporal }: ApiDependencies, ref: ExportRef): Promise<void> {
  await send({ db, temporal }, ref, ref.exportId);
}

/** The same for a hold. */
export async function deliverHold({ db, temporal }: ApiDependencies, ref: HoldRef): Promise<void> {
  await send({ db, temporal }, ref, ref.holdId);
}

async function send(
  { db, temporal }: Pick<ApiDependencies, 'db' | 'temporal'>,
  owner: OutboxOwner,
  resourceId: string,
): Promise<void> {
  try {
    await deliverOutbox(db, temporal, owner);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    throw new Unavailable(
      `${error.message} What you sent is recorded and goes on by itself; sending it again does no harm.`,
      {
        ...error.extras,
        resourceId,
      },
    );
  }
}
