import { describe, expect, it } from 'vitest';
import { REQUEST_STATUSES, allowedActions, isFinal, mayFollow, predecessors } from '../../domain/request.ts';

describe('the statuses of a request', () => {
  it('are all reached from the first one', () => {
    const reached = new Set(['received']);
    for (const from of REQUEST_STATUSES) {
      for (const to of REQUEST_STATUSES) if (reached.has(from) && mayFollow(from, to)) reached.add(to);
    }
    expect([...reached].sort()).toEqual([...REQUEST_STATUSES].sort());
  });

  it('can all be cancelled until they have ended', () => {
    for (const status of REQUEST_STATUSES) expect(allowedActions(status).includes('cancel')).toBe(!isFinal(status));
  });

  it('lead nowhere once they have ended', () => {
    for (const from of REQUEST_STATUSES.filter(isFinal)) {
      expect(REQUEST_STATUSES.filter((to) => mayFollow(from, to))).toEqual([]);
    }
  });

  it('never lead to packing without having looked for the person', () => {
    expect(predecessors('packaging')).toEqual(['locating']);
  });
});
