/** What several commands have in common. */
import { Option } from 'commander';

export interface WorkspaceOption {
  readonly workspace?: string;
}

export const workspaceOption = () =>
  new Option('-w, --workspace <id>', 'the workspace, for a key that is bound to none').env('STEWARD_WORKSPACE');

export function print(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}
