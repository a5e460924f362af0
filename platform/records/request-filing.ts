/**
 * Files a request: everything that it consists of, the message that starts its run and its line in the audit log, in one
 * transaction.
 */
import { randomUUID } from 'node:crypto';
import { contractualDueAt, legalDueAt } from '../../domain/deadlines.ts';
import type { Regime } from '../../domain/deadlines.ts';
import { WrongParty } from '../../domain/errors.ts';
import { DEFAULT_LANGUAGE } from '../../domain/languages.ts';
import type { Language } from '../../domain/languages.ts';
import type { Combination, Release, RequestType } from '../../domain/request.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import { isControllers } from './authority.ts';
import type { Caller } from './caller.ts';
import { createDataKey } from './data-keys.ts';
import type { DataKey } from './data-keys.ts';
import { insertIdentities } from './identities.ts';
import type { CheckedIdentity } from './identities.ts';
import { auditChoice, chooseInstruction } from './instruction-choice.ts';
import type { ChosenInstruction, InstructionChoice } from './instruction-choice.ts';
import { claimKey } from './repeats.ts';
import type { Repeat } from './repeats.ts';
import { recordEvent } from './request-progress.ts';
import { readFilingSettings } from './workspaces.ts';

export interface Filing {
  readonly type: RequestType;
  readonly regime: Regime;
  /** Who says that this regime applies. */
  readonly regimeSource: string;
  readonly receivedByControllerAt: Date;
  readonly identities: readonly CheckedIdentity[];
  /** `any` when left out. */
  readonly combine?: Combination | undefined;
  /** Without one the request waits for it. */
  readonly instruction?: InstructionChoice | undefined;
  readonly teamId?: string | undefined;
  readonly ageRecipient?: string | undefined;
  /** What the workspace has said when left out. */
  readonly release?: Release | undefined;
  /** In which the package speaks to the person. */
  readonly language?: Language | undefined;
  /** Kept beside the audit log. */
  readonly note?: string | undefined;
}

/** A filing on its way into the database. */
interface Entry {
  readonly requestId: string;
  readonly filing: Filing;
  readonly digest: Buffer;
  readonly instruction: ChosenInstruction | undefined;
  readonly dataKey: DataKey;
}

/**
 * Answers the id of the request, which is an earlier one's when this is a repeat: the same idempotency key, or, without
 * one, the same body while the earlier request has not been started yet. Throws InvalidInput and IdempotencyConflict.
 */
export async function fileRequest(
  db: Database,
  ring: KeyRing,
  caller: Caller,
  filing: Filing,
  repeat: Repeat,
): Promise<string> {
  return db.withTenant(caller.workspaceId, async (trx) => {
    const requestId = randomUUID();
    const earlier = await findEarlier(trx, caller, repeat, requestId);
    if (earlier !== undefined) return earlier;
    const instruction =
      filing.instruction &&
      (await chooseInstruction(trx, caller, filing.instruction, { type: filing.type, pointer: '/instruction/id' }));
    const dataKey = await createDataKey(trx, ring, caller.workspaceId);
    await enter(trx, ring, caller, { requestId, filing, digest: repeat.digests[0], instruction, dataKey });
    return requestId;
  });
}

async function findEarlier(
  trx: Transaction,
  caller: Caller,
  repeat: Repeat,
  requestId: string,
): Promise<string | undefined> {
  return repeat.key === undefined ? findUnstartedTwin(trx, caller, repeat) : claimKey(trx, caller, repeat, requestId);
}

/** The lock gives two equal calls at once an order. */
async function findUnstartedTwin(
  trx: Transaction,
  { workspaceId, principal }: Caller,
  { digests }: Repeat,
): Promise<string | undefined> {
  await trx.raw('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [
    `${principal.id} ${digests[0].toString('hex')}`,
  ]);
  const twin = await trx('outbox')
    .join('requests', { 'outbox.workspace_id': 'requests.workspace_id', 'outbox.request_id': 'requests.id' })
    .where({ 'outbox.workspace_id': workspaceId, 'outbox.message': 'start' })
    .whereNull('outbox.sent_at')
    .where({ 'requests.filed_by': principal.id })
    .whereIn('requests.body_digest', [...digests])
    .first<{ id: string } | undefined>('requests.id');
  return twin?.id;
}

async function enter(trx: Transaction, ring: KeyRing, caller: Caller, entry: Entry): Promise<void> {
  const { requestId, filing, instruction, dataKey } = entry;
  const { workspaceId, principal } = caller;
  await insertRequest(trx, caller, entry);
  await insertIdentities(trx, ring, { workspaceId, requestId, dataKey }, filing.identities);
  const details = { type: filing.type, regime: filing.regime, identities: filing.identities.length };
  await recordEvent(
    trx,
    { workspaceId, requestId },
    { kind: 'received', actor: principal.id, status: 'received', details },
  );
  await trx('outbox').insert({ workspace_id: workspaceId, request_id: requestId, message: 'start' });
  if (instruction) await auditChoice(trx, caller, instruction);
  await appendAudit(trx, workspaceId, {
    actor: principal,
    action: 'request.received',
    subject: { kind: 'request', id: requestId },
    details,
    ...(instruction ? { instruction: instruction.ref } : {}),
    ...(filing.note === undefined ? {} : { note: filing.note }),
  });
}

async function insertRequest(
  trx: Transaction,
  caller: Caller,
  { requestId, filing, digest, instruction, dataKey }: Entry,
): Promise<void> {
  const { workspaceId, principal } = caller;
  const { timeZone, contractualDays, release } = await readFilingSettings(trx, workspaceId);
  const now = new Date();
  await trx('requests').insert({
    id: requestId,
    workspace_id: workspaceId,
    team_id: filing.teamId ?? null,
    type: filing.type,
    regime: filing.regime,
    regime_source: filing.regimeSource,
    status: 'received',
    combine: filing.combine ?? 'any',
    received_by_controller_at: filing.receivedByControllerAt,
    received_by_us_at: now,
    legal_due_at: legalDueAt(filing.receivedByControllerAt, filing.regime, timeZone),
    contractual_due_at: contractualDueAt(now, contractualDays, timeZone),
    instruction_id: instruction?.ref.id ?? null,
    instruction_version: instruction?.ref.version ?? null,
    filed_by: principal.id,
    data_key_id: dataKey.id,
    age_recipient: filing.ageRecipient ?? null,
    release: releaseOf(caller, filing, release),
    language: filing.language ?? DEFAULT_LANGUAGE,
    body_digest: digest,
    created_at: now,
    updated_at: now,
  });
}

/** An erasure makes no package. A look that the controller has asked for in general is not the processor's to waive. */
function releaseOf({ principal }: Caller, { type, release }: Filing, usual: Release): Release {
  if (type === 'erasure') return 'immediate';
  if (release === 'immediate' && usual === 'reviewed' && !isControllers(principal))
    throw new WrongParty('The controller looks at each package of this workspace before it goes out.');
  return release ?? usual;
}
