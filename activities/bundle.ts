/** Bundles the workflows for production: `node activities/bundle.ts OUTPUT`. A worker then starts without a bundler. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import type { Logger } from '@temporalio/worker';

const silent: Logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

export const WORKFLOWS_PATH = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
export const FAILURE_CONVERTER_PATH = fileURLToPath(
  new URL('../platform/temporal/failure-converter.ts', import.meta.url),
);

/** Fails when a workflow reaches a Node built-in or anything else that the sandbox cannot hold. */
export async function bundleWorkflows(output: string): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: WORKFLOWS_PATH,
    failureConverterPath: FAILURE_CONVERTER_PATH,
    logger: silent,
  });
  await mkdir(dirname(output), { recursive: true });
  await writeFile(`${output}.new`, code);
  await rename(`${output}.new`, output);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const output = process.argv[2] ?? 'dist/workflows.js';
  await bundleWorkflows(output);
  process.stdout.write(`${output}\n`);
}
