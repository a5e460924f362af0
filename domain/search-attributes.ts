/** What operators can filter runs by in the Temporal UI. Never personal data: search attributes are stored in the clear. */
import { defineSearchAttributeKey } from '@temporalio/common';

export const SEARCH_ATTRIBUTES = {
  workspace: defineSearchAttributeKey('StewardWorkspace', 'KEYWORD'),
  requestType: defineSearchAttributeKey('StewardRequestType', 'KEYWORD'),
  status: defineSearchAttributeKey('StewardStatus', 'KEYWORD'),
  dueAt: defineSearchAttributeKey('StewardDueAt', 'DATETIME'),
  regulation: defineSearchAttributeKey('StewardRegulation', 'KEYWORD'),
  needsAttention: defineSearchAttributeKey('StewardNeedsAttention', 'BOOL'),
} as const;
