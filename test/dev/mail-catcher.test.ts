import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startMailCatcher } from '../../dev/mail-catcher.ts';

let folder: string;
let smtpPort: number;
let webPort: number;
let catcher: { close(): Promise<void> };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-mail-'));
  [smtpPort, webPort] = [await freePort(), await freePort()];
  catcher = await startMailCatcher({ folder, host: '127.0.0.1', smtpPort, webPort });
});

afterEach(async () => {
  await catcher.close();
  await rm(folder, { recursive: true, force: true });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

const send = (more: object) =>
  createTransport({ host: '127.0.0.1', port: smtpPort }).sendMail({
    from: 'Steward <steward@localhost.example>',
    to: 'desk@example.com',
    subject: 'A package is ready',
    text: 'Fetch it at http://127.0.0.1:8400/d/abc until Friday.',
    ...more,
  });

const web = (path: string) => fetch(`http://127.0.0.1:${webPort}${path}`);
const json = async (path: string): Promise<unknown> => (await web(path)).json();

const summaries = z.array(z.looseObject({ id: z.string() }));
const messages = async () => summaries.parse(await json('/messages'));

async function newest(): Promise<string> {
  const [first] = await messages();
  return first?.id ?? '';
}

describe('the mail catcher', () => {
  it('keeps a mail in a file that its owner alone can read, and nothing beside it', async () => {
    await send({});
    const [name = '', ...others] = await readdir(folder);
    expect(name).toMatch(/^\d{8}T\d{9}Z-[0-9a-f]{8}\.eml$/);
    expect(others).toEqual([]);
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });

  it('lists what it caught, newest first', async () => {
    await send({ subject: 'One' });
    await send({ subject: 'Two', to: ['a@example.com', 'B <b@example.com>'] });
    expect(await messages()).toMatchObject([
      {
        subject: 'Two',
        from: expect.stringContaining('steward@localhost.example'),
        to: expect.stringMatching(/a@.*b@/),
      },
      { subject: 'One', at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) },
    ]);
    expect(await (await web('/')).text()).toMatch(/Two[^]*One/);
  });

  it('gives text, HTML, headers and the names of attachments of one mail', async () => {
    await send({
      html: '<p>Ready</p>',
      attachments: [{ filename: 'a.pdf', content: 'x' }],
      headers: { 'X-Request': '7' },
    });
    expect(await json(`/messages/${await newest()}`)).toMatchObject({
      text: expect.stringContaining('until Friday'),
      html: expect.stringContaining('<p>Ready</p>'),
      headers: expect.arrayContaining([{ name: 'X-Request', value: '7' }]),
      attachments: [{ name: 'a.pdf', type: 'application/pdf', bytes: 1 }],
    });
  });

  it('shows a mail on a page whose links can be followed', async () => {
    await send({});
    const shown = await (await web(`/message/${await newest()}`)).text();
    expect(shown).toContain('<a href="http://127.0.0.1:8400/d/abc" rel="noreferrer">');
  });

  it('runs nothing of what a mail brings along', async () => {
    const attack = '<script>alert(1)</script>"><img src=x onerror=alert(1)>';
    await send({ subject: attack, text: attack, html: attack, from: { name: attack, address: 'a@example.com' } });
    for (const path of ['/', `/message/${await newest()}`]) {
      const response = await web(path);
      expect(await response.text()).not.toMatch(/<script|<img/);
      const policy = response.headers.get('content-security-policy');
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain('script-src');
    }
  });

  it('refuses a mail that is too large, and keeps nothing of it', async () => {
    await expect(send({ text: 'x'.repeat(26 * 1024 * 1024) })).rejects.toMatchObject({ responseCode: 552 });
    expect(await readdir(folder)).toEqual([]);
  });

  it('answers 404 for a message that is not there, and for a way out of its folder', async () => {
    await writeFile(join(folder, 'other.eml'), 'Subject: other\n\n');
    for (const id of ['20260101T000000000Z-00000000', 'other', '..%2f..%2fetc%2fpasswd']) {
      expect((await web(`/messages/${id}`)).status, id).toBe(404);
      expect((await web(`/message/${id}`)).status, id).toBe(404);
    }
  });

  it('shows after a restart what it caught before', async () => {
    await send({ subject: 'Kept' });
    await catcher.close();
    catcher = await startMailCatcher({ folder, host: '127.0.0.1', smtpPort, webPort });
    expect(await messages()).toMatchObject([{ subject: 'Kept' }]);
  });

  it('does not start on a port that is taken, and then holds no other', async () => {
    const free = await freePort();
    const second = startMailCatcher({ folder, host: '127.0.0.1', smtpPort: free, webPort });
    await expect(second).rejects.toThrow('EADDRINUSE');
    await (await startMailCatcher({ folder, host: '127.0.0.1', smtpPort: free, webPort: await freePort() })).close();
  });
});
