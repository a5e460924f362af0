/** What an erasure has begun in a source it also ends there: a source that was taken off the settings is not passed over. */
import { Unavailable } from '../../domain/errors.ts';
import type { ErasureRow } from '../../platform/records/erasure-review.ts';
import type { Sources } from '../../platform/sources.ts';

/** Throws Unavailable, which is retried and flagged, while a source in which records may be written down is not connected. */
export function requireConnected(sources: Sources, { sources: needed }: Pick<ErasureRow, 'sources'>): void {
  const away = needed.filter((source) => !sources.canErase(source));
  if (away.length === 0) return;
  throw new Unavailable(
    `Records of this erasure are in ${away.join(', ')}, which the settings no longer connect for erasing: give each its eraseUrl back.`,
    { service: 'source' },
  );
}
