/** The OpenAPI document, put together from the descriptions that also check the calls. */
import { createDocument } from 'zod-openapi';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import type { Endpoint } from './endpoint.ts';

export type OpenApiDocument = ReturnType<typeof createDocument>;

export function createOpenApi(endpoints: readonly Endpoint[], publicUrl: string): OpenApiDocument {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Steward',
      version: '1',
      description: "Carries out and proves the data-protection duties of a company that processes its customers' data.",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: new URL(publicUrl).origin }],
    tags: [
      { name: 'requests', description: 'Requests of data subjects.' },
      { name: 'tasks', description: 'Searches of systems that are not connected, done by people.' },
      { name: 'release', description: 'What a package holds before it goes out, and what is kept back of it.' },
      { name: 'review', description: 'What is to be erased, what is kept and why, and who says so.' },
      { name: 'retention', description: 'The schedule by which is decided what is kept, and for how long.' },
      { name: 'suppression', description: 'Whether people who are about to be imported were erased.' },
      { name: 'instructions', description: "The controller's instructions (GDPR Art. 28(3)(a))." },
      { name: 'packages', description: 'Export packages and the links to them.' },
      { name: 'access', description: 'API keys.' },
      { name: 'workspaces', description: 'Customers of the processor.' },
      { name: 'holds', description: 'What is preserved, whatever else says that it may be erased.' },
      { name: 'health', description: 'For monitors, and for whoever verifies a package.' },
    ],
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, `stw_<id>_<secret>`.' } },
    },
    paths: pathsOf(endpoints),
  });
}

function pathsOf(endpoints: readonly Endpoint[]): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const { path, method, operation } of endpoints) {
    if (operation) paths[path] = { ...paths[path], [method]: operation };
  }
  return paths;
}
