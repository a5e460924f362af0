/** Mail by SMTP. */
import { createTransport } from 'nodemailer';
import { Unavailable } from '../domain/errors.ts';
import type { Config } from './config.ts';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
}

export interface Mailer {
  /**
   * Hands a mail to the server. Throws Unavailable when the server is away or does not take it; a refusal too, for who is
   * refused today may be accepted once a setting or an address has been mended.
   */
  send(mail: Mail): Promise<void>;
  /** Throws Unavailable when the server does not answer or does not let us in. */
  check(): Promise<void>;
}

/** A server that is slow to answer must not hold an activity for nodemailer's default of ten minutes. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 };

/** Connects at each mail. `url` may carry user, password and nodemailer's options, such as `smtp://host:25/?requireTLS=true`. */
export function openMailer(settings: Config['mail']): Mailer {
  const transport = createTransport({
    url: settings.url,
    ...TIMEOUTS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(mail) {
      await transport.sendMail({ from: settings.from, ...mail }).catch(fail);
    },
    async check() {
      await transport.verify().catch(fail);
    },
  };
}

/** Of the server's answer only its code goes on: the text tends to repeat the address. */
function fail(error: unknown): never {
  const answered = error instanceof Error && 'responseCode' in error && typeof error.responseCode === 'number';
  const reason = answered ? `answered ${String(error.responseCode)}` : `is not reachable (${codeOf(error)})`;
  throw new Unavailable(`The mail server ${reason}.`, { service: 'mail', retryAfterSeconds: 30 });
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^[A-Z]{1,20}$/.test(code) ? code : 'no code';
}
