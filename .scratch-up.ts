import { startErasingStack } from './test/support/erasing-stack.ts';
import { writeFileSync } from 'node:fs';
const e = await startErasingStack(60);
writeFileSync('/tmp/h5-home', e.home);
writeFileSync('/tmp/h5-admin', e.stack.settings.adminUrl);
console.log('up', e.home, e.stack.endpoints.api);
process.on('SIGTERM', () => void e.stop().then(() => process.exit(0)));
setInterval(() => undefined, 1000);
