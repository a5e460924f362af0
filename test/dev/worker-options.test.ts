import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { WORKER_ENVIRONMENT, WORKER_NODE_OPTIONS } from '../../dev/worker-options.ts';

it('starts a worker by npm with the options that the stack starts it with', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const environment = Object.entries(WORKER_ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
  expect(scripts['worker']).toMatch(new RegExp(`^${environment.join(' ')} node ${WORKER_NODE_OPTIONS.join(' ')} `));
});
