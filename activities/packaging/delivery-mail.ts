/** The mail that hands a package over. It names the request by its id and says nothing about the person. */
import { DateTime } from 'luxon';
import { RECIPIENTS_RESPONSIBILITY } from '../../domain/release.ts';
import type { Mail } from '../../platform/mail.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { counted, formatBytes } from './values.ts';

export interface Delivery {
  readonly to: string;
  readonly workspaceName: string;
  readonly timeZone: string;
  readonly requestId: string;
  readonly requestType: string;
  readonly legalDueAt: Date;
  readonly contractualDueAt: Date;
  readonly link: string;
  readonly expiresAt: Date;
  readonly maxDownloads: number;
  readonly bytes: number;
  readonly rows: number;
  readonly files: number;
  readonly missingFiles: number;
  /** Whether the download is encrypted to a key that the controller gave. */
  readonly ageEncrypted: boolean;
}

export function deliveryMail(delivery: Delivery): Mail {
  const paragraphs = sentences(delivery);
  return {
    to: delivery.to,
    subject: `Package ready: ${delivery.requestType} request ${delivery.requestId}`,
    text: [paragraphs.before, delivery.link, paragraphs.after].flat().join('\n\n'),
    html: page(delivery, paragraphs).markup,
  };
}

interface Paragraphs {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

function sentences(delivery: Delivery): Paragraphs {
  const moment = (at: Date) => DateTime.fromJSDate(at, { zone: delivery.timeZone }).setLocale('en-GB');
  const until = moment(delivery.expiresAt).toFormat('d MMMM yyyy, HH:mm ZZZZ');
  const day = (at: Date) => moment(at).toFormat('d MMMM yyyy');
  return {
    before: [
      `The package for the ${delivery.requestType} request ${delivery.requestId} is ready for ${delivery.workspaceName}.`,
      content(delivery),
      `Your answer to the person is due on ${day(delivery.legalDueAt)}; we owed you ours by ${day(delivery.contractualDueAt)}.`,
      'Download it here:',
    ],
    after: [
      `The link works until ${until}, for ${counted(delivery.maxDownloads, 'download')}. Whoever has it can download the package, so do not pass it on. An earlier link sent by mail for this request no longer works.`,
      ...(delivery.ageEncrypted
        ? ['The download is encrypted to the age key that came with the request; open it with "age --decrypt".']
        : []),
      `This delivery is recorded as made to ${delivery.to}. ${RECIPIENTS_RESPONSIBILITY}`,
      'README.txt in the package says how to read it and how to check that it is complete and unchanged.',
    ],
  };
}

function content({ bytes, rows, files, missingFiles }: Delivery): string {
  if (rows === 0) return 'No records were found, and the package says so.';
  const missing =
    missingFiles === 0 ? '' : ` ${counted(missingFiles, 'file')} could not be included; the package lists them.`;
  return `It has ${counted(rows, 'record')} and ${counted(files, 'file')} (${formatBytes(bytes)}).${missing}`;
}

function page({ link }: Delivery, { before, after }: Paragraphs): Html {
  const paragraph = (text: string) => html`<p style="margin:0 0 16px">${text}</p>`;
  return html`<!doctype html>
<html lang="en"><body style="margin:0;padding:24px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif">
<div style="max-width:36em">
${before.slice(0, -1).map(paragraph)}
<p style="margin:0 0 16px"><a href="${link}" style="display:inline-block;padding:10px 20px;border-radius:6px;background:#1f5fbf;color:#ffffff;text-decoration:none;font-weight:600">Download the package</a></p>
<p style="margin:0 0 16px;font-size:14px;word-break:break-all">${link}</p>
${after.map(paragraph)}
</div></body></html>
`;
}
