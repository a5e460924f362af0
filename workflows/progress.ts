/**
 * What an operator sees of a run: its status as a search attribute and a sentence in the Temporal UI, kept together so
 * that they cannot tell different stories.
 */
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { RequestStatus } from '../domain/request.ts';
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';

export class Progress {
  private current: RequestStatus = 'received';
  private attention = false;

  get status(): RequestStatus {
    return this.current;
  }

  enter(status: RequestStatus, details: string): void {
    this.current = status;
    setCurrentDetails(details);
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.status, value: status }]);
  }

  say(details: string): void {
    setCurrentDetails(details);
  }

  /** Raises or lowers the flag that operators filter by; says nothing when it stands so already. */
  needsAttention(value: boolean): void {
    if (value === this.attention) return;
    this.attention = value;
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.needsAttention, value }]);
  }
}
