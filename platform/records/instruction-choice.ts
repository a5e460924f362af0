/** The instruction for a request: one of the register, or one that is given with the request and holds for it alone. */
import type { InstructionSource } from '../../domain/parties.ts';
import type { InstructedAction } from '../../domain/workspace-export.ts';
import type { Transaction } from '../database.ts';
import type { Caller } from './caller.ts';
import { auditInstruction, insertInstruction, requireUsable } from './instructions.ts';
import type { Attestation, InstructionRef } from './instructions.ts';

export type InstructionChoice =
  | { readonly id: string; readonly version: number | undefined }
  | { readonly source: InstructionSource; readonly attestation: Attestation };

export interface ChosenInstruction {
  readonly ref: InstructionRef;
  /** The source, when it was given with the request. */
  readonly given: InstructionSource | undefined;
}

/** Checks or records the choice. `pointer` is where an id stood in the body. Throws InvalidInput. */
export async function chooseInstruction(
  trx: Transaction,
  caller: Caller,
  choice: InstructionChoice,
  { type, pointer }: { readonly type: InstructedAction; readonly pointer: string },
): Promise<ChosenInstruction> {
  if ('id' in choice) return { ref: await requireUsable(trx, caller, { ...choice, type, pointer }), given: undefined };
  const { source, attestation } = choice;
  const oneOff = {
    source,
    attestation,
    standing: false,
    requestTypes: [type],
    validFrom: new Date(),
    validUntil: null,
  };
  return { ref: await insertInstruction(trx, caller, oneOff), given: source };
}

/** The audit line of an instruction that was given with the request; last in the transaction. */
export async function auditChoice(trx: Transaction, caller: Caller, { ref, given }: ChosenInstruction): Promise<void> {
  if (given !== undefined) await auditInstruction(trx, caller, ref, { source: given, standing: false });
}
