/** How values come into a statement that takes no parameters, and into one that does. */

/**
 * How a value comes into the statement: as a parameter, or by name from a table. Answers SQL of type text. The same name
 * is always the same value within a plan.
 */
export type Bind = (name: string, value: string) => string;

/**
 * A relation of `name` and `value` that holds what a reading binds: COPY takes no parameters, so there it is a temporary
 * table, and elsewhere a part of the statement.
 */
export const BOUND_TABLE = 'steward_bound';

export const boundValue = (name: string): string =>
  `(SELECT value FROM ${BOUND_TABLE} WHERE name = '${name.replaceAll("'", "''")}')`;
