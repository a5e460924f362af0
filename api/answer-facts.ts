/** What one answer carries from where it is known to where it is logged. */
import type { Response } from 'express';

interface AnswerFacts {
  /** The template of the address, such as `/v1/requests/{requestId}`: an address itself can hold a token. */
  route?: string;
  principalId?: string;
}

const facts = new WeakMap<object, AnswerFacts>();

export function factsOf(response: Pick<Response, 'statusCode'>): AnswerFacts {
  const known = facts.get(response);
  if (known) return known;
  const fresh: AnswerFacts = {};
  facts.set(response, fresh);
  return fresh;
}
