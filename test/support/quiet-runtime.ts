/** The SDK's own lines, but errors, are no part of a test's report. Imported before the first worker is made. */
import { DefaultLogger, Runtime } from '@temporalio/worker';

Runtime.install({ logger: new DefaultLogger('ERROR') });
