/** Why a link no longer works, in words for whoever has it. */
import { LinkGone } from '../../domain/errors.ts';
import type { Transaction } from '../database.ts';

interface GoneLink {
  readonly revoked_at: Date | null;
  readonly downloads: number;
  readonly max_downloads: number;
  readonly expires_at: Date;
  readonly package_status: 'ready' | 'expired' | 'deleted';
  readonly package_expires_at: Date;
}

/** The error to throw for a link that was found and does not work. */
export async function whyGone(trx: Transaction, linkId: string): Promise<Error> {
  const link = await trx('links')
    .join('packages', { 'packages.workspace_id': 'links.workspace_id', 'packages.id': 'links.package_id' })
    .where({ 'links.id': linkId })
    .first<GoneLink>('links.*', {
      package_status: 'packages.status',
      package_expires_at: 'packages.expires_at',
    });
  return new LinkGone(reason(link));
}

/** The package's end first: it ends every link, and a new link would not help. */
function reason(link: GoneLink): string {
  const day = (at: Date) => at.toISOString().slice(0, 10);
  if (link.package_expires_at <= new Date()) {
    return `The package was kept until ${day(link.package_expires_at)}. It can no longer be downloaded.`;
  }
  if (link.package_status !== 'ready') return 'The package was withdrawn.';
  if (link.revoked_at) return 'The link was revoked.';
  if (link.downloads >= link.max_downloads) return 'The link was used as often as it allows.';
  return `The link worked until ${day(link.expires_at)}.`;
}
