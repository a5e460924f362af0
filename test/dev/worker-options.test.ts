import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { WORKER_NODE_OPTIONS } from '../../dev/worker-options.ts';

it('starts a worker by npm with the options that the stack starts it with', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  expect(scripts['worker']).toContain(`node ${WORKER_NODE_OPTIONS.join(' ')} `);
});
