import { describe, expect, it } from 'vitest';
import {
  REQUEST_STATUSES,
  allowedActions,
  isAnswered,
  isFinal,
  mayFollow,
  predecessors,
} from '../../domain/request.ts';

describe('the statuses of a request', () => {
  it('are all reached from the first one', () => {
    const reached = new Set(['received']);
    for (const from of REQUEST_STATUSES) {
      for (const to of REQUEST_STATUSES) if (reached.has(from) && mayFollow(from, to)) reached.add(to);
    }
    expect([...reached].sort()).toEqual([...REQUEST_STATUSES].sort());
  });

  it('can all be cancelled until they have ended or records have been erased', () => {
    const tooLate = ['erasing', 'verifying', 'certifying', 'partially_completed'];
    for (const status of REQUEST_STATUSES) {
      expect(allowedActions(status).includes('cancel')).toBe(!isFinal(status) && !tooLate.includes(status));
    }
  });

  it('lead to erasing by the cooling-off alone, and to a certificate of what was erased by its verification', () => {
    expect(predecessors('erasing')).toEqual(['cooling_off']);
    // Straight from the planning nothing is erased.
    expect(predecessors('certifying')).toEqual(['planning', 'verifying']);
    // From the approval when the rest of what was begun is refused.
    expect(predecessors('verifying')).toEqual(['awaiting_approval', 'erasing']);
  });

  it('hold the answer of a request that goes on', () => {
    expect(REQUEST_STATUSES.filter((status) => isAnswered(status) && !isFinal(status))).toEqual([
      'partially_completed',
    ]);
  });

  it('offer what they wait for', () => {
    expect(
      REQUEST_STATUSES.flatMap((status) => allowedActions(status).filter((action) => action !== 'cancel')),
    ).toEqual(['instruct', 'review_matches', 'close_tasks', 'release', 'approve']);
  });

  it('lead nowhere once they have ended', () => {
    for (const from of REQUEST_STATUSES.filter(isFinal)) {
      expect(REQUEST_STATUSES.filter((to) => mayFollow(from, to))).toEqual([]);
    }
  });

  it('never lead to packing without having looked for the person', () => {
    const withoutLooking = new Set(['received']);
    for (const from of REQUEST_STATUSES) {
      for (const to of REQUEST_STATUSES)
        if (to !== 'locating' && withoutLooking.has(from) && mayFollow(from, to)) withoutLooking.add(to);
    }
    expect(predecessors('packaging').filter((from) => withoutLooking.has(from))).toEqual([]);
  });

  it('never lead to a delivery of what waits for a release but by it, or back to packing', () => {
    expect(REQUEST_STATUSES.filter((to) => mayFollow('awaiting_release', to))).toEqual([
      'packaging',
      'delivering',
      'cancelled',
    ]);
    expect(predecessors('delivering')).toEqual(['packaging', 'awaiting_release']);
  });
});
