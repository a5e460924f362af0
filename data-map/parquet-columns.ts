/**
 * PostgreSQL types as Parquet types. What Parquet has exactly is written as that; everything else is text as PostgreSQL
 * writes it, so that nothing is rounded: `numeric` too, whose values can have any number of digits.
 *
 * Infinite dates and times are the smallest and largest numbers of their type, which is how PostgreSQL keeps them itself.
 */
export type ParquetKind =
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'float'
  | 'double'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'uuid'
  | 'bytes'
  | 'json'
  | 'text';

const KINDS: Readonly<Record<string, ParquetKind>> = {
  bool: 'boolean',
  int2: 'int32',
  int4: 'int32',
  int8: 'int64',
  float4: 'float',
  float8: 'double',
  date: 'date',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  uuid: 'uuid',
  bytea: 'bytes',
  json: 'json',
  jsonb: 'json',
};

interface Typed {
  readonly type: string;
  readonly base: string;
}

export function parquetKind({ base }: Typed): ParquetKind {
  return KINDS[base] ?? 'text';
}

/** The SQL whose JSON the Parquet writer reads: numbers that JavaScript would round, and NaN, travel as text. */
export function parquetValue(column: Typed, value: string): string {
  switch (parquetKind(column)) {
    case 'boolean':
    case 'int32':
      return value;
    case 'date':
      return infinite(value, `${value} - date '1970-01-01'`, '-2147483648', '2147483647', 'integer');
    case 'timestamp':
      return microseconds(value, 'timestamp');
    case 'timestamptz':
      return microseconds(value, 'timestamptz');
    case 'bytes':
      return `encode(${value}, 'base64')`;
    default:
      return `${value}::text`;
  }
}

function microseconds(value: string, type: string): string {
  const finite = `(extract(epoch FROM ${value}) * 1000000)::bigint::text`;
  return infinite(value, finite, "'-9223372036854775808'", "'9223372036854775807'", type);
}

function infinite(value: string, finite: string, least: string, most: string, type: string): string {
  const low = type === 'integer' ? `'-infinity'::date` : `'-infinity'::${type}`;
  return `CASE WHEN isfinite(${value}) THEN ${finite} WHEN ${value} = ${low} THEN ${least} WHEN ${value} IS NOT NULL THEN ${most} END`;
}
