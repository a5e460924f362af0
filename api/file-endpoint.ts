/** An endpoint that answers with a file as it is, in the one of its types that the caller takes. */
import { z } from 'zod';
import { NotAcceptable, NotFound } from '../domain/errors.ts';
import type { Caller } from '../platform/records/caller.ts';
import { requireWorkspace } from './authenticate.ts';
import type { ApiDependencies } from './dependencies.ts';
import { admit, checkInput } from './endpoint.ts';
import type { Endpoint, EndpointDescription, Input, InputShape } from './endpoint.ts';
import { describeOperation } from './operation.ts';

interface FileEndpointDescription<S extends InputShape> extends Omit<EndpointDescription<S>, 'success'> {
  /** The first is answered to those who take any. */
  readonly types: readonly [string, ...string[]];
}

export type FileCall<S extends InputShape> = Input<S> & {
  readonly deps: ApiDependencies;
  readonly caller: Caller;
  /** Of `types`. */
  readonly type: string;
};

export interface AnswerFile {
  readonly content: Buffer | undefined;
  /** Saved under this name by browsers; shown when undefined. */
  readonly name: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export function fileEndpoint<S extends InputShape>(
  { types, ...rest }: FileEndpointDescription<S>,
  run: (call: FileCall<S>) => Promise<AnswerFile>,
): Endpoint {
  const description = { ...rest, success: { status: 200, description: 'The file.' } } as const;
  return {
    method: rest.method,
    path: rest.path,
    operation: describeFile(description, types),
    handler: (deps) => async (request, response) => {
      const { principal, workspaceId, sent } = await admit(deps, description, request, response);
      const caller = { principal, workspaceId: requireWorkspace(workspaceId) };
      const input = await checkInput(rest.input, sent);
      const type = request.accepts([...types]);
      if (type === false) throw new NotAcceptable(`It can be had as ${types.join(', ')}.`);
      const { content, name, headers } = await run({ ...input, deps, caller, type });
      if (content === undefined) throw new NotFound('There is no such file.');
      response.set({ ...headers, Vary: 'Accept', 'Content-Type': type });
      if (name !== undefined) response.set('Content-Disposition', `attachment; filename="${name}"`);
      response.end(content);
    },
  };
}

function describeFile(description: EndpointDescription, types: readonly string[]): Endpoint['operation'] {
  const operation = describeOperation(description);
  const content = Object.fromEntries(types.map((type) => [type, { schema: z.any() }]));
  return { ...operation, responses: { ...operation.responses, '200': { description: 'The file.', content } } };
}
