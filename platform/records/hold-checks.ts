/**
 * Whether holds cover records or persons, for the product's own deletes. Answered from Steward's database alone, in three
 * queries however many are asked about.
 */
import { answerOf, briefOf, covers } from '../../domain/hold-check.ts';
import type { AskedRecord, HoldAnswer, HoldInBrief } from '../../domain/hold-check.ts';
import type { HoldPurpose } from '../../domain/holds.ts';
import type { Party } from '../../domain/parties.ts';
import { maySee } from '../../domain/retention/rendering.ts';
import type { Audience } from '../../domain/retention/words.ts';
import type { Database, Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import type { Caller } from './caller.ts';
import { requireWholeWorkspace } from './hold-authority.ts';
import { findHoldsNaming } from './hold-identities.ts';
import type { StoredScope } from './holds.ts';
import type { CheckedIdentity } from './identities.ts';

export interface CheckedItem {
  readonly record: AskedRecord | undefined;
  readonly identities: readonly CheckedIdentity[];
}

interface ItemAnswer {
  readonly answer: HoldAnswer;
  /** Ids of the holds that cover it, or may. */
  readonly holds: readonly string[];
  /** Whether a duty of the processor's covers it, or may, of which the caller may not know more. */
  readonly legalDuty: boolean;
}

/** A hold that answers name. */
interface NamedHold {
  readonly id: string;
  readonly party: Party;
  readonly purpose: HoldPurpose;
  readonly matter: string;
}

export interface CheckAnswer {
  /** In the order of what was asked. */
  readonly items: readonly ItemAnswer[];
  readonly holds: readonly NamedHold[];
}

interface BriefRow {
  readonly id: string;
  readonly party: Party;
  readonly purpose: HoldPurpose;
  readonly visibility: Audience;
  readonly matter: string;
  readonly scope: StoredScope;
  readonly subject_types: readonly string[];
}

/** Throws NotFound for the key of a team. */
export async function checkHolds(
  db: Database,
  ring: KeyRing,
  caller: Caller,
  items: readonly CheckedItem[],
): Promise<CheckAnswer> {
  requireWholeWorkspace(caller);
  return db.withTenant(caller.workspaceId, async (trx) => {
    const rows = await readBriefs(trx, caller);
    const naming = await findHoldsNaming(
      trx,
      ring,
      caller.workspaceId,
      items.flatMap(({ identities }) => identities),
    );
    const known = rows.map((row) => ({
      row,
      brief: briefOf({ holdId: row.id, subjectTypes: row.subject_types }, row.scope),
    }));
    const found = items.map((item) => answersFor(item, known, naming));
    const answers = found.map((each) => shown(each, caller));
    const named = new Set(answers.flatMap(({ holds }) => holds));
    return { items: answers, holds: rows.filter(({ id }) => named.has(id)).map(nameHold) };
  });
}

async function readBriefs(trx: Transaction, { workspaceId }: Caller): Promise<readonly BriefRow[]> {
  const types = `ARRAY(SELECT DISTINCT type FROM hold_identities identity
    WHERE (identity.workspace_id, identity.hold_id) = (holds.workspace_id, holds.id)) AS subject_types`;
  return trx('holds')
    .where({ workspace_id: workspaceId })
    .whereNot({ state: 'released' })
    .orderBy(['created_at', 'id'])
    .select<BriefRow[]>('id', 'party', 'purpose', 'visibility', 'matter', 'scope', trx.raw(types));
}

interface KnownHold {
  readonly row: BriefRow;
  readonly brief: HoldInBrief;
}

interface HoldAnswered {
  readonly hold: BriefRow;
  readonly answer: HoldAnswer;
}

/** What each hold that matters says of one item. */
function answersFor(
  { record, identities }: CheckedItem,
  holds: readonly KnownHold[],
  naming: ReadonlyMap<CheckedIdentity, readonly string[]>,
): readonly HoldAnswered[] {
  const asked = {
    record,
    identityTypes: new Set(identities.map(({ type }) => type)),
    namedBy: new Set(identities.flatMap((each) => naming.get(each) ?? [])),
  };
  return holds
    .map(({ row, brief }) => ({ hold: row, answer: covers(brief, asked) }))
    .filter(({ answer }) => answer !== 'not_held');
}

function shown(answers: readonly HoldAnswered[], { principal }: Caller): ItemAnswer {
  const seen = answers.filter(({ hold }) => maySee(principal.party, hold.visibility));
  return {
    answer: answerOf(answers.map(({ answer }) => answer)),
    holds: seen.map(({ hold }) => hold.id),
    legalDuty: seen.length < answers.length,
  };
}

const nameHold = ({ id, party, purpose, matter }: BriefRow): NamedHold => ({ id, party, purpose, matter });
