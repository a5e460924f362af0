import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { remind } from '../../activities/request-mail.ts';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import type { Mail } from '../../platform/mail.ts';
import { openTestApi } from '../api/api-fixture.ts';
import type { TestApi } from '../api/api-fixture.ts';
import { plannedErasure } from '../api/planned.ts';

let api: TestApi;
let db: Database;
let requestId: string;
const sent: Mail[] = [];
const mailer = {
  send: async (mail: Mail) => {
    sent.push(mail);
  },
  check: async () => {},
};

beforeAll(async () => {
  api = await openTestApi();
  db = openDatabase(api.deps.config.database.workerUrl);
  ({ requestId } = await plannedErasure(api));
});
beforeEach(() => {
  sent.length = 0;
});
afterAll(async () => {
  await db.close();
  await api.close();
});

const ask = (ordinal: number, again: boolean, about: 'approval' | 'release' = 'approval') =>
  remind(
    { db, mailer, publicUrl: 'http://127.0.0.1:8400' },
    { workspaceId: api.workspaceId, requestId },
    { about, ordinal, again, overdue: false },
  );
const recipients = () => sent.map(({ to }) => to);
const name = (email: string | null) =>
  api.call('POST', `/v1/workspaces/${api.workspaceId}/review-delegate`, { body: { email } });

describe('people who are to approve an erasure', () => {
  it('are asked first where the workspace is reached, and reminded there while no delegate is named', async () => {
    await name('stand-in@harbour.test');
    await ask(1, false);
    expect(recipients()).toEqual(['privacy@harbour.test']);
    await name(null);
    await ask(2, true);
    expect(recipients()).toEqual(['privacy@harbour.test', 'privacy@harbour.test']);
  });

  it('have a delegate who is reminded with them, once for each occasion, of nothing else', async () => {
    await name('stand-in@harbour.test');
    await ask(3, true);
    await ask(3, true);
    expect(recipients()).toEqual(['privacy@harbour.test', 'stand-in@harbour.test']);
    expect(sent[1]?.text).toContain(`/v1/requests/${requestId}/review`);
    await ask(4, true, 'release');
    expect(recipients()).toEqual(['privacy@harbour.test', 'stand-in@harbour.test', 'privacy@harbour.test']);
  });
});
