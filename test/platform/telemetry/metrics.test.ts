import { afterEach, describe, expect, it } from 'vitest';
import { createRegistry, serveMetrics } from '../../../platform/telemetry/metrics.ts';
import type { MetricsPages, MetricsServer } from '../../../platform/telemetry/metrics.ts';

let server: MetricsServer | undefined;
afterEach(() => server?.close());

async function ask(path: string, pages: Partial<MetricsPages> = {}): Promise<{ status: number; text: string }> {
  server = await serveMetrics({ registry: createRegistry('test'), ...pages }, { host: '127.0.0.1', port: 0 });
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
  return { status: response.status, text: await response.text() };
}

describe('the metrics port', () => {
  it('shows the figures of the process, and after them those of another maker', async () => {
    const { status, text } = await ask('/metrics', { more: async () => '# TYPE other counter\nother 1\n' });
    expect(status).toBe(200);
    expect(text).toContain('process_cpu_seconds_total{process="test"}');
    expect(text).toMatch(/other 1\n$/);
  });

  it('shows its own figures when the others cannot be had', async () => {
    const { status, text } = await ask('/metrics', { more: () => Promise.reject(new Error('away')) });
    expect(status).toBe(200);
    expect(text).toContain('# TYPE process_cpu_seconds_total counter');
  });

  it('says whether the process is ready', async () => {
    expect((await ask('/readyz')).status).toBe(200);
    await server?.close();
    expect((await ask('/readyz', { isReady: () => false })).status).toBe(503);
  });

  it('has nothing else', async () => {
    expect((await ask('/')).status).toBe(404);
  });
});
