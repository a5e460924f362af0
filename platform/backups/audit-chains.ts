/** Checks the audit log of a database event by event: every hash, every number, and that the heads are where the chains end. */
import type { Client } from 'pg';
import { chainHash } from '../audit.ts';
import type { ChainedEvent } from '../audit.ts';
import { withConnection } from './connection.ts';

const PAGE = 1_000;

type EventRow = Omit<ChainedEvent, 'at'> & { readonly at: Date; readonly previous: Buffer; readonly hash: Buffer };

interface Head {
  readonly workspace_id: string;
  readonly seq: string;
  readonly hash: Buffer;
}

/** Answers how many chains there are and the ids of those that are broken; as a role that sees all of them. */
export async function checkChains(
  url: string,
  signal?: AbortSignal,
): Promise<{ chains: number; broken: readonly string[] }> {
  return withConnection(url, checkAll, signal);
}

async function checkAll(client: Client): Promise<{ chains: number; broken: readonly string[] }> {
  const { rows: heads } = await client.query<Head>(
    'SELECT workspace_id, seq::text, hash FROM steward.audit_heads ORDER BY workspace_id',
  );
  const broken: string[] = [];
  for (const head of heads) if (!(await isWhole(client, head))) broken.push(head.workspace_id);
  return { chains: heads.length, broken };
}

async function isWhole(client: Client, head: Head): Promise<boolean> {
  let last = await beginning(client, head.workspace_id);
  for (;;) {
    const events = await readPage(client, head.workspace_id, last.seq);
    for (const event of events) {
      const hash = chainHash(last.hash, { ...event, at: event.at.toISOString() });
      const follows = BigInt(event.seq) === BigInt(last.seq) + 1n && event.previous.equals(last.hash);
      if (!follows || !hash.equals(event.hash)) return false;
      last = { seq: event.seq, hash: event.hash };
    }
    if (events.length < PAGE) return last.seq === head.seq && last.hash.equals(head.hash);
  }
}

/** What was pruned ends with a checkpoint, from which the rest goes on. */
async function beginning(client: Client, chain: string): Promise<Pick<Head, 'seq' | 'hash'>> {
  const { rows } = await client.query<Head>(
    `SELECT seq::text, hash FROM steward.audit_checkpoints c WHERE workspace_id = $1 AND reason = 'pruned'
      ORDER BY c.seq DESC LIMIT 1`,
    [chain],
  );
  return rows[0] ?? { seq: '0', hash: Buffer.alloc(32) };
}

async function readPage(client: Client, chain: string, after: string): Promise<readonly EventRow[]> {
  const { rows } = await client.query<EventRow>(
    `SELECT workspace_id, seq::text, at, actor, party, action, subject_kind, subject_id, instruction_id,
            instruction_version, details, note_digest, previous, hash
       FROM steward.audit_events e WHERE workspace_id = $1 AND seq > $2 ORDER BY e.seq LIMIT ${PAGE}`,
    [chain, after],
  );
  return rows;
}
