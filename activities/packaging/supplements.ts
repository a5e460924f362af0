/** What people have added to a package, and what they keep back of it, read from Steward's database. */
import { collectionsOf } from '../../data-map/model.ts';
import type { Collection, DataMap } from '../../data-map/model.ts';
import { textsIn } from '../../data-map/texts.ts';
import type { Redaction } from '../../data-map/search-options.ts';
import { statementContext } from '../../domain/contexts.ts';
import { Unavailable } from '../../domain/errors.ts';
import type { Language } from '../../domain/languages.ts';
import type { Exemption } from '../../domain/release.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Transaction } from '../../platform/database.ts';
import { openText } from '../../platform/envelope.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { findAttachments, openAttachment } from '../../platform/records/attachments.ts';
import { findTasks } from '../../platform/records/manual-tasks.ts';
import type { TaskRow } from '../../platform/records/manual-tasks.ts';
import { readRedactionsInForce } from '../../platform/records/redactions.ts';
import type { RedactionInForce } from '../../platform/records/redactions.ts';
import { ObjectMissing } from '../../platform/storage/storage.ts';
import type { ObjectStorage } from '../../platform/storage/storage.ts';
import type { Attachment, ManualSystem, RedactionNote, Supplements } from './contents.ts';

export interface SupplementDeps {
  readonly ring: KeyRing;
  readonly map: DataMap;
  readonly storage: ObjectStorage;
}

/** `dataKey` is the request's, `language` the package's. Throws SealBroken when something does not open with the key. */
export async function readSupplements(
  { ring, map, storage }: SupplementDeps,
  trx: Transaction,
  ref: RequestRef,
  { dataKey, language }: { readonly dataKey: { readonly bytes: Buffer }; readonly language: Language },
): Promise<Supplements> {
  const tasks = await findTasks(trx, ref);
  const titles = new Map(tasks.map(({ id, title }) => [id, title]));
  const attachments = (await findAttachments(trx, ring, ref)).map((stored): Attachment => {
    const open = () => openWhole(storage, dataKey.bytes, stored);
    return { system: titles.get(stored.taskId) ?? '', name: stored.name, bytes: stored.bytes, open };
  });
  return {
    attachments,
    redactions: notesOn(map, await readRedactionsInForce(trx, ref), language),
    manualSystems: tasks.flatMap((task) => systemOf(task, dataKey.bytes)),
  };
}

/** What is attached was promised to the person: without it there is no package. */
async function openWhole(storage: ObjectStorage, dataKey: Buffer, stored: { id: string; storageKey: string }) {
  try {
    return await openAttachment(storage, dataKey, stored);
  } catch (error) {
    if (!(error instanceof ObjectMissing)) throw error;
    throw new Unavailable('The object storage lacks a file that was attached.', { service: 'storage' });
  }
}

function systemOf(task: TaskRow, dataKey: Buffer): readonly ManualSystem[] {
  const { id, title: system, status, sealed_statement: sealed } = task;
  if (status !== 'found' && status !== 'nothing_found') return [];
  const outcome = status === 'found' ? 'attached' : 'nothing_found';
  if (sealed === null) return [{ system, outcome }];
  return [{ system, outcome, statement: openText(dataKey, sealed, statementContext(id)) }];
}

/** The exemptions that a package names to the person. Of any other it says no more than that the law allows it. */
const TOLD: Partial<Record<Exemption, string>> = {
  third_party_rights: 'third_party',
  legal_privilege: 'privilege',
  trade_secret: 'trade_secret',
};

/** Rows of one collection under one exemption make one note. */
function notesOn(map: DataMap, redactions: readonly RedactionInForce[], language: Language): readonly RedactionNote[] {
  const collections = new Map(collectionsOf(map).map((each) => [each.ref, each]));
  const notes = redactions.map(({ collection, rowKey, column, exemption }) => ({
    label: labelOf(collections.get(collection), column, language) ?? collection,
    exemption: TOLD[exemption] ?? 'other',
    rows: rowKey === null ? undefined : 1,
  }));
  const groups = Map.groupBy(notes, (note) => JSON.stringify([note.label, note.exemption, note.rows === undefined]));
  return [...groups.values()].flatMap(([first, ...more]): readonly RedactionNote[] =>
    first === undefined ? [] : [{ ...first, rows: first.rows === undefined ? undefined : more.length + 1 }],
  );
}

function labelOf(collection: Collection | undefined, column: string | null, language: Language): string | undefined {
  if (!collection) return undefined;
  const { label } = textsIn(collection, language);
  const field = collection.fields.find((each) => each.path.length === 0 && each.column === column);
  return field ? `${label}: ${textsIn(field, language).label}` : label;
}

/** The redactions in force in the words of a plan. */
export async function readPlanRedactions(trx: Transaction, ref: RequestRef): Promise<readonly Redaction[]> {
  const inForce = await readRedactionsInForce(trx, ref);
  return inForce.map(({ collection, rowKey, column }) => ({
    collection,
    ...(rowKey === null ? {} : { key: rowKey }),
    ...(column === null ? {} : { column }),
  }));
}
