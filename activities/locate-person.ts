/** Finds the person of a request in every mapped collection, and records how much there is and why it counts as theirs. */
import type { DataMap } from '../data-map/model.ts';
import { collectionsOf } from '../data-map/model.ts';
import type { ConfirmedRow } from '../data-map/search-options.ts';
import { canonicalIdentity } from '../domain/identities.ts';
import type { Identity } from '../domain/identities.ts';
import type { LocateResult, RequestRef } from '../domain/runs.ts';
import type { Database, Transaction } from '../platform/database.ts';
import type { KeyRing } from '../platform/keys.ts';
import { moveRequest, recordEvent } from '../platform/records/request-progress.ts';
import type { Sources } from '../platform/sources.ts';
import { readInquiry, searchOf } from './inquiry.ts';
import type { Inquiry } from './inquiry.ts';
import { directMatches } from './locating/direct-matches.ts';
import { readDecisions, saveIdentifiers, saveMatches } from './locating/match-records.ts';
import type { Decisions, WeighedMatch } from './locating/match-records.ts';
import { resolveDigests } from './locating/resolve-digests.ts';
import { rowId, weighMatches } from './locating/weigh-matches.ts';
import { currentControl } from './packaging/control.ts';
import type { Control } from './packaging/control.ts';
import { withSnapshots } from './plan-runner.ts';
import type { Snapshot } from './plan-runner.ts';

export interface LocateDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly map: DataMap;
  readonly sources: Sources;
}

export type LocateActivities = ReturnType<typeof createLocateActivities>;

interface Count {
  readonly source: string;
  readonly collection: string;
  readonly rows: number;
}

interface Found {
  readonly counts: readonly Count[];
  readonly matches: readonly WeighedMatch[];
  /** Whether an identifier pointed at more rows than are written down. */
  readonly isCut: boolean;
  /** Sources that are mapped and do not know the workspace. */
  readonly unreached: readonly string[];
}

export function createLocateActivities(deps: LocateDeps) {
  return {
    locatePerson: (ref: RequestRef): Promise<LocateResult> => locatePerson(deps, ref, currentControl()),
  };
}

/**
 * Rows that may be somebody else's are not counted; they are kept for a reviewer, whose decisions a later run keeps and goes
 * by. Throws Conflict when the request has moved on, as by a cancellation.
 */
export async function locatePerson(deps: LocateDeps, ref: RequestRef, control: Control): Promise<LocateResult> {
  const { given, decisions } = await deps.db.withTenant(ref.workspaceId, async (trx) => {
    await moveRequest(trx, ref, { to: 'locating' });
    return { given: await readInquiry(trx, deps.ring, deps.map, ref), decisions: await readDecisions(trx, ref) };
  });
  const stopBeating = control.beat(() => undefined);
  try {
    const search = { map: deps.map, tenantKeys: given.tenantKeys };
    const inquiry = { ...given, identities: await resolveDigests(deps.sources, search, given.identities) };
    const found = await find(deps, inquiry, decisions);
    await deps.db.withTenant(ref.workspaceId, (trx) => record(trx, ref, inquiry, found, decisions));
    return summarise(found);
  } finally {
    stopBeating();
  }
}

/** First by strong identifiers alone; again when there are rows beside what those lead to. */
async function find({ sources, map }: LocateDeps, inquiry: Inquiry, decisions: Decisions): Promise<Found> {
  const search = searchOf(map, inquiry, {});
  const first = await withSnapshots(sources, search, async (snapshots) => ({
    counts: countsOf(snapshots),
    ...(await directMatches(map, inquiry, snapshots)),
  }));
  const matches = weighMatches(first.rows, { hasStrong: hasStrong(map, inquiry.identities) });
  const confirmed = confirmedAmong(matches, decisions);
  const mentioned = new Set(first.rows.filter(({ mention }) => mention).map(rowId));
  const isFollowed = (match: WeighedMatch) => match.found && (match.mention || !mentioned.has(rowId(match)));
  const counts = confirmed.every(isFollowed)
    ? first.counts
    : await withSnapshots(sources, searchOf(map, inquiry, { confirmed: confirmed.map(rowOf) }), async (snapshots) =>
        countsOf(snapshots),
      );
  return { counts, matches, isCut: first.isCut, unreached: search.plan.unreached.map(({ source }) => source) };
}

function countsOf(snapshots: readonly Snapshot[]): readonly Count[] {
  return snapshots.flatMap(({ source, counts }) =>
    Object.entries(counts).map(([collection, rows]) => ({ source, collection, rows })),
  );
}

function hasStrong(map: DataMap, identities: readonly Identity[]): boolean {
  const fields = collectionsOf(map).flatMap((collection) => (collection.skipped ? [] : collection.identities));
  return identities.some(({ type }) => fields.some((field) => field.type === type && !field.weak));
}

function isCounted(match: WeighedMatch, decisions: Decisions): boolean {
  const decision = decisions.get(rowId(match));
  return !match.weak || (decision === undefined ? match.confidence !== 'weak' : decision === 'accepted');
}

function confirmedAmong(matches: readonly WeighedMatch[], decisions: Decisions): readonly WeighedMatch[] {
  return matches.filter((match) => match.weak && isCounted(match, decisions));
}

const rowOf = ({ collection, key, mention }: WeighedMatch): ConfirmedRow => ({ collection, key, mention });

/** Of rows that are the person's; a mention is in somebody else's. */
function ownIdentifiers(matches: readonly WeighedMatch[], decisions: Decisions): readonly Identity[] {
  const identifiers = matches
    .filter((match) => !match.mention && isCounted(match, decisions))
    .flatMap((match) => match.identifiers);
  return [
    ...new Map(identifiers.map((each) => [`${each.type} ${canonicalIdentity(each) ?? each.value}`, each])).values(),
  ];
}

/** A repeat replaces what an earlier attempt wrote. */
async function record(
  trx: Transaction,
  ref: RequestRef,
  inquiry: Inquiry,
  found: Found,
  decisions: Decisions,
): Promise<void> {
  const owner = { workspace_id: ref.workspaceId, request_id: ref.requestId };
  await trx('request_counts').where(owner).delete();
  if (found.counts.length > 0)
    await trx('request_counts').insert(found.counts.map((count) => ({ ...owner, ...count })));
  await saveMatches(trx, ref, inquiry, found.matches, decisions);
  await saveIdentifiers(trx, ref, inquiry, ownIdentifiers(found.matches, decisions));
  const uncertain = found.matches.filter(({ confidence }) => confidence === 'weak').length;
  await recordEvent(trx, ref, {
    kind: 'located',
    // Looking again after a review is news.
    dedupe: decisions.size === 0 ? 'located' : `located-${decisions.size}`,
    details: { ...summarise(found), uncertain, ...(found.isCut && { cut: true }), ...unreachedIn(found) },
  });
}

/** For whoever wonders why nothing of a source is there: it does not know the workspace. */
const unreachedIn = ({ unreached }: Found) => (unreached.length > 0 ? { unreached: unreached.join(', ') } : {});

function summarise({ counts: all }: Pick<Found, 'counts'>): LocateResult {
  return {
    collections: all.filter(({ rows }) => rows > 0).length,
    rows: all.reduce((sum, { rows }) => sum + rows, 0),
  };
}
