/** Takes every mail, sends none on, and shows what it caught: SMTP into a folder of .eml files, and pages to read them. */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerDataStream } from 'smtp-server';
import { mailPages } from './mail-pages.ts';

export interface MailCatcherOptions {
  readonly folder: string;
  readonly host: string;
  readonly smtpPort: number;
  readonly webPort: number;
}

const MAX_BYTES = 25 * 1024 * 1024;

/** Rejects when a port is taken. What earlier ones caught in the folder is shown too. */
export async function startMailCatcher(options: MailCatcherOptions): Promise<{ close(): Promise<void> }> {
  const { folder, host, smtpPort, webPort } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const smtp = smtpServer(folder);
  await new Promise<void>((resolve, reject) => {
    // Kept: a connection that breaks later must not end the process.
    smtp.on('error', reject);
    smtp.listen(smtpPort, host, resolve);
  });
  const closeSmtp = () => new Promise<void>((resolve) => smtp.close(resolve));
  const web = await listen(folder, host, webPort).catch(async (error: unknown) => {
    await closeSmtp();
    throw error;
  });
  return {
    close: async () => {
      const closed = new Promise((resolve) => web.close(resolve));
      web.closeAllConnections();
      await Promise.all([closed, closeSmtp()]);
    },
  };
}

function smtpServer(folder: string): SMTPServer {
  return new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    authOptional: true,
    disableReverseLookup: true,
    size: MAX_BYTES,
    closeTimeout: 1_000,
    onData: (stream, _session, answer) => {
      keep(stream, folder).then(
        (id) => answer(null, `kept as ${id}`),
        (error: Error) => answer(error),
      );
    },
  });
}

/** In its place only when it is whole. The name sorts by time. */
async function keep(stream: SMTPServerDataStream, folder: string): Promise<string> {
  const id = `${new Date().toISOString().replaceAll(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`;
  const draft = join(folder, `${id}.new`);
  try {
    await pipeline(stream, createWriteStream(draft, { mode: 0o600 }));
    if (stream.sizeExceeded) throw Object.assign(new Error('The message is too large.'), { responseCode: 552 });
    await rename(draft, join(folder, `${id}.eml`));
    return id;
  } finally {
    await rm(draft, { force: true });
  }
}

function listen(folder: string, host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = mailPages(folder).listen(port, host, (error?: Error) => (error ? reject(error) : resolve(server)));
  });
}
