/** Who may decide on what is the controller's to decide, and under which instruction. */
import { Conflict, WrongParty } from '../../domain/errors.ts';
import type { Party, Principal } from '../../domain/parties.ts';
import type { Transaction } from '../database.ts';
import type { Caller } from './caller.ts';
import { requireUsable } from './instructions.ts';
import type { InstructionRef } from './instructions.ts';
import type { RequestRow } from './requests.ts';

/** An instruction as a call names it. */
export interface NamedInstruction {
  readonly id: string;
  /** The newest when undefined. */
  readonly version: number | undefined;
}

/** Whether this principal decides without naming an instruction. */
export const isControllers = ({ party }: Principal): boolean => party === 'controller';

/**
 * What a package leaves out and when it goes out is the controller's decision (GDPR Art. 15(4), 23: the restrictions are the
 * controller's to apply). Its own principals decide under the request's instruction. The processor's decide only under a
 * standing instruction of the controller's that they name; the one that the request came with says to export, not to
 * withhold. Throws WrongParty, and InvalidInput when the instruction cannot be used.
 */
export async function requireAuthority(
  trx: Transaction,
  caller: Caller,
  request: RequestRow,
  named: NamedInstruction | undefined,
): Promise<InstructionRef> {
  if (named)
    return requireUsable(trx, caller, { ...named, type: request.type, pointer: '/instruction/id', mustStand: true });
  if (!isControllers(caller.principal)) {
    throw new WrongParty(
      'The controller decides on this. A key of the processor must name a standing instruction of the controller.',
    );
  }
  return requireInstruction(request);
}

/**
 * For what a party decides in its own right alone. The processor's right is over what law requires of it, and needs no
 * word of the controller's (design rule 9). Throws WrongParty, and what `requireAuthority` throws.
 */
export async function requireRight(
  trx: Transaction,
  caller: Caller,
  request: RequestRow,
  { inRightOf, named }: { readonly inRightOf: Party; readonly named: NamedInstruction | undefined },
): Promise<InstructionRef> {
  if (inRightOf === 'controller') return requireAuthority(trx, caller, request, named);
  if (isControllers(caller.principal)) throw new WrongParty('The processor decides on this.');
  return requireInstruction(request);
}

function requireInstruction({ instruction_id: id, instruction_version: version }: RequestRow): InstructionRef {
  if (id === null || version === null) throw new Conflict('The request has no instruction.');
  return { id, version };
}
