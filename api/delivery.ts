/** Tells Temporal what was just recorded about a request. */
import { Unavailable } from '../domain/errors.ts';
import { deliverOutbox } from '../platform/outbox.ts';
import type { ApiDependencies } from './dependencies.ts';

/**
 * Throws Unavailable, with the request's id, when Temporal is away. Nothing is lost then: the message lies in the database
 * beside what it is about, and the worker sends it as soon as it can.
 */
export async function deliver(
  { db, temporal }: ApiDependencies,
  workspaceId: string,
  requestId: string,
): Promise<void> {
  try {
    await deliverOutbox(db, temporal, { workspaceId, requestId });
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    throw new Unavailable(
      `${error.message} What you sent is recorded and goes on by itself; sending it again does no harm.`,
      {
        ...error.extras,
        resourceId: requestId,
      },
    );
  }
}
