import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REGIMES } from '../../domain/deadlines.ts';
import { SERVICES } from '../../domain/errors.ts';
import { REQUEST_OUTCOMES, REQUEST_TYPES } from '../../domain/request.ts';
import * as summaries from '../../domain/summaries.ts';

const { isClearSummary } = summaries;

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const at = fc
  .date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .chain((date) => fc.constantFrom(date, date.toISOString()));
const run = fc.record({
  type: fc.constantFrom(...REQUEST_TYPES),
  requestId: fc.uuid(),
  regime: fc.constantFrom(...REGIMES),
  legalDueAt: at.map((date) => new Date(date).toISOString()),
});

/** Every writer of the vocabulary, over all that it can be given. */
const texts: Record<string, fc.Arbitrary<string>> = {
  requestLine: run.map(summaries.requestLine),
  waitingForInstruction: fc.tuple(at, at).map((values) => summaries.waitingForInstruction(...values)),
  waitingForDecision: fc.tuple(at, at).map((values) => summaries.waitingForDecision(...values)),
  waitingForMatchReview: fc.tuple(count, at, at).map((values) => summaries.waitingForMatchReview(...values)),
  waitingForSearches: fc.tuple(count, at, at).map((values) => summaries.waitingForSearches(...values)),
  waitingForRelease: fc.tuple(at, at).map((values) => summaries.waitingForRelease(...values)),
  lookingForPerson: fc.constant(summaries.lookingForPerson()),
  found: fc.tuple(count, count).map((values) => summaries.found(...values)),
  packing: fc.constant(summaries.packing()),
  packed: fc.tuple(count, count, count).map((values) => summaries.packed(...values)),
  verifying: fc.tuple(count, count, count).map((values) => summaries.verifying(...values)),
  delivering: fc.constant(summaries.delivering()),
  packageReady: fc.tuple(count, count, count).map((values) => summaries.packageReady(...values)),
  planningErasure: fc.constant(summaries.planningErasure()),
  erasurePlanned: fc.tuple(count, count, count).map((values) => summaries.erasurePlanned(...values)),
  waitingForApprovals: fc.tuple(count, at, at).map((values) => summaries.waitingForApprovals(...values)),
  coolingOff: at.map((value) => summaries.coolingOff(value)),
  coolingOffTimer: fc.constant(summaries.coolingOffTimer()),
  planAgainTimer: fc.constant(summaries.planAgainTimer()),
  erasingRecords: fc.constant(summaries.erasingRecords()),
  erasedRecords: fc.tuple(count, count).map((values) => summaries.erasedRecords(...values)),
  erasedAll: fc.tuple(count, count, count).map((values) => summaries.erasedAll(...values)),
  verifyingErasure: fc.constant(summaries.verifyingErasure()),
  leftOver: fc.tuple(count, at).map((values) => summaries.leftOver(...values)),
  certifying: fc.constant(summaries.certifying()),
  certified: fc.tuple(count, count).map((values) => summaries.certified(...values)),
  partiallyCompleted: fc.tuple(count, at).map((values) => summaries.partiallyCompleted(...values)),
  partiallyCompletedUntil: fc.tuple(count, at).map((values) => summaries.partiallyCompletedUntil(...values)),
  completed: fc.tuple(fc.constantFrom(...REQUEST_OUTCOMES), at).map((values) => summaries.completed(...values)),
  cancelled: at.map((value) => summaries.cancelled(value)),
  retrying: fc.tuple(fc.constantFrom(...SERVICES), at).map((values) => summaries.retrying(...values)),
  reminderTimer: count.map((value) => summaries.reminderTimer(value)),
  packagesDeleted: fc.tuple(count, count).map((values) => summaries.packagesDeleted(...values)),
  rawSearched: fc.tuple(count, count).map((values) => summaries.rawSearched(...values)),
  storageSwept: fc.tuple(count, count).map((values) => summaries.storageSwept(...values)),
  tombstonesSwept: count.map((value) => summaries.tombstonesSwept(value)),
  backupsMade: fc.tuple(count, count, count, at).map((values) => summaries.backupsMade(...values)),
  backupsDrilled: fc.tuple(count, count).map((values) => summaries.backupsDrilled(...values)),
  backupTimer: fc.constant(summaries.backupTimer()),
  restoresReplayed: fc.tuple(count, count).map((values) => summaries.restoresReplayed(...values)),
  packageExpiryTimer: fc.constant(summaries.packageExpiryTimer()),
  mapChecked: fc.tuple(count, count, at).map((values) => summaries.mapChecked(...values)),
  mapCheckTimer: fc.constant(summaries.mapCheckTimer()),
  exportLine: fc.uuid().map((id) => summaries.exportLine(id)),
  readingSource: fc.tuple(count, count, count).map((values) => summaries.readingSource(...values)),
  exportingParts: fc.tuple(count, count, count, count).map((values) => summaries.exportingParts(...values)),
  writingManifest: fc.constant(summaries.writingManifest()),
  exported: at.map((value) => summaries.exported(value)),
  exportPartLine: fc.tuple(count, count).map((values) => summaries.exportPartLine(...values)),
  holdLine: fc.uuid().map((id) => summaries.holdLine(id)),
  holdReleaseLine: fc.uuid().map((id) => summaries.holdReleaseLine(id)),
  waitingForSources: fc.tuple(count, at).map((values) => summaries.waitingForSources(...values)),
  holdEffective: at.map((value) => summaries.holdEffective(value)),
  holdReleasedFirst: fc.constant(summaries.holdReleasedFirst()),
  fenceTimer: fc.constant(summaries.fenceTimer()),
  waitingForErasures: count.map((value) => summaries.waitingForErasures(value)),
  erasuresTimer: fc.constant(summaries.erasuresTimer()),
  holdReleased: at.map((value) => summaries.holdReleased(value)),
  retentionLine: fc.uuid().map((id) => summaries.retentionLine(id)),
  surveyingRetention: fc.constant(summaries.surveyingRetention()),
  reviewingClasses: fc.tuple(count, count).map((values) => summaries.reviewingClasses(...values)),
  retentionReviewed: fc.tuple(count, count, count, count).map((values) => summaries.retentionReviewed(...values)),
  retentionFlagged: fc.tuple(count, count).map((values) => summaries.retentionFlagged(...values)),
  workspacesReviewed: fc.tuple(count, count, count).map((values) => summaries.workspacesReviewed(...values)),
  SCHEDULE_SUMMARIES: fc.constantFrom(...Object.values(summaries.SCHEDULE_SUMMARIES)),
  ACTIVITY_SUMMARIES: fc.constantFrom(...Object.values(summaries.ACTIVITY_SUMMARIES)),
};
const anyText = fc.oneof(...Object.values(texts));

describe('the vocabulary of the Temporal UI', () => {
  it('is tested in each of its writers', () => {
    const writers = Object.keys(summaries).filter((name) => !['isClearSummary', 'details'].includes(name));
    expect(Object.keys(texts).toSorted()).toEqual(writers.toSorted());
  });

  it.each(Object.entries(texts))('recognises everything that %s writes', (_, text) => {
    fc.assert(fc.property(text, isClearSummary));
  });

  it('recognises details made of its lines', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 5 }), (lines) =>
        isClearSummary(summaries.details(...lines)),
      ),
    );
  });

  it('reads like a sentence, in UTC', () => {
    const requestId = '0b8f4f0e-6a52-4d5c-9d0a-3f1f5a8f4d11';
    expect(
      summaries.requestLine({ type: 'access', requestId, regime: 'gdpr', legalDueAt: '2026-12-24T22:59:59.000Z' }),
    ).toBe(`Access request ${requestId} under gdpr, due 2026-12-24`);
    expect(summaries.waitingForInstruction('2026-11-24T11:00:30+01:00', '2026-12-24T22:59:59Z')).toBe(
      'Waiting for an instruction since 2026-11-24T10:00Z, due 2026-12-24',
    );
    expect(summaries.found(1, 20)).toBe('Found 1 row in 20 collections');
  });

  it('knows no other text', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.lorem(), fc.emailAddress()), isUnknown));
  });

  it('does not know its own texts with anything put in, before or behind', () => {
    const intruder = fc.oneof(
      fc.constantFrom('Erika Mustermann', ' ', '\n', '\r', '\u2028', '\0', '- ', 'é', '0x1', '.'),
      fc.emailAddress(),
    );
    fc.assert(
      fc.property(anyText, intruder, fc.nat(), (text, extra, position) => {
        const index = position % (text.length + 1);
        const changed = text.slice(0, index) + extra + text.slice(index);
        return isUnknown(changed) || changed === `- ${text}`;
      }),
    );
    fc.assert(fc.property(anyText, fc.emailAddress(), (text, email) => isUnknown(`${text}\n${email}`)));
    fc.assert(fc.property(anyText, fc.emailAddress(), (text, email) => isUnknown(`${email}\n${text}`)));
    fc.assert(fc.property(anyText, (text) => isUnknown(`${text}\n`) && isUnknown(` ${text}`)));
  });

  it('does not know a text with a person where an id, a count, a date or a word belongs', () => {
    fc.assert(
      fc.property(fc.emailAddress(), run, (email, request) =>
        isUnknown(summaries.requestLine({ ...request, requestId: email })),
      ),
    );
    expect(isClearSummary('')).toBe(false);
    expect(isClearSummary('Completed with erika at 2026-11-24T10:00Z')).toBe(false);
    expect(isClearSummary('Found 1.5 rows in 2 collections')).toBe(false);
    expect(isClearSummary('Found -1 rows in 2 collections')).toBe(false);
    expect(isClearSummary('Cancelled at 2026-13-24T10:00Z')).toBe(false);
  });
});

const isUnknown = (text: string): boolean => !isClearSummary(text);
