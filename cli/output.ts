/** What several commands have in common. */
import { Option } from 'commander';
import { InvalidInput } from '../domain/errors.ts';

export interface WorkspaceOption {
  readonly workspace?: string;
}

export const workspaceOption = () =>
  new Option('-w, --workspace <id>', 'the workspace, for a key that is bound to none').env('STEWARD_WORKSPACE');

export function print(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}

export interface UnderInstruction extends WorkspaceOption {
  readonly instruction?: string;
}

export const instructionOption = () =>
  new Option('--instruction <id>', "the controller's standing instruction that a key of the processor decides under");

export const under = ({ instruction }: UnderInstruction): object =>
  instruction === undefined ? {} : { instruction: { id: instruction } };

export type RowKey = Readonly<Record<string, string>>;

/** Of an option that is repeated for each column of a key. */
export function collectKey(text: string, earlier: RowKey): RowKey {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidInput('A key column is written column=value, such as id=7.');
  return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) };
}
