import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { ENDPOINTS } from '../../api/app.ts';
import { createOpenApi } from '../../api/openapi.ts';

const document = createOpenApi(ENDPOINTS, 'http://127.0.0.1:8400');

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone({ ...document }));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(document.openapi).toBe('3.1.0');
  });

  it('lists every endpoint of the API once, under an operation id of its own', () => {
    const ids = ENDPOINTS.flatMap(({ operation }) => operation?.operationId ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const listed = Object.values(document.paths ?? {}).flatMap((item) => Object.values(item));
    expect(listed.length).toBe(ids.length);
  });

  it('says of every endpoint under /v1 which scope it needs and how it fails', () => {
    for (const { path, operation } of ENDPOINTS.filter((endpoint) => endpoint.path.startsWith('/v1/'))) {
      expect(operation?.description, path).toMatch(/Needs the scope `[a-z-]+:[a-z]+`\.$/);
      expect(Object.keys(operation?.responses ?? {}), path).toEqual(
        expect.arrayContaining(['401', '403', '422', '503']),
      );
    }
  });

  it('describes the body that is checked: an empty list of identities is not in it', () => {
    const schema = JSON.stringify(document.paths?.['/v1/requests']?.post?.requestBody);
    expect(schema).toContain('"minItems":1');
    expect(schema).toContain('"additionalProperties":false');
  });
});
