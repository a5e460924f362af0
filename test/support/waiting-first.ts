/** The order of test files: those that mostly wait begin first, so that the ones which use the cores fill their pauses. */
import { readFileSync } from 'node:fs';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** By project; a file that starts a stack of its own comes before all others. */
const ORDER = ['e2e', 'browser', 'database', 'replay', 'unit', 'alone'];

export class WaitingFirst extends BaseSequencer {
  /** The longest first within each kind, as Vitest remembers them, else the largest. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = new Map(sorted.map((file) => [file, rankOf(file)]));
    return sorted.toSorted((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
  }
}

function rankOf({ moduleId, project }: TestSpecification): number {
  if (project.name === 'e2e' && /\bstart(Erasing)?Stack\(/.test(readFileSync(moduleId, 'utf8'))) return -1;
  return ORDER.indexOf(project.name);
}
