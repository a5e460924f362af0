/**
 * Compiled code is kept from one process to the next: a run of the tests starts hundreds, of Vitest's, of the stack's and of
 * the command line's, and half of what each takes to begin is compiling the same files. Imported by the settings of Vitest,
 * whose children inherit it.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

process.env['NODE_COMPILE_CACHE'] ??= join(PROJECT, '.cache', 'compiled');
