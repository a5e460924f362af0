/** What the mail catcher has in its folder. A message's id is its file's name, which begins with the time of its arrival. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import type { AddressObject } from 'mailparser';
import { isErrno } from '../platform/files.ts';

export interface MailSummary {
  readonly id: string;
  /** When it was caught, ISO 8601. */
  readonly at: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
}

export interface CaughtMail extends MailSummary {
  readonly text: string;
  /** Null where the message has none. */
  readonly html: string | null;
  /** In the order and the writing of the message. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly attachments: readonly { readonly name: string; readonly type: string; readonly bytes: number }[];
}

const ID = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-[0-9a-f]{8}$/;

/** Newest first. */
export async function listMail(folder: string): Promise<readonly MailSummary[]> {
  const ids = (await readdir(folder))
    .filter((name) => name.endsWith('.eml'))
    .map((name) => name.slice(0, -'.eml'.length));
  const messages: MailSummary[] = [];
  for (const id of ids.sort().reverse()) {
    const mail = await readMail(folder, id);
    if (mail) messages.push({ id, at: mail.at, from: mail.from, to: mail.to, subject: mail.subject });
  }
  return messages;
}

/** Undefined when there is no such message; what is no id never becomes a path. */
export async function readMail(folder: string, id: string): Promise<CaughtMail | undefined> {
  const at = id.replace(ID, '$1-$2-$3T$4:$5:$6.$7Z');
  if (at === id) return undefined;
  const source = await readFile(join(folder, `${id}.eml`)).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  });
  return source && { id, at, ...(await parse(source)) };
}

async function parse(source: Buffer): Promise<Omit<CaughtMail, 'id' | 'at'>> {
  const mail = await simpleParser(source, { skipTextToHtml: true, skipImageLinks: true });
  return {
    from: addresses(mail.from),
    to: addresses(mail.to),
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html || null,
    headers: mail.headerLines.map(({ line }) => {
      const colon = line.indexOf(':');
      return { name: line.slice(0, colon), value: line.slice(colon + 1).trim() };
    }),
    attachments: mail.attachments.map(({ filename, contentType, size }) => ({
      name: filename ?? 'without a name',
      type: contentType,
      bytes: size,
    })),
  };
}

function addresses(field: AddressObject | AddressObject[] | undefined): string {
  return [field ?? []]
    .flat()
    .map(({ text }) => text)
    .join(', ');
}
