/**
 * A Parquet file from lines of JSON arrays, one value a column (see parquetValue). Rows are gathered until they make a row
 * group, which bounds the memory, and go out as it is written.
 */
import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { SchemaElement } from 'hyparquet-writer';
import { parquetKind } from '../../data-map/parquet-columns.ts';
import type { ParquetKind } from '../../data-map/parquet-columns.ts';
import type { LiveColumn } from '../../data-map/workspace-sql.ts';

/** Of JSON text. Readers like large groups; what is gathered takes about five times as much memory. */
const GROUP_BYTES = 8 * 2 ** 20;
const GROUP_ROWS = 50_000;

type Value = string | number | boolean | bigint | Uint8Array | null;
type JsonValue = string | number | boolean | null;

const LINE_FEED = 0x0a;

export class ParquetFile extends Transform {
  private readonly columns: readonly { readonly name: string; readonly kind: ParquetKind }[];
  private readonly out = new Outlet();
  private readonly writer: ParquetWriter;
  private gathered: Value[][];
  private bytes = 0;
  private rest: Buffer = Buffer.alloc(0);

  constructor(columns: readonly LiveColumn[]) {
    super();
    this.columns = columns.map((column) => ({ name: column.name, kind: parquetKind(column) }));
    this.gathered = this.columns.map(() => []);
    const schema: SchemaElement[] = [
      { name: 'root', num_children: columns.length },
      ...this.columns.map(({ name, kind }): SchemaElement => ({ name, repetition_type: 'OPTIONAL', ...TYPES[kind] })),
    ];
    this.writer = new ParquetWriter({ writer: this.out, schema, createdBy: 'steward', statistics: false });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    settle(done, () => {
      const data = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
      let from = 0;
      for (let end = data.indexOf(LINE_FEED); end >= 0; end = data.indexOf(LINE_FEED, from)) {
        this.gather(data.toString('utf8', from, end), end - from);
        from = end + 1;
      }
      this.rest = Buffer.from(data.subarray(from));
    });
  }

  override _flush(done: TransformCallback): void {
    settle(done, () => {
      this.writeGroup();
      void this.writer.finish();
      this.send();
    });
  }

  private gather(line: string, bytes: number): void {
    const values = JSON.parse(line) as readonly JsonValue[];
    for (const [index, { kind }] of this.columns.entries()) {
      this.gathered[index]?.push(typed(kind, values[index] ?? null));
    }
    this.bytes += bytes;
    if (this.bytes >= GROUP_BYTES || (this.gathered[0]?.length ?? 0) >= GROUP_ROWS) this.writeGroup();
  }

  private writeGroup(): void {
    const rows = this.gathered[0]?.length ?? 0;
    if (rows === 0) return;
    const columnData = this.columns.map(({ name }, index) => ({
      name,
      data: this.gathered[index] ?? [],
      offsetIndex: false,
    }));
    void this.writer.write({ columnData, rowGroupSize: rows });
    this.gathered = this.columns.map(() => []);
    this.bytes = 0;
    this.send();
  }

  private send(): void {
    const bytes = this.out.take();
    if (bytes.length > 0) this.push(bytes);
  }
}

/** The writer's buffer, emptied from time to time; its `offset` goes on counting. */
class Outlet extends ByteWriter {
  take(): Buffer {
    const bytes = Buffer.from(this.getBytes());
    this.index = 0;
    return bytes;
  }
}

const TYPES: Readonly<Record<ParquetKind, Partial<SchemaElement>>> = {
  boolean: { type: 'BOOLEAN' },
  int32: { type: 'INT32' },
  int64: { type: 'INT64' },
  float: { type: 'FLOAT' },
  double: { type: 'DOUBLE' },
  date: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
  timestamp: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' } },
  timestamptz: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } },
  uuid: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } },
  bytes: { type: 'BYTE_ARRAY' },
  json: { type: 'BYTE_ARRAY', logical_type: { type: 'JSON' } },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
};

const asItIs = (value: JsonValue): Value => value;
const large = (value: JsonValue): Value => BigInt(value ?? 0);
/** PostgreSQL writes `NaN`, `Infinity` and digits, all of which Number reads. */
const floating = (value: JsonValue): Value => Number(value);

const CONVERSIONS: Readonly<Record<ParquetKind, (value: JsonValue) => Value>> = {
  boolean: asItIs,
  int32: asItIs,
  int64: large,
  float: floating,
  double: floating,
  date: asItIs,
  timestamp: large,
  timestamptz: large,
  uuid: asItIs,
  bytes: (value) => Buffer.from(String(value), 'base64'),
  json: (value) => Buffer.from(String(value)),
  text: asItIs,
};

const typed = (kind: ParquetKind, value: JsonValue): Value => (value === null ? null : CONVERSIONS[kind](value));

function settle(done: TransformCallback, work: () => void): void {
  try {
    work();
  } catch (error) {
    return done(error instanceof Error ? error : new Error(String(error)));
  }
  done();
}
