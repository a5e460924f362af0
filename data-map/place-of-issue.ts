/** Says in the words of the file, not in numbers of its lists, where an issue with its shape is. */
import type { Location } from './findings.ts';

/** `path` as zod gives it: `['dataset', 0, 'collections', 3, 'fields', 1, 'fides_meta', 'length']`. */
export function placeOf(file: unknown, path: readonly PropertyKey[]): Omit<Location, 'file'> {
  const place: { dataset?: string; collection?: string } = {};
  const inside: string[] = [];
  let node = file;
  path.forEach((step, depth) => {
    node = child(node, step);
    const list = path[depth - 1];
    if (typeof step !== 'number') {
      if (!isNamedList(step)) inside.push(String(step));
    } else if (list === 'dataset') place.dataset = nameOf(node, step);
    else if (list === 'collections') place.collection = nameOf(node, step);
    else inside.push(list === 'fields' ? nameOf(node, step) : String(step));
  });
  const missing =
    path.length > 0 && inside.length === 0 && typeof path.at(-1) === 'string' ? [String(path.at(-1))] : inside;
  return missing.length === 0 ? place : { ...place, field: missing.join('.') };
}

const isNamedList = (step: PropertyKey): boolean => step === 'dataset' || step === 'collections' || step === 'fields';

function nameOf(node: unknown, position: number): string {
  const named = [child(node, 'fides_key'), child(node, 'name')].find((name) => typeof name === 'string');
  return typeof named === 'string' ? named : `number ${position + 1}`;
}

function child(node: unknown, key: PropertyKey): unknown {
  return typeof node === 'object' && node !== null ? Reflect.get(node, key) : undefined;
}
