/** The parts of a source as they are recorded. Small slices share a part, so that small collections make no crowd of files. */
import type { Slice } from '../../data-map/workspace-sql.ts';
import type { PartsPlan, PartRef, SourceRef } from '../../domain/workspace-export.ts';
import { exportPartContext } from '../../domain/contexts.ts';
import { NotFound, SnapshotLost } from '../../domain/errors.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import { openText, sealText } from '../../platform/envelope.ts';
import { ofSource } from './export-facts.ts';
import type { SourcePlan } from './export-facts.ts';

/** `slice` is its number within the collection; `rows` and `bytes`, its size as JSON, are estimates. */
export interface RowSlice {
  readonly collection: string;
  readonly slice: number;
  readonly rows: number;
  readonly bytes: number;
  readonly bounds: Slice;
}

/** In the clear: which slices of which collections, with their rows: about, until the part is stored; or which store. */
export type PartContents = { readonly slices: readonly SliceRows[] } | { readonly store: string };

export interface SliceRows {
  readonly collection: string;
  readonly slice: number;
  readonly rows: number;
}

export interface PartRow {
  readonly kind: 'rows' | 'files';
  readonly contents: PartContents;
  readonly state: 'planned' | 'stored';
  readonly sealed_content: Buffer | null;
  readonly rows: string | null;
  readonly bytes: string | null;
  readonly files: number | null;
}

interface NewPart {
  readonly kind: PartRow['kind'];
  readonly contents: PartContents;
  readonly content: unknown;
  readonly rows: number;
}

const PARTS_AT_ONCE = 20;

/** Collects parts and writes them in portions. */
export class PartList {
  private readonly db: Database;
  private readonly ref: SourceRef;
  private readonly dataKey: Buffer;
  private readonly partBytes: number;
  private ordinal = 0;
  private shared: RowSlice[] = [];
  private unsaved: NewPart[] = [];

  constructor(db: Database, ref: SourceRef, dataKey: Buffer, partBytes: number) {
    this.db = db;
    this.ref = ref;
    this.dataKey = dataKey;
    this.partBytes = partBytes;
  }

  async addRows(slice: RowSlice): Promise<void> {
    const size = this.shared.reduce((sum, { bytes }) => sum + bytes, 0);
    if (size + slice.bytes > this.partBytes) await this.endRows();
    this.shared.push(slice);
  }

  async endRows(): Promise<void> {
    const slices = this.shared;
    this.shared = [];
    if (slices.length === 0) return;
    await this.add({
      kind: 'rows',
      contents: { slices: slices.map(({ collection, slice, rows }) => ({ collection, slice, rows })) },
      content: slices.map(({ bounds }) => bounds),
      rows: slices.reduce((sum, { rows }) => sum + rows, 0),
    });
  }

  async addObjects(store: string, objects: readonly string[]): Promise<void> {
    await this.add({ kind: 'files', contents: { store }, content: objects, rows: 0 });
  }

  async end(): Promise<void> {
    const parts = this.unsaved;
    this.unsaved = [];
    if (parts.length === 0) return;
    const first = this.ordinal + 1;
    this.ordinal += parts.length;
    await this.db.withTenant(this.ref.workspaceId, (trx) => insertParts(trx, this.ref, this.dataKey, first, parts));
  }

  private async add(part: NewPart): Promise<void> {
    this.unsaved.push(part);
    if (this.unsaved.length >= PARTS_AT_ONCE) await this.end();
  }
}

async function insertParts(
  trx: Transaction,
  ref: SourceRef,
  dataKey: Buffer,
  first: number,
  parts: readonly NewPart[],
): Promise<void> {
  await trx('export_parts').insert(
    parts.map(({ kind, contents, content, rows }, index) => ({
      ...ofSource(ref),
      generation: ref.generation,
      ordinal: first + index,
      kind,
      contents: JSON.stringify(contents),
      sealed_content: sealText(dataKey, JSON.stringify(content), exportPartContext(ref.exportId)),
      planned_rows: rows,
    })),
  );
}

/** Further parts of one that was cut, at the end of the list. */
export async function appendObjects(
  trx: Transaction,
  ref: PartRef,
  dataKey: Buffer,
  store: string,
  portions: readonly (readonly string[])[],
): Promise<void> {
  if (portions.length === 0) return;
  const { parts } = await countedParts(trx, ref);
  const further = portions.map((content): NewPart => ({ kind: 'files', contents: { store }, content, rows: 0 }));
  await insertParts(trx, ref, dataKey, parts + 1, further);
}

/** What an earlier attempt to plan this generation has left; once there is a plan, nothing is forgotten. */
export async function forgetParts(db: Database, ref: SourceRef): Promise<void> {
  await db.withTenant(ref.workspaceId, async (trx) => {
    const unplanned = await trx('export_sources')
      .where({ ...ofSource(ref), generation: ref.generation })
      .whereNull('plan')
      .forUpdate()
      .first('source');
    if (unplanned !== undefined) await trx('export_parts').where(ofSource(ref)).delete();
  });
}

/** Throws SnapshotLost when the source has begun again. */
export async function savePlan(db: Database, ref: SourceRef, plan: SourcePlan): Promise<void> {
  await db.withTenant(ref.workspaceId, async (trx) => {
    const saved = await trx('export_sources')
      .where({ ...ofSource(ref), generation: ref.generation })
      .update({ plan: JSON.stringify(plan) });
    if (saved === 0) throw new SnapshotLost(`The source ${ref.source} has begun again.`);
  });
}

export async function countParts(db: Database, ref: SourceRef): Promise<PartsPlan> {
  return db.withTenant(ref.workspaceId, (trx) => countedParts(trx, ref));
}

export async function countedParts(trx: Transaction, ref: SourceRef): Promise<PartsPlan> {
  const row = await trx('export_parts')
    .where(ofSource(ref))
    .first<{ parts: string; row_parts: string }>(
      trx.raw("count(*) AS parts, count(*) FILTER (WHERE kind = 'rows') AS row_parts"),
    );
  return { parts: Number(row.parts), rowParts: Number(row.row_parts) };
}

/** Throws NotFound when there is no such part. */
export async function readPart(trx: Transaction, ref: PartRef): Promise<PartRow> {
  const row = await trx('export_parts')
    .where({ ...ofSource(ref), generation: ref.generation, ordinal: ref.ordinal })
    .first<PartRow | undefined>('kind', 'contents', 'state', 'sealed_content', 'rows', 'bytes', 'files');
  if (!row) throw new NotFound(`The export ${ref.exportId} has no part ${ref.ordinal} of ${ref.source}.`);
  return row;
}

/** Opens what a part is to hold. */
export function openContent(dataKey: Buffer, ref: PartRef, { sealed_content: sealed }: PartRow): unknown {
  if (sealed === null) throw new NotFound(`Part ${ref.ordinal} of the export ${ref.exportId} has no content any more.`);
  return JSON.parse(openText(dataKey, sealed, exportPartContext(ref.exportId)));
}
