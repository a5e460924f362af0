/** /v1/instructions: the register of standing instructions. */
import { z } from 'zod';
import { listInstructions, readInstruction, recordInstruction } from '../../platform/records/instructions.ts';
import { workspaceEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { pageOf, pageQuery, pageRequest, writePage } from '../pagination.ts';
import { id } from '../schemas/common.ts';
import { newInstruction, shownInstruction } from '../schemas/instructions.ts';

const tag = 'instructions';

const record = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/instructions',
    operationId: 'recordInstruction',
    tag,
    summary: 'Record a standing instruction of the controller',
    scope: 'instructions:write',
    idempotent: true,
    input: { body: newInstruction },
    success: {
      status: 201,
      description: 'The instruction.',
      schema: shownInstruction,
      headers: { Location: 'Its address.' },
    },
    problems: [409],
  },
  async ({ deps, caller, body, repeat }) => {
    const instruction = await recordInstruction(deps.db, caller, { ...body, standing: true }, repeat);
    return { body: instruction, headers: { Location: `/v1/instructions/${instruction.id}` } };
  },
);

const list = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/instructions',
    operationId: 'listInstructions',
    tag,
    summary: 'List standing instructions, newest first',
    scope: 'instructions:read',
    input: { query: z.object(pageQuery()) },
    success: { status: 200, description: 'A page of instructions.', schema: pageOf(shownInstruction) },
  },
  async ({ deps, caller, query }) => ({ body: writePage(await listInstructions(deps.db, caller, pageRequest(query))) }),
);

const read = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/instructions/{instructionId}',
    operationId: 'readInstruction',
    tag,
    summary: 'Look at an instruction, standing or not',
    scope: 'instructions:read',
    input: { params: z.object({ instructionId: id }) },
    success: { status: 200, description: 'Its newest version.', schema: shownInstruction },
  },
  async ({ deps, caller, params }) => ({ body: await readInstruction(deps.db, caller, params.instructionId) }),
);

export const instructionEndpoints: readonly Endpoint[] = [record, list, read];
