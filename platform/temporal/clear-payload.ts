/**
 * Which payloads operators read without a key: those that say nothing but the closed vocabulary of domain/summaries.ts.
 * What decides is the whole content, in its one spelling; a mark could be set on anything.
 */
import type { Payload } from '@temporalio/common';
import { z } from 'zod';
import { isClearSummary } from '../../domain/summaries.ts';

/** Of a workflow type or of a handler: names in the code. */
const identifier = z.string().regex(/^[A-Za-z_]{1,64}$/);

/** The SDK's words on the queries that it answers itself. Ours have none. */
const description = z.enum([
  'Returns a sensible stack trace.',
  'Returns a stack trace annotated with source information.',
  'Returns metadata associated with this workflow.',
]);

const handlers = z.array(z.strictObject({ name: identifier, description: description.optional() }));

/** The answer to the SDK's query `__temporal_workflow_metadata`, in which the UI finds the current details of a run. */
const workflowMetadata = z.strictObject({
  definition: z.strictObject({
    type: identifier,
    queryDefinitions: handlers,
    signalDefinitions: handlers,
    updateDefinitions: handlers,
  }),
  currentDetails: z.literal('').or(z.string().refine(isClearSummary)),
});

export function isClearPayload({ metadata, data }: Payload): boolean {
  const [encoding, ...others] = Object.entries(metadata ?? {});
  if (encoding?.[0] !== 'encoding' || others.length > 0) return false;
  if (Buffer.from(encoding[1]).toString('utf8') !== 'json/plain') return false;
  return isClearJson(Buffer.from(data ?? []).toString('utf8'));
}

function isClearJson(json: string): boolean {
  try {
    const content: unknown = JSON.parse(json);
    const isClear = typeof content === 'string' ? isClearSummary(content) : isClearMetadata(content);
    return isClear && JSON.stringify(content) === json;
  } catch {
    return false;
  }
}

function isClearMetadata(content: unknown): boolean {
  return (
    typeof content === 'object' &&
    content !== null &&
    'currentDetails' in content &&
    workflowMetadata.safeParse(content).success
  );
}
