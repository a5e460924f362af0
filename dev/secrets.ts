/** Passwords of the embedded stack, made once and kept in the home, readable by its owner alone. */
import { randomBytes } from 'node:crypto';
import { readJson, replace } from './home.ts';
import type { Home } from './home.ts';

/** The same word every time it is asked for by the same name. */
export async function secret(home: Home, name: string): Promise<string> {
  const file = home.path('secrets.json');
  const known = ((await readJson(file)) ?? {}) as Readonly<Record<string, string>>;
  const found = known[name];
  if (found !== undefined) return found;
  const made = randomBytes(24).toString('hex');
  replace(file, { ...known, [name]: made });
  return made;
}
