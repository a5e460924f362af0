/**
 * Which party decides on a hold (design rule 9). A controller's hold is the controller's, or ours under an instruction of
 * theirs; to lift what protects records, that must be a standing one which we name. A hold of the processor's own stands on
 * its legal duty and is nobody else's.
 */
import { InvalidInput, NotFound, SecondPersonNeeded, WrongParty } from '../../domain/errors.ts';
import type { Party } from '../../domain/parties.ts';
import type { Transaction } from '../database.ts';
import { isControllers } from './authority.ts';
import type { NamedInstruction } from './authority.ts';
import type { Caller } from './caller.ts';
import { chooseInstruction } from './instruction-choice.ts';
import type { ChosenInstruction, InstructionChoice } from './instruction-choice.ts';
import { requireUsable } from './instructions.ts';
import type { InstructionRef } from './instructions.ts';

/** A team's key sees its team's records, and no hold: that can concern every team's. Throws NotFound. */
export function requireWholeWorkspace({ principal }: Caller): void {
  if (principal.teamId !== undefined)
    throw new NotFound('There are no holds for the key of a team: a hold can concern the whole workspace.');
}

/** Throws WrongParty, and InvalidInput when the instruction cannot be used. */
export async function authorisePlacement(
  trx: Transaction,
  caller: Caller,
  { party, instruction }: { readonly party: Party; readonly instruction: InstructionChoice | undefined },
): Promise<ChosenInstruction | undefined> {
  if (party === 'processor') {
    requireProcessor(caller);
    if (instruction === undefined) return undefined;
    const detail = "A hold of the processor's own stands on its legal duty, not on an instruction.";
    throw new InvalidInput('The body has a problem.', { fields: [{ pointer: '/instruction', detail }] });
  }
  if (instruction)
    return chooseInstruction(trx, caller, instruction, { type: 'hold_placement', pointer: '/instruction/id' });
  if (isControllers(caller.principal)) return undefined;
  throw new WrongParty(
    "A controller's hold is the controller's to place. A key of the processor must give the controller's instruction for it.",
  );
}

export interface HeldBy {
  readonly party: Party;
  readonly createdBy: string;
}

/** For what is decided on a hold that stands. Throws WrongParty, and InvalidInput when the instruction cannot be used. */
export async function authoriseDecision(
  trx: Transaction,
  caller: Caller,
  { party }: HeldBy,
  {
    action,
    named,
  }: { readonly action: 'hold_placement' | 'hold_release'; readonly named: NamedInstruction | undefined },
): Promise<InstructionRef | undefined> {
  if (party === 'processor') {
    requireProcessor(caller);
    return undefined;
  }
  if (named) return requireUsable(trx, caller, { ...named, type: action, pointer: '/instruction/id', mustStand: true });
  if (isControllers(caller.principal)) return undefined;
  throw new WrongParty(
    "The controller decides on its hold. A key of the processor must name a standing instruction of the controller's.",
  );
}

/** Who placed a hold must not be the one who lifts it. Throws SecondPersonNeeded. */
export function requireSecondPerson({ principal }: Caller, { createdBy }: HeldBy): void {
  if (principal.id === createdBy) throw new SecondPersonNeeded('You placed this hold; somebody else must release it.');
}

function requireProcessor({ principal }: Caller): void {
  if (isControllers(principal))
    throw new WrongParty("This is a hold of the processor's own, on its legal duty; only the processor decides on it.");
}
