/** Tells people that a hold was released. The mail names it by its id: its matter can be about somebody. */
import { DateTime } from 'luxon';
import type { HoldRef } from '../../domain/holds.ts';
import type { Database } from '../../platform/database.ts';
import type { Mailer } from '../../platform/mail.ts';
import { readReleaseNews, recordReleaseTold } from '../../platform/records/hold-release.ts';

export interface ReleaseMailDeps {
  readonly db: Database;
  readonly mailer: Mailer;
}

/** That they were told is written after it, so a crash between the two tells them again rather than never. */
export async function tellRelease({ db, mailer }: ReleaseMailDeps, ref: HoldRef): Promise<void> {
  const news = await db.withTenant(ref.workspaceId, (trx) => readReleaseNews(trx, ref));
  if (!news) return;
  const day = DateTime.fromJSDate(news.releasedAt, { zone: news.timeZone }).toISODate();
  for (const to of news.addresses) {
    await mailer.send({
      to,
      subject: `Hold ${ref.holdId} was released`,
      text: [
        `The hold ${ref.holdId} was released on ${day}.`,
        '',
        'Records that nothing else keeps are due for erasure where somebody has asked for it, or where the retention',
        'schedule says so. If they are still needed, place another hold now.',
      ].join('\n'),
    });
  }
  await db.withTenant(ref.workspaceId, (trx) => recordReleaseTold(trx, ref, news.addresses.length));
}
