import { simpleParser } from 'mailparser';
import type { ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, test } from 'vitest';
import { Unavailable } from '../../domain/errors.ts';
import { openMailer } from '../../platform/mail.ts';

const MAIL = { to: 'privacy@acme.example', subject: 'Ein Paket für Sie', text: 'Grüße', html: '<p>Grüße</p>' };
let server: SMTPServer | undefined;

afterEach(async () => {
  await new Promise<void>((done) => (server ? server.close(() => done()) : done()));
  server = undefined;
});

async function startServer(options: SMTPServerOptions): Promise<{ url: string; from: string }> {
  const started = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS'], ...options });
  server = started;
  await new Promise<void>((done) => started.listen(0, '127.0.0.1', done));
  const address = started.server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return { url: `smtp://127.0.0.1:${address.port}`, from: 'Steward <steward@operator.example>' };
}

describe('a mail', () => {
  test('arrives with both its forms', async () => {
    const arrived: Promise<ParsedMail>[] = [];
    const settings = await startServer({
      onData(stream, _session, done) {
        stream.on('end', done);
        arrived.push(simpleParser(stream));
      },
    });
    const mailer = openMailer(settings);
    await mailer.check();
    await mailer.send(MAIL);
    const mail = await arrived[0];
    expect(mail?.subject).toBe(MAIL.subject);
    expect(mail?.from?.text).toContain('steward@operator.example');
    expect(mail?.text?.trim()).toBe('Grüße');
    expect(mail?.html).toContain('<p>Grüße</p>');
  });

  test('that the server refuses is tried again later, and the address is not repeated', async () => {
    const settings = await startServer({
      onRcptTo: (address, _session, done) =>
        done(Object.assign(new Error(`no ${address.address} here`), { responseCode: 550 })),
    });
    const failure = await openMailer(settings)
      .send(MAIL)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Unavailable);
    expect(failure).toMatchObject({ message: 'The mail server answered 550.', extras: { service: 'mail' } });
  });

  test('waits for a server that is away', async () => {
    const mailer = openMailer({ url: 'smtp://127.0.0.1:1', from: 'steward@operator.example' });
    await expect(mailer.send(MAIL)).rejects.toMatchObject({ code: 'unavailable', extras: { service: 'mail' } });
    await expect(mailer.check()).rejects.toMatchObject({ code: 'unavailable' });
  });
});
