/** Who asks, and in which workspace. */
import type { Principal } from '../../domain/parties.ts';

export interface Caller {
  readonly principal: Principal;
  readonly workspaceId: string;
}

/** A key of a team sees that team's rows only: the filter to put into a WHERE. */
export function teamFilter({ principal }: Caller): { readonly team_id?: string } {
  return principal.teamId === undefined ? {} : { team_id: principal.teamId };
}
